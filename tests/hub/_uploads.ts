/** The part of a hub's protocol that takes files: create, preupload, Git LFS, commit. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { answer, type Files, LARGE_BYTES } from "./_server.ts";

/** A request, with its path decoded. */
interface UploadRequest {
  method: string;
  path: string;
  body: Uint8Array;
}

/** What a hub holds. */
export interface HubState {
  repositories: Record<string, Record<string, string>>;
  privates: Set<string>;
  commits: Map<string, Map<string, Uint8Array>>;
  /** Large contents by SHA-256. */
  stored: Map<string, Uint8Array>;
  storeAddress(): string;
  commit(repository: string, files: Files): string;
}

/** A line of a commit's body. */
interface CommitLine {
  key: string;
  value: {
    path: string;
    content: string;
    encoding: string;
    oid: string;
    size: number;
  };
}

/** Answers what an upload asks. */
export function uploadProtocol(hub: HubState): {
  answer(request: UploadRequest, response: ServerResponse): boolean;
} {
  const json = (body: Uint8Array) => JSON.parse(new TextDecoder().decode(body));

  function create(body: Uint8Array, response: ServerResponse): void {
    const { organization, name, type, visibility } = json(body);
    const repository = `${type}s/${organization}/${name}`;
    if (hub.repositories[repository]) return answer(response, 409, {});
    hub.commit(repository, {});
    if (visibility === "private") hub.privates.add(repository);
    answer(response, 200, { url: `http://hub/${organization}/${name}` });
  }

  function preupload(body: Uint8Array, response: ServerResponse): void {
    const { files } = json(body);
    answer(response, 200, {
      files: files.map(({ path, size }: { path: string; size: number }) => ({
        path,
        uploadMode: size > LARGE_BYTES ? "lfs" : "regular",
      })),
    });
  }

  function batch(body: Uint8Array, response: ServerResponse): void {
    const { objects } = json(body);
    answer(response, 200, {
      transfer: "basic",
      objects: objects.map(({ oid, size }: { oid: string; size: number }) => ({
        oid,
        size,
        ...(hub.stored.has(oid) ? {} : {
          actions: { upload: { href: `${hub.storeAddress()}/${oid}` } },
        }),
      })),
    });
  }

  function commit(
    repository: string,
    body: Uint8Array,
    response: ServerResponse,
  ): void {
    const main = hub.repositories[repository]?.main ?? "";
    const files: Files = Object.fromEntries(hub.commits.get(main) ?? []);
    const lines = new TextDecoder().decode(body).split("\n");
    for (const line of lines) {
      const { key, value }: CommitLine = JSON.parse(line);
      if (key === "file") {
        files[value.path] = Uint8Array.fromBase64(value.content);
      }
      if (key !== "lfsFile") continue;
      const content = hub.stored.get(value.oid);
      const isWhole = content &&
        createHash("sha256").update(content).digest("hex") === value.oid;
      if (!isWhole) return answer(response, 400, { error: "no such object" });
      files[value.path] = content;
    }
    const commitOid = hub.commit(repository, files);
    answer(response, 200, {
      commitOid,
      commitUrl: `http://hub/${repository}/commit/${commitOid}`,
    });
  }

  return {
    answer({ method, path, body }, response) {
      if (method !== "POST") return false;
      if (path === "/api/repos/create") create(body, response);
      else if (path.endsWith(".git/info/lfs/objects/batch")) {
        batch(body, response);
      } else {
        const [, repository = "", call] =
          /^\/api\/((?:models|datasets)\/[^/]+\/[^/]+)\/(preupload|commit)\/main$/
            .exec(path) ?? [];
        if (call === "preupload") preupload(body, response);
        else if (call === "commit") commit(repository, body, response);
        else return false;
      }
      return true;
    },
  };
}

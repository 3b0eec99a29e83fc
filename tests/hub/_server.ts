/**
 * A hub on this machine: the parts of the protocol that downloads and uploads
 * use, with a second server behind redirects, and with faults on demand.
 */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { uploadProtocol } from "./_uploads.ts";

/** A commit of a repository: contents by path. */
export type Files = Record<string, string | Uint8Array>;

/** What goes wrong with a request; the first that returns true answers it. */
export type Fault = (
  request: LoggedRequest,
  response: ServerResponse,
) => boolean;

/** A request that a server got. */
export interface LoggedRequest {
  /** The hub itself, or the store behind it. */
  server: "hub" | "store";
  method: string;
  /** Path and query. */
  url: string;
  authorization: string | undefined;
  range: string | undefined;
  /** The compression that it would take. */
  encoding: string | undefined;
}

/** A running hub. */
export interface FakeHub extends AsyncDisposable {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  /** All requests so far. */
  readonly requests: LoggedRequest[];
  /** What goes wrong, tried in order. */
  readonly faults: Fault[];
  /** Commits by repository (`datasets/NAME` or `models/NAME`) and revision. */
  readonly repositories: Record<string, Record<string, string>>;
  /** Repositories that were created as private ones. */
  readonly privates: ReadonlySet<string>;
  /** Puts a commit into a repository as its `main`, and gives the commit. */
  commit(repository: string, files: Files, commit?: string): string;
}

/** Files larger than this are stored apart, with a redirect and a SHA-256. */
export const LARGE_BYTES = 1000;

/** Starts a hub. Requests need `token` if there is one. */
export async function startHub(
  options: { token?: string } = {},
): Promise<FakeHub> {
  const commits = new Map<string, Map<string, Uint8Array>>();
  const repositories: FakeHub["repositories"] = {};
  const requests: LoggedRequest[] = [];
  const faults: Fault[] = [];
  const stored = new Map<string, Uint8Array>();
  const privates = new Set<string>();

  const store = await listen("store", ({ method, url, body }, response) => {
    if (method === "PUT") {
      stored.set(url.slice(1), body);
      return answer(response, 200);
    }
    const content = stored.get(url.slice(1));
    if (content === undefined) return answer(response, 404);
    sendContent(content, response);
  });
  const hub = await listen("hub", (request, response) => {
    if (options.token && request.authorization !== `Bearer ${options.token}`) {
      return answer(response, 401, { error: "Invalid credentials" });
    }
    route(request, response);
  });

  const uploads = uploadProtocol({
    repositories,
    privates,
    commits,
    stored,
    storeAddress: () => address(store),
    commit: (repository, files) => commit(repository, files),
  });

  function commit(
    repository: string,
    files: Files,
    commit = randomCommit(),
  ): string {
    const contents = Object.entries(files).map(([path, content]) =>
      [path, bytesOf(content)] as const
    );
    commits.set(commit, new Map(contents));
    repositories[repository] = {
      ...repositories[repository],
      main: commit,
      [commit]: commit,
    };
    return commit;
  }

  function listen(
    server: LoggedRequest["server"],
    handle: (
      request: LoggedRequest & { body: Uint8Array },
      response: ServerResponse,
    ) => void,
  ) {
    const http = createServer(async (message, response) => {
      const { method = "", url = "" } = message;
      const { authorization, range } = message.headers;
      const encoding = message.headers["accept-encoding"]?.toString();
      const logged = { server, method, url, authorization, range, encoding };
      requests.push(logged);
      const body = await bodyOf(message);
      // Ranges are the content's matter.
      rangeOf.set(response, range);
      if (faults.some((fault) => fault(logged, response))) return;
      handle({ ...logged, body }, response);
    });
    return new Promise<typeof http>((resolve) =>
      http.listen(0, "127.0.0.1", () => resolve(http))
    );
  }

  function route(
    request: LoggedRequest & { body: Uint8Array },
    response: ServerResponse,
  ): void {
    const { pathname, searchParams } = new URL(request.url, "http://hub");
    const path = decodeURIComponent(pathname);
    if (uploads.answer({ ...request, path }, response)) return;
    const [, kind, name, call, rest = ""] =
      /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|paths-info|tree)\/(.*)$/
        .exec(path) ?? [];
    if (call === undefined) return resolveFile(path, response);
    const revisions = repositories[`${kind}/${name}`];
    if (revisions === undefined) {
      return answer(response, 404, { error: "Repository not found" }, {
        "x-error-code": "RepoNotFound",
      });
    }
    const sha = revisions[rest];
    const files = sha === undefined ? undefined : commits.get(sha);
    if (sha === undefined || files === undefined) {
      return answer(response, 404, { error: "Invalid rev id" }, {
        "x-error-code": "RevisionNotFound",
      });
    }
    const entries = [...files].map(([path, content]) => entryOf(path, content));
    if (call === "revision") {
      return answer(response, 200, {
        _id: "1",
        id: name,
        sha,
        lastModified: "2024-01-01T00:00:00.000Z",
      });
    }
    if (call === "paths-info") {
      const { paths } = JSON.parse(new TextDecoder().decode(request.body));
      return answer(
        response,
        200,
        entries.filter((entry) => paths.includes(entry.path)),
      );
    }
    // Two to a page, so that there are pages.
    const start = Number(searchParams.get("cursor") ?? 0);
    const next = `${address(hub)}${pathname}?recursive=true&cursor=${
      start + 2
    }`;
    answer(
      response,
      200,
      [{ type: "directory", path: "folder", size: 0, oid: "0" }, ...entries]
        .slice(start, start + 2),
      start + 2 <= entries.length ? { link: `<${next}>; rel="next"` } : {},
    );
  }

  function resolveFile(path: string, response: ServerResponse): void {
    const [, dataset, name, commit = "", file = ""] =
      /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.*)$/.exec(path) ??
        [];
    const revisions =
      repositories[`${dataset ? "datasets" : "models"}/${name}`];
    const sha = revisions?.[commit];
    const content = sha && commits.get(sha)?.get(file);
    if (!content) {
      return answer(response, 404, { error: "Entry not found" }, {
        "x-error-code": "EntryNotFound",
      });
    }
    const entry = entryOf(file, content);
    response.setHeader("x-repo-commit", sha);
    if (entry.lfs === undefined) {
      return sendContent(content, response, { etag: `"${entry.oid}"` });
    }
    stored.set(entry.lfs.oid, content);
    answer(response, 302, undefined, {
      location: `${address(store)}/${entry.lfs.oid}`,
      "x-linked-etag": `"${entry.lfs.oid}"`,
      "x-linked-size": String(content.length),
    });
  }

  return {
    endpoint: address(hub),
    requests,
    faults,
    repositories,
    privates,
    commit,
    async [Symbol.asyncDispose]() {
      for (const http of [hub, store]) {
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      }
    },
  };
}

/** The bytes of some text. */
export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
}

/** Answers with a status and JSON. */
export function answer(
  response: ServerResponse,
  status: number,
  json?: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...headers,
  });
  response.end(json === undefined ? undefined : JSON.stringify(json));
}

/** Sends the first bytes of a content of so many, and cuts the connection. */
export function cutAfter(
  response: ServerResponse,
  content: Uint8Array,
  bytes: number,
): void {
  const start = startOf(response);
  writeContentHead(response, content, start);
  response.write(Buffer.from(content.subarray(start, start + bytes)), () => {
    // What was written has to leave before the connection goes.
    setTimeout(() => response.destroy(), 10);
  });
}

const rangeOf = new WeakMap<ServerResponse, string | undefined>();

function startOf(response: ServerResponse): number {
  const range = /^bytes=(\d+)-/.exec(rangeOf.get(response) ?? "");
  return range ? Number(range[1]) : 0;
}

function writeContentHead(
  response: ServerResponse,
  content: Uint8Array,
  start: number,
): void {
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": String(content.length - start),
    ...(start > 0
      ? {
        "content-range": `bytes ${start}-${
          content.length - 1
        }/${content.length}`,
      }
      : {}),
  });
}

function sendContent(
  content: Uint8Array,
  response: ServerResponse,
  headers: Record<string, string> = {},
): void {
  const start = startOf(response);
  if (start >= content.length && start > 0) {
    return answer(response, 416, undefined, {
      "content-range": `bytes */${content.length}`,
    });
  }
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  writeContentHead(response, content, start);
  response.end(Buffer.from(content.subarray(start)));
}

function entryOf(path: string, content: Uint8Array) {
  const hash = (algorithm: string, prefix = "") =>
    createHash(algorithm).update(prefix).update(content).digest("hex");
  const entry = {
    type: "file",
    path,
    size: content.length,
    oid: hash("sha1", `blob ${content.length}\0`),
  };
  return content.length > LARGE_BYTES
    ? {
      ...entry,
      oid: "0".repeat(40),
      lfs: { oid: hash("sha256"), size: content.length, pointerSize: 130 },
    }
    : { ...entry, lfs: undefined };
}

function randomCommit(): string {
  return createHash("sha1").update(crypto.randomUUID()).digest("hex");
}

function address(server: { address(): AddressInfo | string | null }): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return `http://127.0.0.1:${bound.port}`;
}

async function bodyOf(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(chunks));
}

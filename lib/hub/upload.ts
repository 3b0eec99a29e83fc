/**
 * Uploads folders of files to a hub.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Context, contextOf, type HubOptions } from "./_context.ts";
import {
  ask,
  describeFiles,
  type RemoteFile,
  resolveCommit,
} from "./_metadata.ts";
import { HubError } from "./error.ts";
import { fileDigest } from "./_transfer.ts";
import type { HubRepository } from "./repository.ts";

/** How to upload. */
export interface UploadOptions extends HubOptions {
  /** Chooses files by their paths in the folder. Default: all but hidden ones. */
  include?: (path: string) => boolean;
  /** First line of the commit's message. */
  title?: string;
  /** Whether a repository that has to be created is private. Default false. */
  private?: boolean;
}

/** Result of an upload. */
export interface UploadResult {
  /** The commit. */
  commit: string;
  /** Address of its page. */
  url: string;
  /** The files in it that were uploaded, or were there already. */
  files: string[];
}

/**
 * Uploads the files of a folder to a repository as one commit, and checks that
 * the hub's copy of each is identical.
 *
 * The repository is created if it does not exist. Large files that the hub has
 * already, from an interrupted upload, are not sent again. Nothing is visible
 * before all files are uploaded.
 *
 * @param repository The repository; `revision` is the branch, by default `main`.
 * @param directory The folder.
 * @param options How to upload.
 * @returns The commit.
 * @throws {TypeError} If a name cannot be one.
 * @throws {HubError} If it cannot be done; the message says why and what to do.
 *
 * @example
 * ```ts ignore
 * import { uploadDirectory } from "./mod.ts";
 *
 * const model = { type: "model", name: "me/my-model" } as const;
 * const { url } = await uploadDirectory(model, "out/exported");
 * console.log(url);
 * ```
 */
export async function uploadDirectory(
  repository: HubRepository,
  directory: string,
  options: UploadOptions = {},
): Promise<UploadResult> {
  const { include = () => true, title = "Upload with moebius" } = options;
  const context = await contextOf(repository, { ...options, verb: "upload" });
  refuseWithoutAccess(context);
  const paths = (await filesBelow(directory)).filter(include);
  if (paths.length === 0) {
    throw new HubError(
      "not_found",
      `Cannot upload ${context.subject}: there is no file in ${directory}: choose another folder`,
    );
  }
  await createIfMissing(context, options.private ?? false);
  const { oid, url } = await commit(context, { directory, paths, title });
  await verify(context, { directory, paths, commit: oid });
  return { commit: oid, url, files: paths };
}

/**
 * Refuses what {@linkcode uploadDirectory} would, before there is a folder and
 * without asking the hub.
 *
 * @param repository The repository.
 * @param options How to upload.
 * @throws {TypeError} If a name cannot be one.
 * @throws {HubError} If there is no token, or no network is wanted.
 *
 * @example
 * ```ts ignore
 * import { checkUpload } from "./mod.ts";
 *
 * await checkUpload({ type: "model", name: "me/my-model" });
 * ```
 */
export async function checkUpload(
  repository: HubRepository,
  options: HubOptions = {},
): Promise<void> {
  refuseWithoutAccess(
    await contextOf(repository, { ...options, verb: "upload" }),
  );
}

function refuseWithoutAccess({ settings, subject, host }: Context): void {
  if (settings.offline) {
    throw new HubError(
      "offline",
      `Cannot upload ${subject}: HF_HUB_OFFLINE is set: unset it`,
    );
  }
  if (settings.token) return;
  throw new HubError(
    "unauthorized",
    `Cannot upload ${subject}: ${host} wants to know who uploads: set HF_TOKEN to a token that may write`,
  );
}

/** Paths of a folder's files, with slashes, sorted; hidden files and folders are left out. */
async function filesBelow(directory: string, below = ""): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(directory, below)));
  const paths = await Promise.all(
    entries.map(async ({ name }) => {
      if (name.startsWith(".")) return [];
      const path = below === "" ? name : `${below}/${name}`;
      const { isDirectory } = await Deno.stat(join(directory, path));
      return isDirectory ? await filesBelow(directory, path) : [path];
    }),
  );
  return paths.flat().sort();
}

async function createIfMissing(
  context: Context,
  isPrivate: boolean,
): Promise<void> {
  const { repository: { revision: _, ...repository } } = context;
  try {
    // The branch of a new repository is main, and has a first commit.
    await resolveCommit({ ...context, repository });
    return;
  } catch (error) {
    if (!(error instanceof HubError) || error.reason !== "not_found") {
      throw error;
    }
  }
  context.onNotice(`Creating ${context.subject} on ${context.host}`);
  await ask(context, async (access) => {
    const { createRepo } = await import("@huggingface/hub");
    const { type, name } = repository;
    await createRepo({
      ...access,
      accessToken: context.settings.token ?? "",
      repo: { type, name },
      private: isPrivate,
    });
  });
}

async function commit(
  context: Context,
  { directory, paths, title }: {
    directory: string;
    paths: readonly string[];
    title: string;
  },
): Promise<{ oid: string; url: string }> {
  const { repository, onProgress, signal } = context;
  const sizes = new Map<string, number>();
  for (const path of paths) {
    sizes.set(path, (await Deno.stat(join(directory, path))).size);
  }
  const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const done = new Map<string, number>();
  const report = (path: string, bytes: number) => {
    done.set(path, bytes);
    const sum = [...done.values()].reduce((a, b) => a + b, 0);
    onProgress({ path, bytes: sum, totalBytes });
  };
  return await ask(context, async (access) => {
    const { commitIter } = await import("@huggingface/hub");
    const events = commitIter({
      ...access,
      repo: { type: repository.type, name: repository.name },
      branch: repository.revision ?? "main",
      title,
      // What every hub and mirror understands.
      useXet: false,
      operations: paths.map((path) => ({
        operation: "addOrUpdate",
        path,
        content: pathToFileURL(resolve(directory, path)),
      })),
      ...(signal ? { abortSignal: signal } : {}),
    });
    for (;;) {
      const { value, done: isDone } = await events.next();
      if (isDone) {
        if (value === undefined) throw new Error("it names no commit");
        for (const [path, size] of sizes) report(path, size);
        return value.commit;
      }
      if (value.event === "fileProgress" && value.state === "uploading") {
        report(value.path, value.progress * (sizes.get(value.path) ?? 0));
      }
    }
  });
}

/** Compares what the hub says it has with the files here. */
async function verify(
  context: Context,
  { directory, paths, commit }: {
    directory: string;
    paths: readonly string[];
    commit: string;
  },
): Promise<void> {
  const remote = new Map<string, RemoteFile>();
  for (const file of await describeFiles(context, { commit, paths })) {
    remote.set(file.path, file);
  }
  for (const path of paths) {
    const file = remote.get(path);
    const digest = file && await fileDigest(join(directory, path), file);
    if (digest === file?.digest.value && digest !== undefined) continue;
    throw new HubError(
      "damaged",
      `Cannot upload ${context.subject}: ${context.host} has ${
        digest === undefined ? "no" : "another"
      } ${path} after the upload: did it change meanwhile? Upload it again`,
    );
  }
}

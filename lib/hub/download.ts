/**
 * Files of models and data sets, by name, from a hub or from local copies.
 *
 * @module
 */

import { join } from "node:path";
import {
  blobPath,
  cachedCommit,
  cachedFile,
  linkBlob,
  rememberCommit,
  snapshotFolder,
} from "./_cache.ts";
import { type Context, contextOf, type HubOptions } from "./_context.ts";
import { describeFile, listCommit, resolveCommit } from "./_metadata.ts";
import { isFile, transfer } from "./_transfer.ts";
import { HubError } from "./error.ts";
import {
  type HubRepository,
  isCommit,
  isSafePath,
  revisionOf,
} from "./repository.ts";

export type { DownloadProgress, HubOptions } from "./_context.ts";

/**
 * Makes sure that a file of a repository is on this machine, complete and
 * identical to the hub's.
 *
 * A copy in the cache that all of Hugging Face's tools share is used as it is
 * if the revision is a commit, which never changes, or without the network. For
 * a branch or a tag the hub is asked whether there is a newer commit. Downloaded
 * files are verified by their hashes; an interrupted download is resumed, in this
 * call or in the next.
 *
 * @param repository The repository.
 * @param path The file's name in it.
 * @param options How to download; `to` is where the file goes instead of the
 * cache. A file that is there already is used as it is.
 * @returns Where the file is.
 * @throws {TypeError} If a name or path cannot be one.
 * @throws {HubError} If it cannot be had; the message says why and what to do.
 *
 * @example
 * ```ts
 * import { downloadFile } from "./mod.ts";
 *
 * const model = { type: "model", name: "openai-community/gpt2" } as const;
 * const path = await downloadFile(model, "tokenizer.json");
 * console.log(await Deno.readTextFile(path));
 * ```
 */
export async function downloadFile(
  repository: HubRepository,
  path: string,
  options: HubOptions & { to?: string } = {},
): Promise<string> {
  const { to } = options;
  const context = await contextOf(repository, { ...options, path });
  if (!isSafePath(path)) {
    throw new TypeError(
      `Cannot download ${
        JSON.stringify(path)
      } of ${repository.name}: it is not the path of a file`,
    );
  }
  if (to !== undefined && await isFile(to)) return to;
  const known = await cachedCommit(context);
  const cached = known === undefined
    ? undefined
    : await cachedFile(context, { commit: known, path });
  return await orCached(cached, context, async () => {
    const commit = await currentCommit(context);
    const newest = await cachedFile(context, { commit, path });
    if (newest === undefined) {
      const file = await describeFile(context, { commit, path });
      const target = to ?? blobPath(context, file);
      await transfer({ ...file, commit, target }, context);
      if (to !== undefined) return to;
      await linkBlob(context, { ...file, commit });
    }
    await rememberCommit(context, commit);
    return join(snapshotFolder(context, commit), path);
  });
}

/**
 * Makes sure that the files of a repository are on this machine, as
 * {@linkcode downloadFile} does, in the shared cache. The hub is asked which
 * files there are, unless `HF_HUB_OFFLINE` is set.
 *
 * @param repository The repository.
 * @param options How to download; `include` chooses files by
 * their paths, and is told all of them; by default all.
 * @returns The folder that holds them under their names.
 * @throws {TypeError} If a name cannot be one.
 * @throws {HubError} If they cannot be had; the message says why and what to do.
 *
 * @example
 * ```ts
 * import { downloadRepository } from "./mod.ts";
 *
 * const dir = await downloadRepository(
 *   { type: "model", name: "openai-community/gpt2" },
 *   { include: (path) => /\.(json|safetensors)$/.test(path) },
 * );
 * console.log(dir);
 * ```
 */
export async function downloadRepository(
  repository: HubRepository,
  options: HubOptions & {
    include?: (path: string, paths: readonly string[]) => boolean;
  } = {},
): Promise<string> {
  const { include = () => true } = options;
  const context = await contextOf(repository, options);
  const known = await cachedCommit(context);
  const folder = known && snapshotFolder(context, known);
  const cached = folder && await isFolder(folder) ? folder : undefined;
  return await orCached(cached, context, async () => {
    const commit = await currentCommit(context);
    const all = await listCommit(context, commit);
    const paths = all.map(({ path }) => path);
    const files = all.filter(({ path }) => include(path, paths));
    if (files.length === 0) {
      throw new HubError(
        "not_found",
        `Cannot download ${context.subject}: it has none of the files that are wanted: check the name`,
      );
    }
    const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    let before = 0;
    for (const file of files) {
      const target = blobPath(context, file);
      await transfer({ ...file, commit, target }, {
        ...context,
        subject: `${file.path} of ${context.subject}`,
        onProgress: ({ path, bytes }) =>
          context.onProgress({ path, bytes: before + bytes, totalBytes }),
      });
      await linkBlob(context, { ...file, commit });
      before += file.size;
      context.onProgress({ path: file.path, bytes: before, totalBytes });
    }
    await rememberCommit(context, commit);
    return snapshotFolder(context, commit);
  });
}

async function currentCommit(context: Context): Promise<string> {
  const revision = revisionOf(context.repository);
  return isCommit(revision) ? revision : await resolveCommit(context);
}

/** Asks the hub; without a network, falls back to a cached copy. */
async function orCached(
  cached: string | undefined,
  context: Context,
  fromHub: () => Promise<string>,
): Promise<string> {
  if (context.settings.offline) {
    if (cached !== undefined) return cached;
    throw new HubError(
      "offline",
      `Cannot download ${context.subject}: HF_HUB_OFFLINE is set, and there is no copy in ${context.settings.cacheDir}: unset it, or put a copy there`,
    );
  }
  try {
    return await fromHub();
  } catch (error) {
    const isAway = error instanceof HubError && error.reason === "unreachable";
    if (cached === undefined || !isAway) throw error;
    context.onNotice(
      `${context.host} could not be reached: using the copy of ${context.subject} that is here`,
    );
    return cached;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stat = await Deno.stat(path).catch(() => undefined);
  return stat?.isDirectory ?? false;
}

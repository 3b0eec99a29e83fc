/**
 * The folder of downloaded files that all of Hugging Face's tools share:
 *
 *     datasets--OWNER--NAME/
 *       blobs/HASH                    contents
 *       refs/REVISION                 the commit of the revision at the last request
 *       snapshots/COMMIT/PATH         links to contents
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import type { Context } from "./_context.ts";
import type { RemoteFile } from "./_metadata.ts";
import { isFile } from "./_transfer.ts";
import { isCommit, revisionOf } from "./repository.ts";

/** A repository's folder in the cache. */
function folderOf({ repository, settings }: Context): string {
  const { type, name } = repository;
  return join(settings.cacheDir, `${type}s--${name.replace("/", "--")}`);
}

/** The folder of a commit's files, complete or not. */
export function snapshotFolder(context: Context, commit: string): string {
  return join(folderOf(context), "snapshots", commit);
}

/** The path under which the content of a file is stored. */
export function blobPath(context: Context, { digest }: RemoteFile): string {
  return join(folderOf(context), "blobs", digest.value);
}

/** The commit of the revision at the last download from it. */
export async function cachedCommit(
  context: Context,
): Promise<string | undefined> {
  const revision = revisionOf(context.repository);
  if (isCommit(revision)) return revision;
  const path = join(folderOf(context), "refs", revision);
  const text = await Deno.readTextFile(path).catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
}

/** A cached file of a commit. */
export async function cachedFile(
  context: Context,
  { commit, path }: { commit: string; path: string },
): Promise<string | undefined> {
  const file = join(snapshotFolder(context, commit), path);
  return await isFile(file) ? file : undefined;
}

/** Links a stored content to its path in a commit. */
export async function linkBlob(
  context: Context,
  file: RemoteFile & { commit: string },
): Promise<string> {
  const link = join(snapshotFolder(context, file.commit), file.path);
  const blob = blobPath(context, file);
  if (await isFile(link)) return link;
  await Deno.mkdir(dirname(link), { recursive: true });
  try {
    await Deno.symlink(relative(dirname(link), blob), link);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return link;
    // On Windows, symbolic links need a permission that not every user has.
    await Deno.link(blob, link);
  }
  return link;
}

/** Stores the commit of the revision. */
export async function rememberCommit(
  context: Context,
  commit: string,
): Promise<void> {
  const revision = revisionOf(context.repository);
  if (isCommit(revision)) return;
  const path = join(folderOf(context), "refs", revision);
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, commit);
  await Deno.rename(temporary, path);
}

/** Creates folders atomically: complete or not at all. */

import { basename, dirname, join, resolve } from "node:path";
import {
  attempt,
  createHashedFile,
  diskFileSystem as disk,
  ensureDirectory,
  replaceDirectory,
  StorageError,
} from "../files/atomic.ts";

/** A folder while files are added to it; it is synced before it gets its final name. */
export interface FolderDraft {
  /** Temporary path of the folder. */
  readonly path: string;
  /** Adds a text file. */
  writeText(name: string, text: string): Promise<void>;
  /** Adds a small file. */
  writeBytes(name: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Refuses to write to an existing folder.
 *
 * @throws {StorageError} If the folder exists and must not be replaced.
 */
export async function checkTarget(
  path: string,
  overwrite: boolean,
): Promise<void> {
  const stat = await Deno.lstat(path).catch(() => undefined);
  if (stat === undefined || overwrite) return;
  throw new StorageError("write", path, {
    cause: new Error(
      "it exists already: give another --out-dir, or --overwrite",
    ),
  });
}

/**
 * Lets `write` fill a new folder, then gives it its name.
 *
 * @throws {StorageError} If it cannot be written, or is there already. What was
 * there before is unchanged, and nothing half-written is left behind.
 */
export async function publishFolder(
  path: string,
  write: (draft: FolderDraft) => Promise<void>,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<void> {
  const target = resolve(path);
  await checkTarget(target, overwrite);
  const parent = dirname(target);
  await ensureDirectory(parent);
  const temporary = join(parent, `.tmp-${basename(target)}-${Deno.pid}`);
  const aside = join(parent, `.old-${basename(target)}-${Deno.pid}`);
  await attempt("clear", temporary, () => disk.remove(temporary));
  try {
    await attempt("create", temporary, () => disk.makeDirectory(temporary));
    await write(draftIn(temporary));
    await attempt("sync", temporary, () => disk.syncDirectory(temporary));
    const left = await replaceDirectory(temporary, target, { aside });
    if (left !== null) throw left;
  } catch (error) {
    await disk.remove(temporary).catch(() => {}); // The first error matters more.
    throw error;
  }
}

function draftIn(path: string): FolderDraft {
  const writeBytes = async (name: string, bytes: Uint8Array) => {
    using file = await createHashedFile(join(path, name));
    await file.write(bytes);
    await file.finish();
  };
  return {
    path,
    writeText: (name, text) => writeBytes(name, new TextEncoder().encode(text)),
    writeBytes,
  };
}

/**
 * Writing to disk so that a crash, a kill or a full disk never leaves anything
 * half-written under its final name.
 *
 * Everything that changes the disk goes through {@linkcode DurableFileSystem},
 * a handful of functions that a test can replace to fail, stop or write short
 * at any chosen operation. Reading is not part of it.
 */

import { createHash, type Hash } from "node:crypto";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";

/** Bytes of one write call: large enough for full speed, small enough to handle signals in between. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** An open file that takes bytes at its end. */
export interface FileSink {
  /** Writes bytes from the start of `bytes`; resolves to how many were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Resolves once everything written is on the storage device. */
  sync(): Promise<void>;
  /** Closes the file. */
  close(): void;
}

/** The operations that change the disk. */
export interface DurableFileSystem {
  /** Creates a file that does not exist yet. */
  createFile(path: string): Promise<FileSink>;
  /** Brings an existing file's content onto the storage device. */
  syncFile(path: string): Promise<void>;
  /** Creates one directory. */
  makeDirectory(path: string): Promise<void>;
  /** Brings a directory's list of names onto the storage device. */
  syncDirectory(path: string): Promise<void>;
  /** Renames a file or directory. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; a missing one is fine. */
  remove(path: string): Promise<void>;
}

/** Size and digest of a file as it was written. */
export interface FileDigest {
  /** Bytes in the file. */
  size: number;
  /** SHA-256 of its content, in lower-case hexadecimal. */
  sha256: string;
}

/** A file or directory could not be written: `path` says which, `cause` why. */
export class StorageError extends Error {
  /** Always "StorageError". */
  override readonly name = "StorageError";
  /** The file or directory that could not be written. */
  readonly path: string;

  /** Tells what was tried, where, and the operating system's reason. */
  constructor(
    action: string,
    path: string,
    options: { cause: unknown; neededBytes?: number | undefined },
  ) {
    const { cause, neededBytes } = options;
    const isFull = ["ENOSPC", "EDQUOT"].includes(errorCode(cause) ?? "");
    const need = isFull && neededBytes !== undefined
      ? `: the file needs ${neededBytes} bytes`
      : "";
    super(`Cannot ${action} ${path}: ${describeCause(cause)}${need}`, {
      cause,
    });
    this.path = path;
  }
}

/** The real disk, through Deno. */
export const diskFileSystem: DurableFileSystem = {
  async createFile(path) {
    return await Deno.open(path, { write: true, createNew: true });
  },
  syncFile: syncPath,
  async makeDirectory(path) {
    await Deno.mkdir(path);
  },
  syncDirectory: syncPath,
  async rename(from, to) {
    await Deno.rename(from, to);
  },
  async remove(path) {
    try {
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
};

/** A file that is hashed while it is written, from {@linkcode createHashedFile}. */
export interface HashedFile extends Disposable {
  /**
   * Writes all of `bytes`, in pieces and without copying them. They must not
   * change until the promise settles.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Syncs and closes the file; resolves to its size and digest. */
  finish(): Promise<FileDigest>;
}

/**
 * Creates the file `target`, or takes a sink that is already open, to write a
 * file and its SHA-256 in one pass. Disposing closes what was not finished.
 *
 * `path` is the name told in errors, `expectedBytes` the size told when the
 * disk is full.
 *
 * @throws {StorageError} If the file exists, or cannot be created, written or
 * synced.
 */
export async function createHashedFile(
  target: string | FileSink,
  options: { fs?: DurableFileSystem; path?: string; expectedBytes?: number } =
    {},
): Promise<HashedFile> {
  const { fs = diskFileSystem, expectedBytes: neededBytes } = options;
  const path = options.path ??
    (typeof target === "string" ? target : "the given file");
  const sink = typeof target === "string"
    ? await attempt("create", path, () => fs.createFile(target))
    : target;
  const hash = createHash("sha256");
  let size = 0;
  let isOpen = true;
  return {
    async write(bytes) {
      const write = () => writeAll(sink, bytes, hash);
      await attempt("write", path, write, neededBytes);
      size += bytes.byteLength;
    },
    async finish() {
      await attempt("sync", path, () => sink.sync(), neededBytes);
      isOpen = false;
      sink.close();
      return { size, sha256: hash.digest("hex") };
    },
    [Symbol.dispose]() {
      if (isOpen) sink.close();
      isOpen = false;
    },
  };
}

/**
 * Writes the file at `path` so that at every moment, power loss included, it
 * holds either its old or its new content.
 *
 * @example
 * ```ts
 * import { writeFileAtomic } from "./atomic.ts";
 *
 * await writeFileAtomic("/tmp/moebius.json", JSON.stringify({ step: 10 }));
 * ```
 *
 * @throws {StorageError} If anything cannot be written; the old content is then
 * still there.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { fs?: DurableFileSystem } = {},
): Promise<FileDigest> {
  const { fs = diskFileSystem } = options;
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  return await replaceFile(path, async (temporary) => {
    const expectedBytes = bytes.byteLength;
    using file = await createHashedFile(temporary, { fs, path, expectedBytes });
    await file.write(bytes);
    return await file.finish();
  }, { fs });
}

/**
 * Lets `write` make a file under a temporary name beside `path`, then gives it
 * its name and syncs the directory. `write` syncs the file itself. If anything
 * fails, the temporary file is removed and what was at `path` is still there.
 *
 * @throws {StorageError} If the file cannot be put in place.
 */
export async function replaceFile<T>(
  path: string,
  write: (temporary: string) => Promise<T>,
  options: { fs?: DurableFileSystem } = {},
): Promise<T> {
  const { fs = diskFileSystem } = options;
  const directory = dirname(path);
  const temporary = join(directory, `.tmp-${basename(path)}-${Deno.pid}`);
  try {
    await attempt("write", path, () => fs.remove(temporary));
    const result = await write(temporary);
    await attempt("write", path, () => fs.rename(temporary, path));
    await attempt("sync", directory, () => fs.syncDirectory(directory));
    return result;
  } catch (error) {
    await fs.remove(temporary).catch(() => {}); // The first error matters more.
    throw error;
  }
}

/**
 * Renames a finished directory to its final name. An existing directory of that name is first renamed to `aside`;
 * it is renamed back if anything fails, and removed in the end. Resolves to the reason if only the removal fails.
 *
 * @throws {StorageError} If the directory cannot be put in place, and is then removed, or if that cannot be synced.
 */
export async function replaceDirectory(
  finished: string,
  path: string,
  options: { aside: string; fs?: DurableFileSystem },
): Promise<StorageError | null> {
  const { aside, fs = diskFileSystem } = options;
  const isReplacing = await exists(path);
  try {
    if (isReplacing) {
      await attempt("rename", path, () => fs.rename(path, aside));
    }
    await attempt("create", path, () => fs.rename(finished, path));
  } catch (error) {
    if (isReplacing && !(await exists(path))) {
      await fs.rename(aside, path).catch(() => {}); // The first error matters more.
    }
    await fs.remove(finished).catch(() => {});
    throw error;
  }
  const parent = dirname(path);
  await attempt("sync", parent, () => fs.syncDirectory(parent));
  if (!isReplacing) return null;
  try {
    await fs.remove(aside);
    return null;
  } catch (cause) {
    return new StorageError("remove", aside, { cause });
  }
}

/**
 * Creates a directory and those above it, as far as they are missing, and makes
 * them last.
 *
 * @throws {StorageError} If it cannot be created.
 */
export async function ensureDirectory(
  path: string,
  options: { fs?: DurableFileSystem } = {},
): Promise<void> {
  const { fs = diskFileSystem } = options;
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await ensureDirectory(parent, options);
  try {
    await attempt("create", path, () => fs.makeDirectory(path));
  } catch (error) {
    if (!(await isDirectory(path))) throw error; // Another process was faster.
  }
  await attempt("sync", parent, () => fs.syncDirectory(parent));
}

/**
 * Runs a file operation and turns its failure into a {@linkcode StorageError}.
 *
 * @throws {StorageError} If the operation fails.
 */
export async function attempt<T>(
  action: string,
  path: string,
  operation: () => Promise<T>,
  neededBytes?: number,
): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(action, path, { cause, neededBytes });
  }
}

/** The operating system's reason in words, and what to do where that is known. */
export function describeCause(cause: unknown): string {
  const code = errorCode(cause);
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason !== undefined) return reason;
  return cause instanceof Error ? cause.message : String(cause);
}

const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up, free some space",
  EEXIST: "it exists already",
  EFBIG: "the file is larger than is allowed here (see `ulimit -f`)",
  EIO: "the storage device reported an error",
  EISDIR: "it is a directory",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the device, free some space",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
};

/** The POSIX code of a file system error, such as "ENOSPC". */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  // Deno gives the rarer ones no code, only the number in the message.
  const number = Number(/\(os error (\d+)\)/.exec(error.message)?.[1]);
  return Object.entries(constants.errno)
    .find(([, value]) => value === number)?.[0];
}

/** Writes and hashes `bytes`, hashing a piece while the device takes it. */
async function writeAll(
  sink: FileSink,
  bytes: Uint8Array,
  hash: Hash,
): Promise<void> {
  for (let begin = 0; begin < bytes.byteLength; begin += PIECE_BYTES) {
    const piece = bytes.subarray(begin, begin + PIECE_BYTES);
    const firstWrite = sink.write(piece);
    hash.update(piece);
    let written = await firstWrite;
    while (written < piece.byteLength) {
      const taken = await sink.write(piece.subarray(written));
      if (taken <= 0) {
        const done = begin + written;
        throw new Error(`only ${done} of ${bytes.byteLength} bytes were taken`);
      }
      written += taken;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isDirectory, () => false);
}

async function syncPath(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true });
  await file.sync();
}

/**
 * Publishing checkpoints: each is a directory that is written under a
 * temporary name, synced, and only then given its own, so that one is either
 * there as a whole or not at all, whatever kills the process or the machine.
 */

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  attempt,
  createHashedFile,
  diskFileSystem,
  type DurableFileSystem,
  ensureDirectory,
  replaceDirectory,
} from "../files/atomic.ts";
import {
  type CheckpointDraft,
  createDraft,
  listFiles,
} from "./_checkpoint_draft.ts";
import {
  CheckpointError,
  formatManifest,
  MANIFEST_FILE,
  verifyCheckpoint,
} from "./manifest.ts";
import { asideName, FINAL_CHECKPOINT, stepOfName } from "./names.ts";
import { lockDirectory } from "./_directory_lock.ts";
import {
  clearLeftovers,
  prune,
  putLaterAside,
  timestamp,
} from "./_housekeeping.ts";

export type { CheckpointDraft };

/** Options of {@linkcode openCheckpointStore}. */
export interface CheckpointStoreOptions {
  /**
   * How many `step-*` checkpoints to keep; older ones are removed after a new one
   * is on disk. The final one is never removed. Default: all.
   */
  keepLast?: number;
  /** How the disk is changed. Default: the real one. */
  fs?: DurableFileSystem;
}

/** Options of {@linkcode CheckpointStore.publish}. */
export interface PublishOptions {
  /** Optimizer steps done. */
  step: number;
  /** What made the checkpoint: versions of moebius, torch... */
  versions?: Record<string, string>;
  /**
   * Whether to replace a valid checkpoint of the same name; a resumed run that
   * passes a saved step again needs this. Default: only the final checkpoint.
   */
  replace?: boolean;
}

/** A checkpoint that is safely on disk. */
export interface PublishedCheckpoint {
  /** Its directory. */
  path: string;
  /** Bytes of all its files. */
  bytes: number;
  /** Problems without consequences, such as an old checkpoint that cannot be removed. */
  warnings: string[];
}

/** The one writer of checkpoints in a directory, until it is disposed. */
export interface CheckpointStore extends Disposable {
  /** The directory that holds the checkpoints. */
  readonly outDir: string;
  /** What the user should know about this directory; empty as a rule. */
  readonly warnings: string[];
  /**
   * Saves a checkpoint: `write` adds its files to the draft, and when this
   * resolves they are on the storage device, under `name`, with a manifest.
   *
   * @throws {CheckpointError} If anything fails. Every checkpoint that was
   * there before still is, and nothing half-written is left behind.
   * Checkpoints of later steps, which a run leaves by going back to an earlier
   * one, are put aside under names that start with "superseded-".
   */
  publish(
    name: string,
    write: (draft: CheckpointDraft) => Promise<void>,
    options: PublishOptions,
  ): Promise<PublishedCheckpoint>;
}

/**
 * Creates `outDir` if need be and becomes the one process that writes
 * checkpoints there, until the store is disposed or the process ends.
 *
 * @example
 * ```ts
 * import { openCheckpointStore } from "./store.ts";
 * import { checkpointName } from "./names.ts";
 *
 * using store = await openCheckpointStore("/tmp/moebius-run", { keepLast: 2 });
 * await store.publish(checkpointName(10), async (draft) => {
 *   await draft.writeJson("state.json", { step: 10 });
 * }, { step: 10, replace: true });
 * ```
 *
 * @throws {CheckpointError} If another process writes there, or the directory
 * cannot be made.
 * @throws {RangeError} If `keepLast` is not a whole number of at least 1.
 */
export async function openCheckpointStore(
  outDir: string,
  options: CheckpointStoreOptions = {},
): Promise<CheckpointStore> {
  const { keepLast = Infinity, fs = diskFileSystem } = options;
  if (keepLast < 1 || (keepLast !== Infinity && !Number.isInteger(keepLast))) {
    throw new RangeError(
      `Cannot keep the last ${keepLast} checkpoints: expected a whole number ` +
        `of at least 1`,
    );
  }
  const absolute = resolve(outDir);
  await ensureDirectory(absolute, { fs });
  const lock = await lockDirectory(absolute);
  return {
    outDir,
    warnings: lock.warnings,
    [Symbol.dispose]: () => lock[Symbol.dispose](),
    async publish(name, write, { step, versions = {}, replace }) {
      const path = join(absolute, name);
      checkName(name, path);
      const warnings: string[] = [];
      try {
        if (lock.isHeld) await clearLeftovers(absolute, { fs, warnings });
        await makeRoom(path, name, fs, {
          replace: replace ?? name === FINAL_CHECKPOINT,
          warnings,
        });
        const temporary = join(absolute, `.tmp-${name}-${Deno.pid}`);
        const bytes = await writeDirectory(temporary, fs, write, {
          step,
          versions,
        });
        await putLaterAside(absolute, step, { fs, warnings });
        const aside = join(absolute, asideName(name));
        const left = await replaceDirectory(temporary, path, { aside, fs });
        if (left !== null) warnings.push(left.message);
        await prune(absolute, name, { keepLast, fs, warnings });
        return { path: join(outDir, name), bytes, warnings };
      } catch (error) {
        if (error instanceof CheckpointError) throw error;
        const why = error instanceof Error ? error.message : String(error);
        throw new CheckpointError(
          `Cannot save checkpoint ${join(outDir, name)}: ${why}: ` +
            `the checkpoints saved before are untouched`,
          { cause: error },
        );
      }
    },
  };
}

function checkName(name: string, path: string): void {
  if (name === FINAL_CHECKPOINT || stepOfName(name) !== undefined) return;
  throw new CheckpointError(
    `Cannot save checkpoint ${path}: its name must be "${FINAL_CHECKPOINT}" ` +
      `or like "step-00000010"`,
  );
}

/** Frees a name for a new checkpoint, or throws. */
async function makeRoom(
  path: string,
  name: string,
  fs: DurableFileSystem,
  options: { replace: boolean; warnings: string[] },
): Promise<void> {
  if (!existsSync(path) || options.replace) return;
  const problems = existsSync(join(path, MANIFEST_FILE))
    ? await verifyCheckpoint(path)
    : [];
  if (problems.length === 0) {
    throw new CheckpointError(
      `Cannot save checkpoint ${path}: it exists already: remove it, choose ` +
        `another --out-dir, or resume from it`,
    );
  }
  const aside = join(dirname(path), `damaged-${name}-${timestamp()}`);
  await attempt("rename", path, () => fs.rename(path, aside));
  options.warnings.push(
    `Moved a damaged checkpoint to ${aside}: ${problems.join("; ")}`,
  );
}

/** Writes all files of a checkpoint and its manifest, synced, or nothing. */
async function writeDirectory(
  path: string,
  fs: DurableFileSystem,
  write: (draft: CheckpointDraft) => Promise<void>,
  contents: { step: number; versions: Record<string, string> },
): Promise<number> {
  await attempt("clear", path, () => fs.remove(path));
  await attempt("create", path, () => fs.makeDirectory(path));
  try {
    const draft = createDraft(path, fs);
    await write(draft);
    const files = await listFiles(draft, fs);
    const created = new Date().toISOString();
    const text = formatManifest({ ...contents, created, files });
    const manifest = join(path, MANIFEST_FILE);
    using file = await createHashedFile(manifest, { fs });
    await file.write(new TextEncoder().encode(text));
    const { size } = await file.finish();
    await attempt("sync", path, () => fs.syncDirectory(path));
    return files.reduce((sum, file) => sum + file.size, size);
  } catch (error) {
    await fs.remove(path).catch(() => {}); // The first error matters more.
    throw error;
  }
}

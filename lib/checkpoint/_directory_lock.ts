/** Ensures one writer per directory, by a lock that the system releases when the process ends. */

import { join } from "node:path";
import { attempt, describeCause } from "../files/atomic.ts";
import { CheckpointError } from "./manifest.ts";

/** A directory that this process may write checkpoints to. */
export interface DirectoryLock extends Disposable {
  /** False only where the file system has no locks. */
  readonly isHeld: boolean;
  /** Why the lock is not held, if it is not. */
  readonly warnings: string[];
}

/**
 * Locks an existing directory.
 *
 * @throws {CheckpointError} If another process holds the lock.
 * @throws {StorageError} If the lock file cannot be made.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, ".lock");
  const file = await attempt(
    "open",
    path,
    () => Deno.open(path, { read: true, write: true, create: true }),
  );
  const warnings: string[] = [];
  let isHeld = true;
  try {
    isHeld = await file.tryLock(true);
  } catch (error) {
    // Some network file systems have no locks, and training there must work.
    warnings.push(
      `Cannot lock ${path}, so nothing keeps a second run from writing to ` +
        `the same directory: ${describeCause(error)}`,
    );
    file.close();
    return { isHeld: false, warnings, [Symbol.dispose]: () => {} };
  }
  if (!isHeld) {
    file.close();
    const holder = (await Deno.readTextFile(path)).trim() || "unknown";
    throw new CheckpointError(
      `Cannot write checkpoints to ${directory}: another run (process ` +
        `${holder}) does: wait for it or choose another --out-dir`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  let isOpen = true;
  return {
    isHeld,
    warnings,
    [Symbol.dispose]() {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}

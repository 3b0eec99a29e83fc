/**
 * The folder of a run.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { describeCause } from "../files/atomic.ts";
import { CheckpointError } from "../checkpoint/manifest.ts";
import { FINAL_CHECKPOINT, stepOfName } from "../checkpoint/names.ts";
import {
  type CheckpointStore,
  openCheckpointStore,
} from "../checkpoint/store.ts";
import type { RunConfig } from "../config/mod.ts";

/** A run's folder, and the new path of an earlier run that was in it. */
export interface OutDir {
  readonly store: CheckpointStore;
  readonly movedTo: string | null;
}

/**
 * Opens a run's folder for writing and locks it.
 *
 * @throws {CheckpointError} if another process trains there.
 */
export async function openOutDir(config: RunConfig): Promise<CheckpointStore> {
  const { keep_last } = config.log;
  return await openCheckpointStore(
    pathOf(config),
    keep_last === null ? {} : { keepLast: keep_last },
  );
}

/**
 * Keeps a new run from mixing with an earlier one: the earlier run's folder is renamed, so that nothing is
 * lost.
 *
 * @param store The folder's writer, which is replaced by one for the new folder.
 * @throws {CheckpointError} if the folder cannot be renamed.
 */
export async function moveEarlierRun(
  store: CheckpointStore,
  config: RunConfig,
): Promise<OutDir> {
  const path = pathOf(config);
  if (!hasRun(path)) return { store, movedTo: null };
  store[Symbol.dispose]();
  let number = 1;
  while (existsSync(`${path}-${number}`)) number++;
  const movedTo = `${path}-${number}`;
  try {
    await Deno.rename(path, movedTo);
  } catch (cause) {
    throw new CheckpointError(
      `Cannot move the earlier run in ${path} to ${movedTo}: ${
        describeCause(cause)
      }: go on with it by --resume auto, or choose another --out-dir`,
      { cause },
    );
  }
  return { store: await openOutDir(config), movedTo };
}

function pathOf({ out_dir }: RunConfig): string {
  return out_dir.replace(/(?<=.)\/+$/, "");
}

function hasRun(path: string): boolean {
  return [...Deno.readDirSync(path)].some(({ name }) =>
    name === FINAL_CHECKPOINT || name === "metrics.csv" ||
    stepOfName(name) !== undefined
  );
}

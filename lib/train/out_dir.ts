/**
 * The folder of a run.
 *
 * @module
 */

import { existsSync } from "node:fs";
import {
  type CheckpointStore,
  openCheckpointStore,
} from "../checkpoint/store.ts";
import { FINAL_CHECKPOINT, stepOfName } from "../checkpoint/names.ts";
import type { RunConfig } from "../config/mod.ts";

/** A run's folder, and where an earlier run went that was in it. */
export interface OutDir {
  readonly store: CheckpointStore;
  readonly movedTo: string | null;
}

/**
 * Becomes the writer of a run's folder. A new run does not mix with an earlier one: its folder is
 * renamed, so that nothing is lost.
 *
 * @throws {CheckpointError} if another process trains there.
 */
export async function openOutDir(
  config: RunConfig,
  { isNew }: { isNew: boolean },
): Promise<OutDir> {
  const path = config.out_dir.replace(/\/+$/, "");
  const options = config.log.keep_last === null
    ? {}
    : { keepLast: config.log.keep_last };
  const store = await openCheckpointStore(path, options);
  if (!isNew || !hasRun(path)) return { store, movedTo: null };
  store[Symbol.dispose]();
  let number = 1;
  while (existsSync(`${path}-${number}`)) number++;
  const movedTo = `${path}-${number}`;
  await Deno.rename(path, movedTo);
  return { store: await openCheckpointStore(path, options), movedTo };
}

function hasRun(path: string): boolean {
  return [...Deno.readDirSync(path)].some(({ name }) =>
    name === FINAL_CHECKPOINT || name === "metrics.csv" ||
    stepOfName(name) !== undefined
  );
}

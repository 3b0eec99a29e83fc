/** Whether a run that another process trains has come to its end. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError, readManifest } from "./manifest.ts";
import { FINAL_CHECKPOINT } from "./names.ts";

/** Whether `outDir` holds the checkpoint that a run ends with, made at `step` or later. */
export async function hasEnded(outDir: string, step: number): Promise<boolean> {
  const path = join(outDir, FINAL_CHECKPOINT);
  if (!existsSync(path)) return false;
  try {
    return (await readManifest(path)).step >= step;
  } catch (error) {
    // It may be replaced by a newer one at this moment.
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}

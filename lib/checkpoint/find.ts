/**
 * Finds the checkpoint to resume from. The latest one is determined from the
 * directory's content; nothing stores which one it is.
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeCause } from "../files/atomic.ts";
import {
  CheckpointError,
  MANIFEST_FILE,
  readManifest,
  verifyCheckpoint,
} from "./manifest.ts";
import { asideOf, FINAL_CHECKPOINT, stepOfName } from "./names.ts";

/** A checkpoint that has been verified. */
export interface FoundCheckpoint {
  /** Its directory. */
  path: string;
  /** Optimizer steps done when it was made. */
  step: number;
}

/** What {@linkcode findLatestCheckpoint} found. */
export interface LatestCheckpoint {
  /** The newest valid checkpoint, or null if there is none. */
  checkpoint: FoundCheckpoint | null;
  /** One sentence for each newer one that cannot be used, saying why. */
  warnings: string[];
}

/** A checkpoint that has been verified, and what to tell the user. */
export interface ResumePoint extends FoundCheckpoint {
  /** One sentence for each newer one that was passed over. */
  warnings: string[];
}

/**
 * Finds the newest checkpoint in `outDir` whose every file is as it was
 * written. Those that are not are left alone and named in a warning.
 *
 * @throws {CheckpointError} If the directory cannot be read.
 */
export async function findLatestCheckpoint(
  outDir: string,
): Promise<LatestCheckpoint> {
  const candidates: (FoundCheckpoint & { problem?: string })[] = [];
  for (const name of await checkpointNames(outDir)) {
    const path = join(outDir, name);
    try {
      candidates.push({ path, step: (await readManifest(path)).step });
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      const step = stepOfName(name) ?? Infinity;
      candidates.push({ path, step, problem: error.message });
    }
  }
  candidates.sort((a, b) =>
    b.step - a.step || rankOfName(a.path) - rankOfName(b.path)
  );
  const warnings: string[] = [];
  for (const { path, step, problem } of candidates) {
    const problems = problem === undefined
      ? await verifyCheckpoint(path)
      : [problem];
    if (problems.length === 0) return { checkpoint: { path, step }, warnings };
    warnings.push(cannotUse(path, problems));
  }
  return { checkpoint: null, warnings };
}

/**
 * Turns the value of `--resume` into the checkpoint to go on from:
 *
 * - `false`: none;
 * - `"auto"`: the newest valid one in `outDir`, or none if there are none;
 * - `true`: the newest valid one in `outDir`;
 * - a path: that checkpoint's directory, or any file in it.
 *
 * A damaged checkpoint is never skipped in silence: the one before it is taken
 * with a warning, and if none is left that is an error, also for `"auto"`,
 * because starting over would throw the run away.
 *
 * @throws {CheckpointError} If there is nothing valid to go on from.
 */
export async function resolveResume(
  resume: boolean | string,
  outDir: string,
): Promise<ResumePoint | null> {
  if (resume === false) return null;
  if (resume !== true && resume !== "auto") {
    const path = await requireCheckpoint(resume, { action: "resume from" });
    return { path, step: (await readManifest(path)).step, warnings: [] };
  }
  const { checkpoint, warnings } = await findLatestCheckpoint(outDir);
  if (checkpoint !== null) return { ...checkpoint, warnings };
  if (warnings.length > 0) {
    throw new CheckpointError(
      `Cannot resume from ${outDir}: none of its checkpoints is valid\n` +
        warnings.map((warning) => `- ${warning}`).join("\n"),
    );
  }
  if (resume === "auto") return null;
  throw new CheckpointError(
    `Cannot resume from ${outDir}: it has no checkpoints: use --resume auto ` +
      `to start anew if there are none`,
  );
}

/** Options of {@linkcode requireCheckpoint}. */
export interface RequireOptions {
  /** What is to be done, for messages. Default: "use checkpoint". */
  action?: string;
  /** Selects the files that will be read and must be intact. Default: all of them. */
  isNeeded?: (name: string) => boolean;
  /**
   * Name of a file that marks another program's folder, which has no manifest,
   * as a checkpoint; such a folder is not verified. Default: none.
   */
  foreign?: string;
}

/**
 * Returns the directory of the checkpoint at a path, or of the checkpoint that
 * contains the file at that path, after verifying the files that will be read.
 *
 * @example
 * ```ts ignore
 * const dir = await requireCheckpoint("out/quickstart/final");
 * ```
 *
 * @throws {CheckpointError} If there is none, or it is damaged.
 */
export async function requireCheckpoint(
  given: string,
  options: RequireOptions = {},
): Promise<string> {
  const { action = "use checkpoint", isNeeded, foreign } = options;
  const refuse = (why: string) =>
    new CheckpointError(`Cannot ${action} ${given}: ${why}`);
  const path = await isFile(given) ? dirname(given) : given;
  if (!existsSync(path)) throw refuse("no such file or directory");
  if (!existsSync(join(path, MANIFEST_FILE))) {
    if (foreign && existsSync(join(path, foreign))) return path;
    const inside = await checkpointNames(path);
    const last = inside.includes(FINAL_CHECKPOINT)
      ? FINAL_CHECKPOINT
      : inside.at(-1);
    if (last !== undefined) {
      throw refuse(
        `it is a folder of checkpoints: give one of them, such as ${
          join(path, last)
        }`,
      );
    }
  }
  const problems = await verifyCheckpoint(path, isNeeded ? { isNeeded } : {});
  if (problems.length === 0) return path;
  throw new CheckpointError(cannotUse(path, problems));
}

/**
 * Names in `outDir` that may be checkpoints, sorted. One that a dying process
 * had put aside and not replaced counts as well.
 */
async function checkpointNames(outDir: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(outDir)) {
      names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new CheckpointError(
      `Cannot look for checkpoints in ${outDir}: ${describeCause(error)}`,
      { cause: error },
    );
  }
  return names.sort().filter((name) => {
    const original = asideOf(name);
    return original === undefined
      ? name === FINAL_CHECKPOINT || stepOfName(name) !== undefined
      : !names.includes(original);
  });
}

/** Order at the same step: final, which is kept longest, then step-*. */
function rankOfName(path: string): number {
  const name = basename(path);
  if (name === FINAL_CHECKPOINT) return 0;
  return asideOf(name) === undefined ? 1 : 2;
}

function cannotUse(path: string, problems: string[]): string {
  return problems.length === 1 && problems[0]?.startsWith("Cannot ")
    ? problems[0]
    : `Cannot use checkpoint ${path}: ${problems.join("; ")}`;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isFile, () => false);
}

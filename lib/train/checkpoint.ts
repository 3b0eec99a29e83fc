/**
 * The content of a training checkpoint, and how a run resumes from one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { getRngState, setRngState } from "../../ffi/mod.ts";
import { CheckpointError } from "../checkpoint/manifest.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import type { CheckpointDraft } from "../checkpoint/store.ts";
import { loadTensors, tensorsToWrite } from "../checkpoint/state.ts";
import {
  modelConfigToYaml,
  type RunConfig,
  runConfigToYaml,
} from "../config/mod.ts";
import type { LoaderState } from "../data/mod.ts";
import type { Evaluation } from "../evaluate/loss.ts";
import type { GPT } from "../model/gpt.ts";
import type { AdamW } from "../optimizer/adamw.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** JSON has null for numbers that are not finite. */
const maybeNaN = z.number().nullable().transform((value) => value ?? NaN);

const stateSchema = z.object({
  version: z.literal(1),
  step: z.int().min(0),
  iter: z.int().min(0).optional(),
  tokens: z.int().min(0),
  elapsedSeconds: z.number().min(0),
  skippedUpdates: z.int().min(0),
  globalBatchSize: z.int().min(1),
  validation: z.object({
    step: z.int().min(0),
    loss: maybeNaN,
    perplexity: maybeNaN,
    tokens: z.int(),
    batches: z.int(),
  }).nullable().default(null),
  loader: z.union([
    z.object({
      epoch: z.int().min(0),
      position: z.int().min(0),
      seed: z.int(),
      shuffle: z.boolean(),
      split: z.enum(["train", "val"]),
      sequenceLength: z.int(),
      tokens: z.string(),
    }),
    z.strictObject({ samples: z.int().min(0) }),
  ]),
  rng: z.record(z.string(), z.string()),
});

/** Progress of a run: its state apart from its tensors. */
export interface RunProgress {
  /** Optimizer steps done. */
  step: number;
  /** Micro-batches trained on. */
  iter: number;
  /** Tokens trained on. */
  tokens: number;
  /** Seconds of training, over all processes of the run. */
  elapsedSeconds: number;
  /** Steps skipped because their gradients were not finite. */
  skippedUpdates: number;
  /** Samples in a step. */
  globalBatchSize: number;
  /** The last validation and the step it was made after, or null. */
  validation: (Evaluation & { step: number }) | null;
  /** Position in the data; for an imported run, only the number of samples it has trained on. */
  loader: LoaderState | { samples: number };
}

/** Progress as stored in a checkpoint; an imported checkpoint has no count of micro-batches. */
export type SavedProgress = Omit<RunProgress, "iter"> & {
  iter?: number | undefined;
};

/** The part of a run that is saved. */
export interface TrainingState {
  readonly config: RunConfig;
  readonly model: GPT;
  readonly optimizer: AdamW;
  readonly tokenizer: Tokenizer | undefined;
}

/** Writes everything that a run needs to resume exactly. */
export async function writeTrainingCheckpoint(
  draft: CheckpointDraft,
  { config, model, optimizer, tokenizer }: TrainingState,
  progress: RunProgress,
): Promise<void> {
  const { named } = model.weights;
  await draft.writeTensors(CHECKPOINT_FILES.weights, tensorsToWrite(named), {
    format: "pt",
  });
  await draft.writeTensors(
    CHECKPOINT_FILES.optimizer,
    tensorsToWrite(optimizer.named(named)),
  );
  const devices = model.device === "cpu" ? ["cpu"] : ["cpu", model.device];
  await draft.writeJson(CHECKPOINT_FILES.state, {
    version: 1,
    ...progress,
    rng: Object.fromEntries(
      devices.map((name) => {
        const device = name as typeof model.device;
        return [name, getRngState(device).toBase64()];
      }),
    ),
  });
  await draft.writeText(
    CHECKPOINT_FILES.modelConfig,
    modelConfigToYaml(config.model_config),
  );
  await draft.writeText(CHECKPOINT_FILES.config, runConfigToYaml(config));
  for (const file of tokenizer?.files ?? []) await draft.copyFile(file);
}

/**
 * Checks that a checkpoint contains training state.
 *
 * @throws {CheckpointError} if it holds only weights.
 */
export function checkResumable(path: string): void {
  if (existsSync(join(path, CHECKPOINT_FILES.state))) return;
  throw new CheckpointError(
    `Cannot resume from ${path}: it holds weights alone, as imported models do: start a run from them with --initial-checkpoint-dir ${path}`,
  );
}

/** Loads a verified checkpoint into a run. */
export async function readTrainingCheckpoint(
  path: string,
  { model, optimizer }: Pick<TrainingState, "model" | "optimizer">,
): Promise<SavedProgress> {
  const file = join(path, CHECKPOINT_FILES.state);
  const parsed = stateSchema.safeParse(
    JSON.parse(await Deno.readTextFile(file)),
  );
  if (!parsed.success) {
    throw new SyntaxError(
      `Cannot resume from ${path}: ${CHECKPOINT_FILES.state} is of another version: ${
        z.prettifyError(parsed.error)
      }`,
    );
  }
  const { rng, version: _, ...progress } = parsed.data;
  const { named } = model.weights;
  await loadTensors(join(path, CHECKPOINT_FILES.weights), named);
  await loadTensors(
    join(path, CHECKPOINT_FILES.optimizer),
    optimizer.named(named),
  );
  for (const device of ["cpu", model.device] as const) {
    const state = rng[device];
    if (state !== undefined) setRngState(Uint8Array.fromBase64(state), device);
  }
  return progress;
}

/**
 * Reads this project's checkpoints for export, without libtorch.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { requireCheckpoint } from "../checkpoint/find.ts";
import { CheckpointError } from "../checkpoint/manifest.ts";
import {
  CHECKPOINT_FILES,
  MOMENTS,
  optimizerTensorName,
} from "../checkpoint/names.ts";
import { readSafetensorsHeader } from "../checkpoint/safetensors.ts";
import {
  loadModelConfig,
  loadRunConfig,
  type ModelConfig,
  type RunConfig,
} from "../config/mod.ts";
import { type CheckpointTokenizer, readTokenizer } from "./_tokenizer_files.ts";
import { modelTensors } from "../model/tensors.ts";
import { checkTensors, type NamedTensors, refuse } from "./named_tensors.ts";
import { equalStored, type StoredTensor } from "./stored_tensor.ts";

const EMBEDDING = "transformer.wte.weight";

/** The part of `state.json` that an export needs. */
const stateSchema = z.looseObject({
  step: z.int().min(0),
  tokens: z.int().min(0),
  loader: z.looseObject({
    epoch: z.int().min(0).optional(),
  }),
});

/** A training that can be continued in another program. */
export interface CheckpointTraining {
  /** `exp_avg`, `exp_avg_sq` and `step` of every trained weight. */
  readonly optimizer: NamedTensors;
  /** Names of the trained weights, in the order of a PyTorch optimizer. */
  readonly names: readonly string[];
  /** Settings of the run. */
  readonly run: RunConfig;
  /** Optimizer steps done. */
  readonly step: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Number of completed passes over the data. */
  readonly epoch: number;
}

/** A checkpoint, read and checked. */
export interface CheckpointSource extends CheckpointTokenizer {
  /** Its folder. */
  readonly path: string;
  /** The model. */
  readonly config: ModelConfig;
  /** Whether the embedding is also the output layer. */
  readonly tied: boolean;
  /** Every weight. */
  readonly weights: NamedTensors;
  /** The training, or null if there are only weights. */
  readonly training: CheckpointTraining | null;
}

/**
 * Reads a checkpoint and verifies all of it against its manifest.
 *
 * @param given Its folder.
 * @throws {CheckpointError} If it is damaged or not a checkpoint.
 * @throws {RangeError} If its weights do not match its configuration.
 */
export async function readCheckpoint(given: string): Promise<CheckpointSource> {
  const path = await requireCheckpoint(given);
  const at = (file: keyof typeof CHECKPOINT_FILES) =>
    join(path, CHECKPOINT_FILES[file]);
  const config = loadModelConfig(at("modelConfig"));
  const weights = await readTensors(at("weights"));
  checkTensors(weights, modelTensors(config), path);
  const tied = await equalStored(
    weights.get("lm_head.weight")!,
    weights.get(EMBEDDING)!,
  );
  return {
    path,
    config,
    tied,
    weights,
    training: existsSync(at("state"))
      ? await readTraining(path, { config, weights })
      : null,
    ...await readTokenizer(path, at("config")),
  };
}

async function readTraining(
  path: string,
  { config, weights }: { config: ModelConfig; weights: NamedTensors },
): Promise<CheckpointTraining> {
  const at = (file: keyof typeof CHECKPOINT_FILES) =>
    join(path, CHECKPOINT_FILES[file]);
  const parsed = stateSchema.safeParse(
    JSON.parse(await Deno.readTextFile(at("state"))),
  );
  if (!parsed.success) {
    throw new CheckpointError(
      `Cannot use checkpoint ${path}: ${CHECKPOINT_FILES.state} is of another version`,
    );
  }
  const { step, tokens, loader } = parsed.data;
  const { config: run } = loadRunConfig({ file: at("config") });
  const names = modelTensors(config)
    .filter(({ trained }) => trained).map(({ name }) => name)
    .filter((name) => !run.train.tie_embeddings || name !== EMBEDDING);
  const optimizer = await readTensors(at("optimizer"));
  refuse(
    `Cannot use checkpoint ${path}: its optimizer is not that of the model`,
    names.flatMap((name) => {
      const { shape } = weights.get(name)!;
      return [...MOMENTS, "step" as const].flatMap((part) => {
        const key = optimizerTensorName(part, name);
        const tensor = optimizer.get(key);
        const expected = part === "step" ? [] : shape;
        if (tensor === undefined) return [`${key} is missing`];
        return tensor.shape.join() === expected.join()
          ? []
          : [`${key} is [${tensor.shape.join(", ")}]`];
      });
    }),
  );
  return { optimizer, names, run, step, tokens, epoch: loader.epoch ?? 0 };
}

async function readTensors(path: string): Promise<NamedTensors> {
  const { tensors } = await readSafetensorsHeader(path);
  return new Map(
    [...tensors].map(([name, { dtype, shape, offset, byteLength }]) => [
      name,
      { dtype, shape, extents: [{ path, offset, byteLength }] } as StoredTensor,
    ]),
  );
}

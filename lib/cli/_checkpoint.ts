/** Shared by the commands that read a checkpoint: its path, the device to use, and the tokenizer. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { requireCheckpoint } from "../checkpoint/find.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import { loadRunConfig, type ModelConfig } from "../config/mod.ts";
import type { GPTOptions } from "../model/gpt.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import {
  chooseAttention,
  resolveDevice,
  resolvePrecision,
} from "../train/device.ts";
import { onlyWord, UsageError } from "./_command.ts";

/**
 * The checkpoint named on a command line, after verifying the files that will be read. A checkpoint without a
 * manifest, written by another program, is not verified.
 *
 * @throws {UsageError} if the command line names none, or several.
 * @throws {CheckpointError} if there is no checkpoint, or a file is damaged.
 */
export async function checkpointDir(words: readonly string[]): Promise<string> {
  return await requireCheckpoint(
    onlyWord(words, "one CHECKPOINT_DIR, such as out/quickstart/final"),
    {
      isNeeded: (name) => name !== CHECKPOINT_FILES.optimizer,
      foreign: CHECKPOINT_FILES.modelConfig,
    },
  );
}

/** Options for the device and the precision. */
export const placementOptions = {
  device: z.string()
    .regex(/^(auto|cpu|cuda(:\d+)?)$/, "expected auto, cpu, cuda or cuda:N")
    .default("auto")
    .describe("auto, cpu, cuda or cuda:N"),
  precision: z.enum(["32-true", "bf16-mixed", "bf16-true"]).optional()
    .describe(
      "32-true, bf16-mixed or bf16-true; unless given, what is fast here",
    ),
};

/** Settings for a model that is only read, not trained. */
export function placeCheckpoint(
  config: ModelConfig,
  options: {
    device: string;
    precision?: "32-true" | "bf16-mixed" | "bf16-true" | undefined;
  },
): GPTOptions {
  const device = resolveDevice(options.device);
  const fast = resolvePrecision(null, device) === "bf16-mixed";
  const precision = options.precision ?? (fast ? "bf16-true" : "32-true");
  const { backend } = chooseAttention(
    {
      model_config: config,
      optimization: {
        compile: true,
        compile_mode: "default",
        compile_dynamic: false,
        compile_fullgraph: false,
        flash_attention: true,
        flash_attention_force: false,
        disable_math_fallback: false,
      },
    },
    device,
    precision,
  );
  return { device, precision, attention: backend };
}

/**
 * The tokenizer of a checkpoint: the given one, else the one stored with it, else the one that its run
 * names.
 */
export async function checkpointTokenizer(
  dir: string,
  given: string | undefined,
): Promise<Tokenizer> {
  if (given !== undefined) return await loadTokenizer(given);
  if (existsSync(join(dir, "tokenizer.json"))) return await loadTokenizer(dir);
  const file = join(dir, CHECKPOINT_FILES.config);
  if (!existsSync(file)) {
    throw new UsageError(`${dir} has no tokenizer: give --tokenizer-dir`);
  }
  const { config } = loadRunConfig({ file });
  return await loadTokenizer(config.tokenizer_dir ?? dir);
}

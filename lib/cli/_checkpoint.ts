/** What the commands that read a checkpoint share: where to compute, and which tokenizer. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { loadRunConfig, type ModelConfig } from "../config/mod.ts";
import type { GPTOptions } from "../model/gpt.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import {
  chooseAttention,
  resolveDevice,
  resolvePrecision,
} from "../train/device.ts";

/** The options that say where and how. */
export const placementOptions = {
  device: z.string().default("auto")
    .describe("auto, cpu, cuda or cuda:N"),
  precision: z.enum(["32-true", "bf16-mixed", "bf16-true"]).optional()
    .describe(
      "32-true, bf16-mixed or bf16-true; unless given, what is fast here",
    ),
};

/** Options for a model that is read and not trained. */
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
 * The tokenizer of a checkpoint: the one given, else the one that travels with it, else the one that
 * its run names.
 */
export async function checkpointTokenizer(
  dir: string,
  given: string | undefined,
): Promise<Tokenizer> {
  if (given !== undefined) return await loadTokenizer(given);
  if (existsSync(`${dir}/tokenizer.json`)) return await loadTokenizer(dir);
  const { config } = loadRunConfig({ file: `${dir}/hyperparameters.yaml` });
  return await loadTokenizer(config.tokenizer_dir ?? dir);
}

/**
 * Loads models from checkpoints.
 *
 * @module
 */

import { join } from "node:path";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import { loadTensors } from "../checkpoint/state.ts";
import { loadModelConfig } from "../config/mod.ts";
import { GPT, type GPTOptions } from "./gpt.ts";

/**
 * Loads the model of a checkpoint's folder: `model_config.yaml` and `model.safetensors`.
 *
 * @throws {ConfigError} if the configuration is invalid.
 * @throws {SafetensorsError} if the weights are damaged or do not match the configuration.
 */
export async function loadModel(
  dir: string,
  options: GPTOptions = {},
): Promise<GPT> {
  const model = new GPT(
    loadModelConfig(join(dir, CHECKPOINT_FILES.modelConfig)),
    options,
  );
  try {
    await loadTensors(join(dir, CHECKPOINT_FILES.weights), model.weights.named);
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
  return model;
}

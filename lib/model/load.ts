/**
 * Models from checkpoints.
 *
 * @module
 */

import { join } from "node:path";
import { loadTensors } from "../checkpoint/state.ts";
import { loadModelConfig } from "../config/mod.ts";
import { GPT, type GPTOptions } from "./gpt.ts";

/**
 * Loads the model of a checkpoint's folder: `model_config.yaml` and `model.safetensors`.
 *
 * @throws {ConfigError} if the configuration cannot be used.
 * @throws {SafetensorsError} if the weights are damaged or do not fit it.
 */
export async function loadModel(
  dir: string,
  options: GPTOptions = {},
): Promise<GPT> {
  const model = new GPT(
    loadModelConfig(join(dir, "model_config.yaml")),
    options,
  );
  try {
    await loadTensors(join(dir, "model.safetensors"), model.weights.named);
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
  return model;
}

/**
 * A model and its optimizer as a configuration wants them, before either has values.
 *
 * @module
 */

import type { RunConfig } from "../config/mod.ts";
import { type CreateMlp, GPT } from "../model/gpt.ts";
import { AdamW } from "../optimizer/adamw.ts";
import type { Placement } from "./device.ts";

/** Builds the model of a run and the optimizer that trains it; the weights are not set. */
export function buildForTraining(
  config: RunConfig,
  placement: Placement,
  options: { createMlp?: CreateMlp } = {},
): { model: GPT; optimizer: AdamW } {
  const { train, optimizer: { init_args: adam } } = config;
  const { operators } = placement;
  const model = new GPT(config.model_config, {
    device: placement.device,
    precision: placement.precision,
    attention: placement.attention,
    tieEmbeddings: train.tie_embeddings,
    maxSeqLength: train.max_seq_length,
    gradientCheckpointing: train.gradient_checkpointing,
    operators,
    ...options,
  });
  const optimizer = new AdamW(model.weights.parameters, {
    betas: adam.betas,
    eps: adam.eps,
    weightDecay: adam.weight_decay,
    maxNorm: train.max_norm,
    operators,
  });
  return { model, optimizer };
}

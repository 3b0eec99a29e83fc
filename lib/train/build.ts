/**
 * Builds the model, optimizer and step of a run from its configuration; no values are set.
 *
 * @module
 */

import type { RunConfig, SizedRunConfig } from "../config/mod.ts";
import { type CreateMlp, GPT } from "../model/gpt.ts";
import { AdamW } from "../optimizer/adamw.ts";
import type { Placement } from "./device.ts";
import { TrainStep } from "./step.ts";

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
  try {
    const optimizer = new AdamW(model.weights.parameters, {
      betas: adam.betas,
      eps: adam.eps,
      weightDecay: adam.weight_decay,
      maxNorm: train.max_norm,
      operators,
    });
    return { model, optimizer };
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

/** What {@linkcode buildStep} needs. */
export interface StepParts {
  /** The model. */
  readonly model: GPT;
  /** Its optimizer. */
  readonly optimizer: AdamW;
  /** Where they are. */
  readonly placement: Placement;
  /** Micro-batches in a step. */
  readonly iters: number;
  /** Told why a step runs uncaptured. */
  readonly onMessage?: (message: string) => void;
}

/** Builds the optimizer step of a run. */
export function buildStep(
  { train, optimization, model_config }: SizedRunConfig,
  { model, optimizer, placement, iters, ...options }: StepParts,
): TrainStep {
  return new TrainStep(model, optimizer, {
    microBatchSize: train.micro_batch_size,
    sequenceLength: train.max_seq_length,
    accumulationIters: iters,
    biasUpdateRate: model_config.router_bias_update_rate,
    captured: optimization.compile &&
      optimization.compile_mode !== "default" && placement.device !== "cpu",
    dynamic: optimization.compile_dynamic,
    fullgraph: optimization.compile_fullgraph,
    ...options,
  });
}

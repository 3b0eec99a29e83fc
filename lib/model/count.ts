/**
 * Exact counts of a model's parameters, and of the arithmetic of its training.
 *
 * @module
 */

import type { ModelConfig } from "../config/model.ts";
import { modelTensors } from "./tensors.ts";

/** The embedding: its rows are looked up, not multiplied. */
const EMBEDDING = "transformer.wte.weight";
const ROUTED_EXPERT = /\.mlp\.experts\.\d+\./;

/** Numbers of parameters. */
export interface ParameterCounts {
  /** All trained parameters. */
  readonly total: number;
  /** Those used for one token: all except the experts that it is not sent to. */
  readonly active: number;
  /** Active parameters in matrices that are multiplied: without norms, biases and the embedding. */
  readonly activeMatmul: number;
  /** Those of the routed (not shared) experts in all layers. */
  readonly routedExperts: number;
}

/** Counts parameters from the configuration alone. */
export function countParameters(
  config: ModelConfig,
  { tieEmbeddings = false }: { tieEmbeddings?: boolean } = {},
): ParameterCounts {
  const everyToken = { all: 0, matmul: 0 };
  const routed = { all: 0, matmul: 0 };
  for (const { name, shape, trained } of modelTensors(config)) {
    const isEmbedding = name === EMBEDDING;
    if (!trained || (isEmbedding && tieEmbeddings)) continue;
    const size = shape.reduce((product, size) => product * size, 1);
    const counts = ROUTED_EXPERT.test(name) ? routed : everyToken;
    counts.all += size;
    if (shape.length === 2 && !isEmbedding) counts.matmul += size;
  }
  const { n_expert, n_expert_per_token } = config;
  // All experts have the same size, so the division is exact.
  const chosen = (size: number) =>
    size === 0 ? 0 : size / n_expert * n_expert_per_token;
  return {
    total: everyToken.all + routed.all,
    active: everyToken.all + chosen(routed.all),
    activeMatmul: everyToken.matmul + chosen(routed.matmul),
    routedExperts: routed.all,
  };
}

/**
 * Floating-point operations to train on one token of a sequence of length T: `6 N + 6 L T H D`, where N
 * is the number of active parameters in matrices. A causal position attends to T / 2 others on average.
 * Only the experts that a token is sent to are counted; recomputation is not.
 */
export function flopsPerToken(config: ModelConfig, T: number): number {
  const { n_layer: L, n_head: H, head_size: D } = config;
  return 6 * countParameters(config).activeMatmul + 6 * L * T * H * D;
}

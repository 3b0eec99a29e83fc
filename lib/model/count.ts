/**
 * Exact counts of a model's parameters and of the arithmetic it does.
 *
 * @module
 */

import type { ModelConfig } from "../config/model.ts";

/** Numbers of parameters. */
export interface ParameterCounts {
  /** All that are trained. */
  readonly total: number;
  /** Those that one token meets: all but the experts it is not sent to. */
  readonly active: number;
  /** Those in matrices that one token is multiplied with: active ones without norms, biases and the lookup. */
  readonly activeMatmul: number;
  /** Those of the experts that are chosen from, in all layers. */
  readonly routedExperts: number;
}

/** Counts parameters from the configuration alone. */
export function countParameters(
  config: ModelConfig,
  { tieEmbeddings = false }: { tieEmbeddings?: boolean } = {},
): ParameterCounts {
  const { n_embd: C, padded_vocab_size: V, n_head: H, head_size: D } = config;
  const heads = (H + 2 * config.n_query_groups) * D;
  const attention = heads * C + H * D * C;
  const attentionBias = (config.bias || config.attn_bias ? heads : 0) +
    (config.bias ? C : 0);
  const norms = 2 * C + (config.norm_qk ? 2 * D : 0);
  const mlp = (inner: number) => 3 * C * inner;
  const mlpBias = (inner: number) => config.bias ? 2 * inner + C : 0;

  let matmul = V * C;
  let other = C + (config.lm_head_bias ? V : 0) + (tieEmbeddings ? 0 : V * C);
  let activeMatmul = V * C;
  let inactiveBias = 0;
  let routedExperts = 0;
  for (let layer = 0; layer < config.n_layer; layer++) {
    matmul += attention;
    activeMatmul += attention;
    other += attentionBias + norms;
    if (isDense(config, layer)) {
      const inner = config.intermediate_size;
      matmul += mlp(inner);
      activeMatmul += mlp(inner);
      other += mlpBias(inner);
      continue;
    }
    const { n_expert: E, n_expert_per_token: K } = config;
    const inner = config.moe_intermediate_size;
    const shared = inner * (config.n_shared_expert ?? 0);
    const common = E * C + mlp(shared);
    matmul += common + E * mlp(inner);
    activeMatmul += common + K * mlp(inner);
    other += E * mlpBias(inner) + (shared > 0 ? mlpBias(shared) : 0);
    inactiveBias += (E - K) * mlpBias(inner);
    routedExperts += E * (mlp(inner) + mlpBias(inner));
  }
  return {
    total: matmul + other,
    active: activeMatmul + other - inactiveBias,
    activeMatmul,
    routedExperts,
  };
}

/** Whether a layer has no experts. */
function isDense(config: ModelConfig, layer: number): boolean {
  return config.mlp_class_name === "LLaMAMLP" ||
    layer < (config.first_k_dense_replace ?? 0);
}

/**
 * Floating-point operations to train on one token of a sequence of length T: `6 N + 6 L T H D`, with N
 * the active parameters in matrices. A causal position attends to T / 2 others on average; only the
 * experts a token is sent to count; recomputation does not.
 */
export function flopsPerToken(config: ModelConfig, T: number): number {
  const { n_layer: L, n_head: H, head_size: D } = config;
  return 6 * countParameters(config).activeMatmul + 6 * L * T * H * D;
}

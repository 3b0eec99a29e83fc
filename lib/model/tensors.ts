/**
 * The tensors of a model, listed from its configuration alone, without libtorch.
 * Names and order are LitGPT's, which this project's checkpoints use too.
 *
 * @module
 */

import type { ModelConfig } from "../config/mod.ts";

/** A tensor of a model. */
export interface ModelTensor {
  /** Its name, such as `"transformer.h.0.attn.qkv.weight"`. */
  readonly name: string;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Whether an optimizer updates it; buffers are only saved. */
  readonly trained: boolean;
}

/**
 * Lists the tensors of a model.
 *
 * @param config The model.
 * @returns Names and shapes, in the order of LitGPT's state dict.
 *
 * @example
 * ```ts
 * import { defineModelConfig } from "../config/mod.ts";
 * import { modelTensors } from "./tensors.ts";
 *
 * const config = defineModelConfig({
 *   n_layer: 1,
 *   n_embd: 64,
 *   n_head: 4,
 *   norm_class_name: "RMSNorm",
 *   bias: false,
 *   mlp_class_name: "LLaMAMLP",
 *   intermediate_size: 128,
 * });
 * console.log(modelTensors(config).map(({ name }) => name));
 * ```
 */
export function modelTensors(config: ModelConfig): ModelTensor[] {
  const { n_embd: C, padded_vocab_size: V, n_head: H, head_size: D } = config;
  const { bias } = config;
  const tensors: ModelTensor[] = [];
  const add = (name: string, shape: readonly number[], trained = true) => {
    tensors.push({ name, shape, trained });
  };
  const linear = (
    name: string,
    out: number,
    width: number,
    biased: boolean,
  ) => {
    add(`${name}.weight`, [out, width]);
    if (biased) add(`${name}.bias`, [out]);
  };
  const mlp = (name: string, inner: number) => {
    linear(`${name}.fc_1`, inner, C, bias);
    linear(`${name}.fc_2`, inner, C, bias);
    linear(`${name}.proj`, C, inner, bias);
  };

  linear("lm_head", V, C, config.lm_head_bias);
  add("transformer.wte.weight", [V, C]);
  for (let layer = 0; layer < config.n_layer; layer++) {
    const block = `transformer.h.${layer}`;
    add(`${block}.norm_1.weight`, [C]);
    const rows = (H + 2 * config.n_query_groups) * D;
    linear(`${block}.attn.qkv`, rows, C, bias || config.attn_bias);
    linear(`${block}.attn.proj`, C, H * D, bias);
    if (config.norm_qk) {
      add(`${block}.attn.norm_q.weight`, [D]);
      add(`${block}.attn.norm_k.weight`, [D]);
    }
    add(`${block}.norm_2.weight`, [C]);
    if (!hasExperts(config, layer)) {
      mlp(`${block}.mlp`, config.intermediate_size);
      continue;
    }
    add(`${block}.mlp.gate.weight`, [config.n_expert, C]);
    if (hasRouterBias(config)) {
      const name = `${block}.mlp.gate.e_score_correction_bias`;
      add(name, [config.n_expert], false);
    }
    for (let expert = 0; expert < config.n_expert; expert++) {
      mlp(`${block}.mlp.experts.${expert}`, config.moe_intermediate_size);
    }
    if (config.n_shared_expert !== null) {
      const inner = config.n_shared_expert * config.moe_intermediate_size;
      mlp(`${block}.mlp.shared_experts`, inner);
    }
  }
  add("transformer.ln_f.weight", [C]);
  return tensors;
}

/** Whether the MLP of a layer is a mixture of experts. */
export function hasExperts(
  { mlp_class_name, first_k_dense_replace }: ModelConfig,
  layer: number,
): boolean {
  return mlp_class_name === "LLaMAMoE" && layer >= (first_k_dense_replace ?? 0);
}

/** Whether routers have a bias that affects the choice of experts. */
export function hasRouterBias(config: ModelConfig): boolean {
  return config.n_expert_groups !== null || config.router_bias_update_rate > 0;
}

/**
 * The models of transformers that this project supports.
 *
 * @module
 */

import type { ModelConfig } from "../config/mod.ts";
import { hasRouterBias } from "../model/tensors.ts";
import { refuse } from "./named_tensors.ts";

/** Kinds of models of transformers that this project supports. */
export type HuggingFaceKind =
  | "llama"
  | "mistral"
  | "qwen2"
  | "qwen3"
  | "mixtral"
  | "qwen3_moe";

/** Classes of transformers, and their defaults for keys that a file omits. */
export const KINDS: Readonly<
  Record<
    HuggingFaceKind,
    {
      readonly name: string;
      readonly architecture: string;
      readonly ropeBase: number;
      readonly headSize?: number;
    }
  >
> = {
  llama: { name: "Llama", architecture: "LlamaForCausalLM", ropeBase: 1e4 },
  mistral: {
    name: "Mistral",
    architecture: "MistralForCausalLM",
    ropeBase: 1e4,
  },
  qwen2: { name: "Qwen2", architecture: "Qwen2ForCausalLM", ropeBase: 1e4 },
  qwen3: {
    name: "Qwen3",
    architecture: "Qwen3ForCausalLM",
    ropeBase: 1e4,
    headSize: 128,
  },
  mixtral: {
    name: "Mixtral",
    architecture: "MixtralForCausalLM",
    ropeBase: 1e6,
  },
  qwen3_moe: {
    name: "Qwen3-MoE",
    architecture: "Qwen3MoeForCausalLM",
    ropeBase: 1e4,
  },
};

/**
 * The class of transformers that computes the same function as a model.
 *
 * @throws {RangeError} If there is none; the message lists every reason.
 */
export function huggingFaceKind(config: ModelConfig): HuggingFaceKind {
  const { bias, attn_bias } = config;
  const kind = closestKind(config);
  const { name: target } = KINDS[kind];
  const problems: string[] = [];
  const when = (isProblem: boolean, text: string) => {
    if (isProblem) problems.push(text);
  };
  when(
    config.rope_n_elem !== config.head_size,
    `rotary_percentage ${config.rotary_percentage} rotates ${config.rope_n_elem} of ${config.head_size} values of a head, and ${target} all of them`,
  );
  when(
    config.parallel_residual,
    `parallel_residual: ${target} computes attention and MLP one after the other`,
  );
  when(config.lm_head_bias, `lm_head_bias: ${target} has none`);
  when(
    kind === "qwen2" && config.head_size * config.n_head !== config.n_embd,
    `head_size ${config.head_size}: a Qwen2 has n_embd / n_head`,
  );
  when(
    kind === "mixtral" && (bias || attn_bias),
    "bias: Mixtral has none",
  );
  when(
    isQwen3(kind) && (bias || attn_bias),
    `${
      bias ? "bias" : "attn_bias"
    }: ${target} has biases in all layers of attention and nowhere else, or none`,
  );
  when(
    kind === "mixtral" && config.first_k_dense_replace !== null,
    `first_k_dense_replace ${config.first_k_dense_replace}: Mixtral has experts in every layer`,
  );
  if (isMoe(kind)) {
    when(
      config.n_shared_expert !== null,
      `n_shared_expert ${config.n_shared_expert}: ${target} has no shared experts`,
    );
    when(
      config.n_expert_groups !== null,
      `n_expert_groups: ${target}'s router does not know groups`,
    );
    when(
      config.n_expert_groups === null && hasRouterBias(config),
      `router_bias_update_rate: ${target}'s router has no bias`,
    );
    when(
      config.routed_scaling_factor !== 1,
      `routed_scaling_factor ${config.routed_scaling_factor}: ${target}'s experts count as they are`,
    );
  }
  refuse(
    `Cannot export to Hugging Face: transformers' ${target} does not compute this model`,
    problems,
  );
  return kind;
}

function closestKind(
  { mlp_class_name, norm_qk, bias, attn_bias }: ModelConfig,
): HuggingFaceKind {
  if (mlp_class_name === "LLaMAMoE") return norm_qk ? "qwen3_moe" : "mixtral";
  if (norm_qk) return "qwen3";
  return attn_bias && !bias ? "qwen2" : "llama";
}

/** Whether a kind has experts. */
export function isMoe(kind: HuggingFaceKind): boolean {
  return kind === "mixtral" || kind === "qwen3_moe";
}

/** Whether a kind normalises the heads of queries and keys. */
export function isQwen3(kind: HuggingFaceKind): boolean {
  return kind === "qwen3" || kind === "qwen3_moe";
}

/** Names of tensors in transformers' checkpoints. */

import type { ModelConfig } from "../config/mod.ts";
import { modelTensors } from "./model_tensors.ts";

/** A tensor here, and what it is made of there. */
export interface TensorNames {
  /** Its name here. */
  readonly name: string;
  /** The tensors there, which lie below each other in ours. */
  readonly parts: readonly { readonly name: string; readonly rows: number }[];
}

const LAYER: readonly (readonly [from: string, to: string])[] = [
  ["norm_1", "input_layernorm"],
  ["norm_2", "post_attention_layernorm"],
  ["attn.proj", "self_attn.o_proj"],
  ["mlp.fc_1", "mlp.gate_proj"],
  ["mlp.fc_2", "mlp.up_proj"],
  ["mlp.proj", "mlp.down_proj"],
  ["mlp.gate", "block_sparse_moe.gate"],
];
const EXPERT: Readonly<Record<string, string>> = {
  fc_1: "w1",
  fc_2: "w3",
  proj: "w2",
};
const WHOLE: Readonly<Record<string, string>> = {
  "lm_head.weight": "lm_head.weight",
  "transformer.wte.weight": "model.embed_tokens.weight",
  "transformer.ln_f.weight": "model.norm.weight",
};

/**
 * The tensors of a model with their names in transformers: Llama's, Qwen2's and
 * Mixtral's.
 */
export function huggingFaceNames(config: ModelConfig): TensorNames[] {
  return modelTensors(config).map(({ name, shape }) => ({
    name,
    parts: partsOf(name, shape[0] ?? 0, config),
  }));
}

function partsOf(
  name: string,
  rows: number,
  { n_head, n_query_groups, head_size }: ModelConfig,
): TensorNames["parts"] {
  const whole = WHOLE[name];
  if (whole !== undefined) return [{ name: whole, rows }];
  const [, layer, rest = "", kind] =
    /^transformer\.h\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const block = `model.layers.${layer}`;
  if (rest === "attn.qkv") {
    const sizes = { q: n_head, k: n_query_groups, v: n_query_groups };
    return Object.entries(sizes).map(([letter, heads]) => ({
      name: `${block}.self_attn.${letter}_proj.${kind}`,
      rows: heads * head_size,
    }));
  }
  const [, expert, matrix = ""] = /^mlp\.experts\.(\d+)\.(.+)$/.exec(rest) ??
    [];
  const there = expert === undefined
    ? LAYER.find(([from]) => from === rest)?.[1]
    : `block_sparse_moe.experts.${expert}.${EXPERT[matrix]}`;
  if (there === undefined) {
    throw new RangeError(
      `Cannot export ${name}: transformers has no such weight`,
    );
  }
  return [{ name: `${block}.${there}.${kind}`, rows }];
}

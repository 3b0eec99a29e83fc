/** Names of tensors in transformers' checkpoints. */

import type { ModelConfig } from "../config/mod.ts";
import { modelTensors } from "../model/tensors.ts";

/** A tensor of this project, and the tensors of transformers that it is made of. */
export interface TensorNames {
  /** Its name in this project. */
  readonly name: string;
  /** Names of the tensors in transformers, which are concatenated along the rows. */
  readonly parts: readonly { readonly name: string; readonly rows: number }[];
}

const LAYER: readonly (readonly [from: string, to: string])[] = [
  ["norm_1", "input_layernorm"],
  ["norm_2", "post_attention_layernorm"],
  ["attn.proj", "self_attn.o_proj"],
  ["attn.norm_q", "self_attn.q_norm"],
  ["attn.norm_k", "self_attn.k_norm"],
  ["mlp.fc_1", "mlp.gate_proj"],
  ["mlp.fc_2", "mlp.up_proj"],
  ["mlp.proj", "mlp.down_proj"],
];
/** Names of the experts and of their matrices. */
interface ExpertNames {
  readonly block: string;
  readonly fc_1: string;
  readonly fc_2: string;
  readonly proj: string;
}
const MIXTRAL: ExpertNames = {
  block: "block_sparse_moe",
  fc_1: "w1",
  fc_2: "w3",
  proj: "w2",
};
const QWEN3: ExpertNames = {
  block: "mlp",
  fc_1: "gate_proj",
  fc_2: "up_proj",
  proj: "down_proj",
};
const WHOLE: Readonly<Record<string, string>> = {
  "lm_head.weight": "lm_head.weight",
  "transformer.wte.weight": "model.embed_tokens.weight",
  "transformer.ln_f.weight": "model.norm.weight",
};

/**
 * The tensors of a model with their names in transformers: Llama's, those of
 * Qwen, and Mixtral's.
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
  { n_head, n_query_groups, head_size, norm_qk }: ModelConfig,
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
  const there = LAYER.find(([from]) => from === rest)?.[1] ??
    expertName(rest, norm_qk ? QWEN3 : MIXTRAL);
  if (there === undefined) {
    throw new RangeError(
      `Cannot export ${name}: transformers has no such weight`,
    );
  }
  return [{ name: `${block}.${there}.${kind}`, rows }];
}

function expertName(rest: string, names: ExpertNames): string | undefined {
  if (rest === "mlp.gate") return `${names.block}.gate`;
  const [, expert, matrix] =
    /^mlp\.experts\.(\d+)\.(fc_1|fc_2|proj)$/.exec(rest) ?? [];
  return matrix === undefined
    ? undefined
    : `${names.block}.experts.${expert}.${names[matrix as "proj"]}`;
}

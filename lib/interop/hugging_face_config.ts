/**
 * Converts the `config.json` of transformers to a model's configuration, and back.
 *
 * @module
 */

import { z } from "zod";
import {
  defineModelConfig,
  type ModelConfig,
  type ModelInput,
} from "../config/mod.ts";
import {
  type HuggingFaceKind,
  huggingFaceKind,
  isMoe,
  isQwen3,
  KINDS,
} from "./hugging_face_kind.ts";
import { refuse } from "./named_tensors.ts";

const ALL_HEADS =
  "it normalises the heads of queries and keys together, and moebius each (norm_qk)";
/** Similar but unsupported kinds of models, and how they differ. */
const NOT_HERE: Readonly<Record<string, string>> = {
  olmo2: ALL_HEADS,
  olmoe: ALL_HEADS,
  qwen2_moe: "its shared expert has a gate, which moebius's has not",
  deepseek_v2: "it has latent attention, which moebius does not",
  deepseek_v3: "it has latent attention, which moebius does not",
};

const count = z.int().min(1);
const rope = z.looseObject({
  rope_theta: z.number().nullish(),
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  factor: z.number().nullish(),
  partial_rotary_factor: z.number().nullish(),
}).nullish();

const schema = z.looseObject({
  model_type: z.string(),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().gt(0),
  hidden_act: z.string().nullish(),
  rope_theta: z.number().nullish(),
  rope_scaling: rope,
  rope_parameters: rope,
  partial_rotary_factor: z.number().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  num_local_experts: count.nullish(),
  num_experts: count.nullish(),
  num_experts_per_tok: count.nullish(),
  moe_intermediate_size: count.nullish(),
  norm_topk_prob: z.boolean().nullish(),
  decoder_sparse_step: count.nullish(),
  mlp_only_layers: z.array(z.int()).nullish(),
  quantization_config: z.unknown().optional(),
});

/** A `config.json` that this project can represent as a model. */
export interface FromHuggingFace {
  /** The class of transformers that it is for. */
  readonly kind: HuggingFaceKind;
  /** The model. */
  readonly config: ModelConfig;
  /** Whether the embedding is also the output layer. */
  readonly tied: boolean;
}

/**
 * The model that a `config.json` of transformers describes.
 *
 * @param json Its content.
 * @param source Name of the file, for errors.
 * @param name Name of the model.
 * @throws {SyntaxError} If a key is missing or wrong.
 * @throws {RangeError} If this project does not support the model; the message lists every reason.
 */
export function fromHuggingFaceConfig(
  json: unknown,
  { source, name }: { source: string; name: string },
): FromHuggingFace {
  const type = typeOf(json);
  const kind = (Object.keys(KINDS) as HuggingFaceKind[])
    .find((each) => each === type);
  if (kind === undefined) {
    const why = NOT_HERE[type] ??
      `models of type ${Object.keys(KINDS).join(", ")} can be imported`;
    throw new RangeError(
      `Cannot import ${source}: its model_type is ${
        type || "not given"
      }: ${why}`,
    );
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new SyntaxError(
      `Cannot import ${source}: ${
        z.prettifyError(parsed.error).replaceAll("\n", " ")
      }`,
    );
  }
  const given = parsed.data;
  const { factor, base, problems } = ropeOf(given, KINDS[kind].ropeBase);
  const experts = expertsOf(kind, given);
  refuse(`Cannot import ${source}`, [
    ...problems,
    ...differencesOf(kind, given),
    ...experts.problems,
  ]);

  const input: ModelInput = {
    name,
    block_size: given.max_position_embeddings,
    n_layer: given.num_hidden_layers,
    n_embd: given.hidden_size,
    vocab_size: given.vocab_size,
    padded_vocab_size: given.vocab_size,
    norm_class_name: "RMSNorm",
    norm_eps: given.rms_norm_eps,
    parallel_residual: false,
    n_head: given.num_attention_heads,
    n_query_groups: given.num_key_value_heads ?? given.num_attention_heads,
    head_size: given.head_dim ?? KINDS[kind].headSize ??
      Math.floor(given.hidden_size / given.num_attention_heads),
    rotary_percentage: 1,
    rope_base: base,
    rope_condense_ratio: factor,
    bias: kind === "llama" && (given.attention_bias ?? false),
    attn_bias: kind === "qwen2",
    norm_qk: isQwen3(kind),
    intermediate_size: given.intermediate_size,
    ...experts.input,
  };
  return {
    kind,
    config: defineModelConfig(input),
    tied: given.tie_word_embeddings ?? false,
  };
}

/** Features of the model that have no exact counterpart here, apart from positions and experts. */
function differencesOf(
  kind: HuggingFaceKind,
  given: z.infer<typeof schema>,
): string[] {
  const problems: string[] = [];
  const attentionBias = given.attention_bias ?? false;
  const mlpBias = given.mlp_bias ?? false;
  const others = (given.layer_types ?? []).filter((type) =>
    type !== "full_attention" && type !== "sliding_attention"
  );
  if (others.length > 0) {
    problems.push(`layer_types has ${others[0]}, which moebius has not`);
  }
  if (kind === "llama" && attentionBias !== mlpBias) {
    problems.push(
      `attention_bias is ${attentionBias} and mlp_bias ${mlpBias}: moebius has biases in both or in neither`,
    );
  }
  if (isQwen3(kind) && attentionBias) {
    problems.push(
      "attention_bias is true: moebius has biases in all layers, or in queries, keys and values alone",
    );
  }
  const act = given.hidden_act ?? "silu";
  if (act !== "silu") {
    problems.push(`hidden_act is ${act}, and moebius has silu`);
  }
  if (given.quantization_config !== undefined) {
    problems.push("it is quantized: take the weights it was made from");
  }
  const window = given.sliding_window ?? null;
  const isQwen = kind === "qwen2" || isQwen3(kind);
  const slides = kind !== "llama" && window !== null &&
    (given.use_sliding_window ?? !isQwen);
  if (slides && window < given.max_position_embeddings) {
    problems.push(
      `its attention looks back ${window} tokens (sliding_window), and moebius's all the way`,
    );
  }
  return problems;
}

/** Settings that are not part of a model's configuration. */
export interface HuggingFaceExtras {
  /** Whether the embedding is also the output layer. */
  readonly tied: boolean;
  /** Element type of the weights, with PyTorch's name. */
  readonly dtype: string;
  /** Ids that begin and end a text, if there is a tokenizer. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
}

/**
 * The `config.json` of a model.
 *
 * @throws {RangeError} If no class of transformers computes the same function.
 */
export function toHuggingFaceConfig(
  config: ModelConfig,
  { tied, dtype, bosId, eosId }: HuggingFaceExtras,
): Record<string, unknown> {
  const kind = huggingFaceKind(config);
  const ratio = config.rope_condense_ratio;
  return {
    architectures: [KINDS[kind].architecture],
    model_type: kind,
    vocab_size: config.padded_vocab_size,
    hidden_size: config.n_embd,
    intermediate_size: kind === "mixtral"
      ? config.moe_intermediate_size
      : config.intermediate_size,
    num_hidden_layers: config.n_layer,
    num_attention_heads: config.n_head,
    num_key_value_heads: config.n_query_groups,
    head_dim: config.head_size,
    hidden_act: "silu",
    max_position_embeddings: config.block_size,
    rms_norm_eps: config.norm_eps,
    rope_theta: config.rope_base,
    rope_scaling: ratio === 1 ? null : { rope_type: "linear", factor: ratio },
    attention_dropout: 0,
    initializer_range: 0.02,
    use_cache: true,
    tie_word_embeddings: tied,
    bos_token_id: bosId ?? null,
    eos_token_id: eosId ?? null,
    torch_dtype: dtype,
    ...(kind === "llama"
      ? { attention_bias: config.bias, mlp_bias: config.bias }
      : {}),
    ...(isQwen3(kind) ? { attention_bias: false } : {}),
    ...(kind === "qwen2" || isQwen3(kind) ? { use_sliding_window: false } : {}),
    ...(isMoe(kind)
      ? {
        num_experts_per_tok: config.n_expert_per_token,
        sliding_window: null,
        output_router_logits: false,
        router_aux_loss_coef: config.router_aux_loss_coef,
      }
      : {}),
    ...(kind === "mixtral" ? { num_local_experts: config.n_expert } : {}),
    ...(kind === "qwen3_moe"
      ? {
        num_experts: config.n_expert,
        moe_intermediate_size: config.moe_intermediate_size,
        norm_topk_prob: true,
        decoder_sparse_step: 1,
        mlp_only_layers: Array.from(
          { length: config.first_k_dense_replace ?? 0 },
          (_, layer) => layer,
        ),
      }
      : {}),
  };
}

/** Keys that must be floats in transformers. */
const FLOATS =
  /("(?:rms_norm_eps|rope_theta|factor|initializer_range|attention_dropout|router_aux_loss_coef)": -?\d+)(?=,?$)/gm;

/** The text of a `config.json`: whole floats keep their point, as transformers checks types. */
export function huggingFaceConfigText(
  config: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify(config, null, 2).replaceAll(FLOATS, "$1.0") + "\n";
}

function ropeOf(
  given: z.infer<typeof schema>,
  defaultBase: number,
): { factor: number; base: number; problems: string[] } {
  const problems: string[] = [];
  const scaling = given.rope_scaling ?? given.rope_parameters ?? {};
  const type = scaling.rope_type ?? scaling.type ?? "default";
  if (type !== "default" && type !== "linear") {
    problems.push(
      `its rotary frequencies are of type ${type}, and moebius knows default and linear`,
    );
  }
  const partial = given.partial_rotary_factor ??
    scaling.partial_rotary_factor ?? 1;
  if (partial !== 1) {
    problems.push(`partial_rotary_factor is ${partial}, expected 1`);
  }
  return {
    factor: type === "linear" ? scaling.factor ?? 1 : 1,
    base: given.rope_theta ?? given.rope_parameters?.rope_theta ?? defaultBase,
    problems,
  };
}

/** The settings of the MLPs or experts of a `config.json`, and problems that prevent an import. */
function expertsOf(
  kind: HuggingFaceKind,
  given: z.infer<typeof schema>,
): { input: ModelInput; problems: string[] } {
  if (!isMoe(kind)) {
    return { input: { mlp_class_name: "LLaMAMLP" }, problems: [] };
  }
  const problems: string[] = [];
  const isQwen = kind === "qwen3_moe";
  const need = (key: string, value: number | null | undefined): number => {
    if (value == null) problems.push(`${key} is missing`);
    return value ?? 0;
  };
  const input = {
    mlp_class_name: "LLaMAMoE",
    n_expert: isQwen
      ? need("num_experts", given.num_experts ?? given.num_local_experts)
      : need("num_local_experts", given.num_local_experts),
    n_expert_per_token: need("num_experts_per_tok", given.num_experts_per_tok),
    moe_intermediate_size: isQwen
      ? need("moe_intermediate_size", given.moe_intermediate_size)
      : given.intermediate_size,
  } as const;
  if (!isQwen) return { input, problems };

  const all = input.n_expert_per_token === input.n_expert;
  if (given.norm_topk_prob !== true && !all) {
    problems.push(
      "norm_topk_prob is false: the weights of the chosen experts do not sum to 1, and moebius's do",
    );
  }
  const step = given.decoder_sparse_step ?? 1;
  const dense = Array.from(
    { length: given.num_hidden_layers },
    (_, layer) =>
      (layer + 1) % step !== 0 ||
      (given.mlp_only_layers ?? []).includes(layer),
  );
  const first = dense.indexOf(false);
  if (first < 0 || dense.includes(true, first)) {
    problems.push(
      `layers ${
        dense.flatMap((is, layer) => is ? [layer] : []).join(", ")
      } have no experts (decoder_sparse_step, mlp_only_layers), and in moebius only first layers, and not all, can be without`,
    );
  }
  return { input: { ...input, first_k_dense_replace: first }, problems };
}

function typeOf(json: unknown): string {
  const type = typeof json === "object" && json !== null
    ? Reflect.get(json, "model_type")
    : undefined;
  return typeof type === "string" ? type : "";
}

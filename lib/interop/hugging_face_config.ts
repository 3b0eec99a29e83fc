/**
 * Models of transformers that are models here, and the other way round: which
 * class, which settings, and why not.
 *
 * @module
 */

import { z } from "zod";
import {
  defineModelConfig,
  type ModelConfig,
  type ModelInput,
} from "../config/mod.ts";
import { hasRouterBias } from "./model_tensors.ts";
import { refuse } from "./named_tensors.ts";

/** Kinds of model of transformers that there are here too. */
export type HuggingFaceKind = "llama" | "mistral" | "qwen2" | "mixtral";

/** Classes of transformers, and the base of their rotary frequencies where a file does not say. */
const KINDS: Readonly<
  Record<HuggingFaceKind, { architecture: string; ropeBase: number }>
> = {
  llama: { architecture: "LlamaForCausalLM", ropeBase: 10000 },
  mistral: { architecture: "MistralForCausalLM", ropeBase: 10000 },
  qwen2: { architecture: "Qwen2ForCausalLM", ropeBase: 10000 },
  mixtral: { architecture: "MixtralForCausalLM", ropeBase: 1e6 },
};

const QK_NORM =
  "it normalises queries and keys (norm_qk), which moebius does not";
/** Kinds that are close, and what keeps them apart. */
const NOT_HERE: Readonly<Record<string, string>> = {
  qwen3: QK_NORM,
  qwen3_moe: QK_NORM,
  olmoe: QK_NORM,
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
  num_local_experts: count.nullish(),
  num_experts_per_tok: count.nullish(),
  quantization_config: z.unknown().optional(),
});

/** A `config.json` that is a model here. */
export interface FromHuggingFace {
  /** Which class of transformers it is of. */
  readonly kind: HuggingFaceKind;
  /** The model. */
  readonly config: ModelConfig;
  /** Whether the embedding is the output layer too. */
  readonly tied: boolean;
}

/**
 * The model that a `config.json` of transformers describes.
 *
 * @param json Its content.
 * @param source Names it in errors.
 * @param name What the model is called.
 * @throws {SyntaxError} If a key is missing or wrong.
 * @throws {RangeError} If there is no such model here; every reason is told.
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
      `models of type llama, mistral, qwen2 and mixtral can be imported`;
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
  const attentionBias = given.attention_bias ?? false;
  const mlpBias = given.mlp_bias ?? false;
  if (kind === "llama" && attentionBias !== mlpBias) {
    problems.push(
      `attention_bias is ${attentionBias} and mlp_bias ${mlpBias}: moebius has biases in both or in neither`,
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
  const slides = kind !== "llama" && window !== null &&
    (given.use_sliding_window ?? kind !== "qwen2");
  if (slides && window < given.max_position_embeddings) {
    problems.push(
      `its attention looks back ${window} tokens (sliding_window), and moebius's all the way`,
    );
  }
  if (kind === "mixtral") {
    for (const key of ["num_local_experts", "num_experts_per_tok"] as const) {
      if (given[key] == null) problems.push(`${key} is missing`);
    }
  }
  refuse(`Cannot import ${source}`, problems);

  const isMoe = kind === "mixtral";
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
    head_size: given.head_dim ??
      Math.floor(given.hidden_size / given.num_attention_heads),
    rotary_percentage: 1,
    rope_base: base,
    rope_condense_ratio: factor,
    bias: kind === "llama" && attentionBias,
    attn_bias: kind === "qwen2",
    intermediate_size: given.intermediate_size,
    ...(isMoe
      ? {
        mlp_class_name: "LLaMAMoE",
        moe_intermediate_size: given.intermediate_size,
        n_expert: given.num_local_experts!,
        n_expert_per_token: given.num_experts_per_tok!,
      }
      : { mlp_class_name: "LLaMAMLP" }),
  };
  return {
    kind,
    config: defineModelConfig(input),
    tied: given.tie_word_embeddings ?? false,
  };
}

/**
 * Which class of transformers computes the same as a model.
 *
 * @throws {RangeError} If none does; every reason is told.
 */
export function huggingFaceKind(config: ModelConfig): HuggingFaceKind {
  const { bias, attn_bias } = config;
  const isMoe = config.mlp_class_name === "LLaMAMoE";
  const target = isMoe ? "Mixtral" : bias || !attn_bias ? "Llama" : "Qwen2";
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
  if (isMoe) {
    when(bias || attn_bias, "bias: Mixtral has none");
    when(
      config.n_shared_expert !== null,
      `n_shared_expert ${config.n_shared_expert}: Mixtral has no shared experts`,
    );
    when(
      config.n_expert_groups !== null,
      "n_expert_groups: Mixtral's router does not know groups",
    );
    when(
      config.n_expert_groups === null && hasRouterBias(config),
      "router_bias_update_rate: Mixtral's router has no bias",
    );
    when(
      config.routed_scaling_factor !== 1,
      `routed_scaling_factor ${config.routed_scaling_factor}: Mixtral's experts count as they are`,
    );
    when(
      config.first_k_dense_replace !== null,
      `first_k_dense_replace ${config.first_k_dense_replace}: Mixtral has experts in every layer`,
    );
  } else {
    when(
      target === "Qwen2" &&
        config.head_size * config.n_head !== config.n_embd,
      `head_size ${config.head_size}: a Qwen2 has n_embd / n_head`,
    );
  }
  refuse(
    `Cannot export to Hugging Face: transformers' ${target} does not compute this model`,
    problems,
  );
  return isMoe ? "mixtral" : target === "Qwen2" ? "qwen2" : "llama";
}

/** Settings of a model that its configuration does not hold. */
export interface HuggingFaceExtras {
  /** Whether the embedding is the output layer too. */
  readonly tied: boolean;
  /** Element type of the weights, in PyTorch's words. */
  readonly dtype: string;
  /** Ids that begin and end a text, where there is a tokenizer. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
}

/**
 * The `config.json` of a model.
 *
 * @throws {RangeError} If no class of transformers computes the same.
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
    ...(kind === "qwen2" ? { use_sliding_window: false } : {}),
    ...(kind === "mixtral"
      ? {
        num_local_experts: config.n_expert,
        num_experts_per_tok: config.n_expert_per_token,
        sliding_window: null,
        output_router_logits: false,
        router_aux_loss_coef: config.router_aux_loss_coef,
      }
      : {}),
  };
}

/** Keys that transformers insists on as floats. */
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

function typeOf(json: unknown): string {
  const type = typeof json === "object" && json !== null
    ? Reflect.get(json, "model_type")
    : undefined;
  return typeof type === "string" ? type : "";
}

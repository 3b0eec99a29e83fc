/**
 * The model's configuration: LitGPT's `Config` with LitGPT's names, defaults and derivations, plus three keys of our own
 * for balancing experts.
 *
 * `_model_schema.ts` defines what may be written; {@linkcode ModelConfig} is the result, with every value derived.
 *
 * @module
 */

import {
  type DeepReadonly,
  fieldsOf,
  type Input,
  type Output,
} from "./_fields.ts";
import { readYaml } from "./_files.ts";
import { entriesOf, WITHOUT_EFFECT } from "./_layers.ts";
import { modelChecks } from "./_model_checks.ts";
import { modelSchema } from "./_model_schema.ts";
import { resolveLeaves } from "./_resolve.ts";
import { ConfigError, type Problem } from "./problem.ts";

export { modelSchema };

/** What can be written in a model_config.yaml or under `model_config:`; omitted keys have LitGPT's defaults. */
export type ModelInput = Input<typeof modelSchema>;

/** A model's configuration as written, with the defaults filled in and before anything is derived. */
export type ModelSettings = Output<typeof modelSchema>;

/** A model's configuration with everything derived and checked: what the model is built from. */
export type ModelConfig = DeepReadonly<
  & Omit<ModelSettings, "norm_class_name" | "mlp_class_name" | DerivedKey>
  & {
    /** The only normalisation there is. */
    norm_class_name: "RMSNorm";
    /** The kind of MLP. */
    mlp_class_name: "LLaMAMLP" | "LLaMAMoE";
    /** Number of leading values of each head that are rotated; even. */
    rope_n_elem: number;
  }
  & Record<DerivedKey, number>
>;

/** The keys that may be null when written and are numbers in a {@linkcode ModelConfig}. */
export type DerivedKey =
  | "head_size"
  | "padded_vocab_size"
  | "n_query_groups"
  | "intermediate_size"
  | "moe_intermediate_size";

/**
 * Checks a model's configuration and derives the values that were not given.
 *
 * @param input LitGPT's keys.
 * @returns The configuration, frozen.
 * @throws {ConfigError} If a key or value is wrong or not implemented; all problems at once.
 * @example
 * ```ts
 * import { defineModelConfig } from "./model.ts";
 *
 * const config = defineModelConfig({
 *   n_layer: 2,
 *   n_embd: 64,
 *   n_head: 4,
 *   vocab_size: 4096,
 *   norm_class_name: "RMSNorm",
 *   bias: false,
 *   mlp_class_name: "LLaMAMoE",
 *   moe_intermediate_size: 128,
 *   n_expert: 8,
 *   n_expert_per_token: 2,
 * });
 * console.log(config.head_size); // 16
 * ```
 */
export function defineModelConfig(input: ModelInput): ModelConfig {
  return resolveModel(input, "code");
}

/**
 * Reads a model_config.yaml, ours or LitGPT's.
 *
 * @param file Its path.
 * @returns The configuration, frozen.
 * @throws {ConfigError} If the file cannot be read, or a key or value is wrong or not implemented; all problems at once.
 */
export function loadModelConfig(file: string): ModelConfig {
  const problems: Problem[] = [];
  const input = readYaml(file, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return resolveModel(input, file);
}

function resolveModel(input: object, source: string): ModelConfig {
  const section = "model_config.";
  const entries = new Map(
    [...entriesOf(input, source, section)]
      .filter(([key]) => !WITHOUT_EFFECT.has(key))
      .map(([key, entry]) => [key.slice(section.length), entry]),
  );
  const leaves = resolveLeaves(entries, fieldsOf(modelSchema));
  const config = deriveModelConfig(modelSchema.parse(leaves.values));
  const problems = [
    ...leaves.problems,
    ...leaves.check(modelChecks, config),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/**
 * Derives what LitGPT's `Config.__post_init__` derives. Never fails: {@linkcode modelChecks} says whether the result can
 * be used.
 *
 * @internal
 */
export function deriveModelConfig(settings: ModelSettings): ModelConfig {
  const head_size = settings.head_size ??
    Math.floor(settings.n_embd / settings.n_head);
  const padded_vocab_size = settings.padded_vocab_size ??
    Math.ceil(settings.vocab_size / settings.padding_multiple) *
      settings.padding_multiple;
  const intermediate_size = settings.intermediate_size ?? 4 * settings.n_embd;
  const hfName = settings.hf_config["name"];
  return {
    ...settings,
    name: settings.name || (typeof hfName === "string" ? hfName : ""),
    // The checks refuse every other name.
    norm_class_name: settings.norm_class_name as "RMSNorm",
    mlp_class_name: settings.mlp_class_name as "LLaMAMoE",
    head_size,
    padded_vocab_size,
    vocab_size: Math.min(settings.vocab_size, padded_vocab_size),
    n_query_groups: settings.n_query_groups ?? settings.n_head,
    intermediate_size,
    moe_intermediate_size: settings.moe_intermediate_size ?? intermediate_size,
    n_shared_expert: settings.n_shared_expert || null,
    first_k_dense_replace: settings.first_k_dense_replace || null,
    rope_n_elem: Math.trunc(settings.rotary_percentage * head_size),
  };
}

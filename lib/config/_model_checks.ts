/** Rules that involve several keys of a model, and the LitGPT models that are refused. */

import { fieldsOf } from "./_fields.ts";
import { modelSchema } from "./_model_schema.ts";
import type { Check } from "./_resolve.ts";
import type { ModelConfig } from "./model.ts";
import { showValue } from "./problem.ts";

type ModelCheck = Check<ModelConfig>;

const notImplemented: ModelCheck[] = [...fieldsOf(modelSchema).values()]
  .filter((field) => field.reserved)
  .map(({ key, default: only }) => ({
    keys: [key],
    problem: (config) => {
      const value: unknown = Reflect.get(config, key);
      return value === only
        ? null
        : `${showValue(value)} is not implemented, only ${only} is`;
    },
  }));

const kinds: ModelCheck[] = [
  {
    keys: ["norm_class_name"],
    problem: ({ norm_class_name }, given) =>
      norm_class_name === "RMSNorm"
        ? null
        : `${norm_class_name} is not implemented; set norm_class_name: RMSNorm` +
          (given("norm_class_name")
            ? ""
            : " (left out, it is LayerNorm as in LitGPT)"),
  },
  {
    keys: ["mlp_class_name"],
    problem: ({ mlp_class_name }, given) =>
      mlp_class_name === "LLaMAMoE" || mlp_class_name === "LLaMAMLP"
        ? null
        : `${mlp_class_name} is not implemented; set mlp_class_name: LLaMAMoE or LLaMAMLP` +
          (given("mlp_class_name")
            ? ""
            : " (left out, it is GptNeoxMLP as in LitGPT)"),
  },
  {
    keys: ["name"],
    problem: ({ name }) =>
      name.includes("Gemma")
        ? `${
          showValue(name)
        } is not implemented; LitGPT's RMSNorm adds 1 to its weight in models named Gemma`
        : null,
  },
];

const shapes: ModelCheck[] = [
  {
    keys: ["n_embd", "n_head", "head_size"],
    problem: ({ n_embd, n_head }, given) =>
      given("head_size") || n_embd % n_head === 0
        ? null
        : `${n_embd} must be a multiple of n_head (${n_head}), or head_size must be given`,
  },
  {
    keys: ["n_query_groups", "n_head"],
    problem: ({ n_query_groups, n_head }) =>
      n_head % n_query_groups === 0
        ? null
        : `${n_query_groups} must divide n_head (${n_head}): give one of ${
          divisorsOf(n_head)
        }`,
  },
  {
    keys: ["rotary_percentage", "head_size", "n_embd", "n_head"],
    problem: ({ rotary_percentage, head_size, rope_n_elem }) =>
      rope_n_elem >= 2 && rope_n_elem % 2 === 0
        ? null
        : `${rotary_percentage} of head_size (${head_size}) rotates ${rope_n_elem} values, expected an even number >= 2`,
  },
  {
    keys: ["vocab_size", "padded_vocab_size"],
    problem: ({ padded_vocab_size }, given) =>
      Number(given("vocab_size") ?? 0) <= padded_vocab_size
        ? null
        : `${
          given("vocab_size")
        } must not be larger than padded_vocab_size (${padded_vocab_size})`,
  },
  {
    keys: ["intermediate_size", "mlp_class_name"],
    problem: ({ mlp_class_name }, given) =>
      mlp_class_name === "LLaMAMLP" && !given("intermediate_size")
        ? "is missing: mlp_class_name LLaMAMLP needs it"
        : null,
  },
];

const experts: ModelCheck[] = [
  forExperts(
    ["n_expert"],
    ({ n_expert }) =>
      n_expert >= 1
        ? null
        : "is missing: mlp_class_name LLaMAMoE needs at least 1",
  ),
  forExperts(
    ["n_expert_per_token", "n_expert"],
    ({ n_expert_per_token, n_expert }) =>
      n_expert_per_token >= 1 && n_expert_per_token <= n_expert
        ? null
        : `${n_expert_per_token} must be between 1 and n_expert (${n_expert})`,
  ),
  forExperts(["n_embd"], ({ n_embd }) => alignment(n_embd)),
  forExperts(
    ["moe_intermediate_size", "intermediate_size", "n_embd"],
    ({ moe_intermediate_size }) => alignment(moe_intermediate_size),
  ),
  forExperts(
    ["n_shared_expert", "moe_intermediate_size"],
    ({ n_shared_expert }, given) =>
      n_shared_expert === null || given("moe_intermediate_size")
        ? null
        : `${n_shared_expert} needs moe_intermediate_size, which is the width of one`,
  ),
  forExperts(
    ["first_k_dense_replace", "n_layer"],
    ({ first_k_dense_replace, n_layer }) =>
      first_k_dense_replace === null || first_k_dense_replace < n_layer
        ? null
        : `${first_k_dense_replace} leaves no layer with experts, as n_layer is ${n_layer}`,
  ),
  {
    keys: ["n_expert", "mlp_class_name"],
    problem: ({ n_expert, mlp_class_name }) =>
      n_expert === 0 || mlp_class_name !== "LLaMAMLP"
        ? null
        : `${n_expert} needs mlp_class_name: LLaMAMoE`,
  },
  ...([
    "n_shared_expert",
    "n_expert_groups",
    "first_k_dense_replace",
    "router_aux_loss_coef",
    "router_z_loss_coef",
    "router_bias_update_rate",
  ] as const).map((key): ModelCheck => ({
    keys: [key, "mlp_class_name"],
    problem: (config) =>
      !config[key] || config.mlp_class_name !== "LLaMAMLP"
        ? null
        : `${config[key]} needs mlp_class_name: LLaMAMoE`,
  })),
];

const groups: ModelCheck[] = [
  {
    keys: ["n_expert_groups", "n_expert"],
    problem: ({ n_expert_groups, n_expert }) =>
      n_expert_groups === null || n_expert % n_expert_groups === 0
        ? null
        : `${n_expert_groups} must divide n_expert (${n_expert})`,
  },
  {
    keys: ["n_topk_groups", "n_expert_groups"],
    problem: ({ n_topk_groups, n_expert_groups }) =>
      needsGroups(n_topk_groups, n_expert_groups, n_expert_groups),
  },
  {
    keys: ["n_topk_scores_per_group", "n_expert_groups", "n_expert"],
    problem: ({ n_topk_scores_per_group, n_expert_groups, n_expert }) =>
      needsGroups(
        n_topk_scores_per_group,
        n_expert_groups,
        n_expert / (n_expert_groups ?? 1),
      ),
  },
  {
    keys: [
      "n_expert_per_token",
      "n_topk_groups",
      "n_expert_groups",
      "n_expert",
    ],
    problem: (
      { n_expert_per_token, n_topk_groups, n_expert_groups, n_expert },
    ) => {
      if (n_expert_groups === null || n_topk_groups === null) return null;
      const choice = n_topk_groups * n_expert / n_expert_groups;
      return n_expert_per_token <= choice
        ? null
        : `${n_expert_per_token} must be at most ${choice}, the experts in n_topk_groups (${n_topk_groups}) groups`;
    },
  },
  {
    keys: ["norm_topk_prob", "n_expert_groups"],
    problem: ({ norm_topk_prob, n_expert_groups }) =>
      norm_topk_prob && n_expert_groups === null
        ? "true needs n_expert_groups; without groups the weights sum to 1 already"
        : null,
  },
];

/** All rules; the keys are those of the model, without a section. */
export const modelChecks: readonly ModelCheck[] = [
  ...notImplemented,
  ...kinds,
  ...shapes,
  ...experts,
  ...groups,
];

function forExperts(
  keys: readonly (keyof ModelConfig)[],
  problem: ModelCheck["problem"],
): ModelCheck {
  return {
    keys: [...keys, "mlp_class_name"],
    problem: (config, given) =>
      config.mlp_class_name === "LLaMAMoE" ? problem(config, given) : null,
  };
}

function alignment(width: number): string | null {
  return width % 8 === 0
    ? null
    : `${width} must be a multiple of 8: the experts' grouped matrix products need rows of 16 bytes (nearest: ${
      Math.max(8, Math.round(width / 8) * 8)
    })`;
}

function needsGroups(
  value: number | null,
  n_expert_groups: number | null,
  most: number | null,
): string | null {
  if (n_expert_groups === null) {
    return value === null ? null : `${value} needs n_expert_groups`;
  }
  if (value === null) return "is missing: n_expert_groups needs it";
  return value <= (most ?? 0) ? null : `${value} must be at most ${most}`;
}

function divisorsOf(n: number): string {
  const all = Array.from({ length: n }, (_, i) => i + 1);
  return all.filter((each) => n % each === 0).join(", ");
}

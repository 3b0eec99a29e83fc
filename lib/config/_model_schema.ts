/** LitGPT's `Config` as a zod schema: keys, types, defaults and what they mean. */

import { z } from "zod";
import { reserved } from "./_fields.ts";

const count = z.int().min(1);
const flag = z.boolean();

/**
 * Everything LitGPT 0.5.13 accepts in a model_config.yaml, and router_aux_loss_coef, router_z_loss_coef and
 * router_bias_update_rate.
 *
 * @internal
 */
export const modelSchema = z.strictObject({
  name: z.string().default("")
    .describe("Name of the model, for logs and exports"),
  hf_config: z.record(z.string(), z.unknown()).default({})
    .describe("Where LitGPT downloads it from; kept, not used"),

  block_size: count.default(4096)
    .describe("Longest sequence the model can read, in tokens"),
  n_layer: count.default(16).describe("Number of transformer blocks"),
  n_embd: count.default(4096).describe("Width of the residual stream"),
  vocab_size: count.default(50254)
    .describe("Number of different tokens the tokenizer makes"),
  padding_multiple: count.default(512)
    .describe("padded_vocab_size is vocab_size rounded up to a multiple of it"),
  padded_vocab_size: count.nullable().default(null)
    .describe("Rows of the embedding and of the output layer"),

  norm_class_name: z.enum(["LayerNorm", "RMSNorm"]).default("LayerNorm")
    .describe("Normalisation; only RMSNorm is implemented"),
  norm_eps: z.number().gt(0).default(1e-5)
    .describe("Added to the mean square before its root is taken"),
  norm_qk: flag.default(false)
    .describe("Normalise each head of queries and keys, as Qwen3 does"),
  norm_qk_type: z.enum(["default", "olmo2"]).default("default")
    .meta(reserved("Normalise all heads together (olmo2)")),
  post_attention_norm: flag.default(false)
    .meta(reserved("A norm after attention")),
  post_mlp_norm: flag.default(false)
    .meta(reserved("A norm after the MLP")),
  parallel_residual: flag.default(true)
    .describe(
      "Attention and MLP read the same input instead of one after the other",
    ),
  shared_attention_norm: flag.default(false)
    .meta(reserved("One norm for attention and MLP")),

  n_head: count.default(32).describe("Number of query heads"),
  head_size: count.nullable().default(null)
    .describe("Width of a head; n_embd / n_head if null"),
  n_query_groups: count.nullable().default(null)
    .describe(
      "Number of key-value heads, each shared by n_head / n_query_groups query heads; n_head if null",
    ),
  attn_bias: flag.default(false)
    .describe(
      "Bias in the query, key and value layer even where bias is false",
    ),
  attention_scores_scalar: count.nullable().default(null)
    .meta(reserved("Scores are divided by its root instead of head_size's")),
  sliding_window_size: count.nullable().default(null)
    .meta(reserved("Tokens that attention looks back")),
  sliding_window_indices: z.array(z.int()).nullable().default(null)
    .meta(reserved("Layers with a sliding window")),
  attention_logit_softcapping: z.number().gt(0).nullable().default(null)
    .meta(reserved("Bound of attention scores")),

  rope_base: z.number().gt(0).default(10000)
    .describe("Base of the rotary frequencies"),
  rotary_percentage: z.number().min(0).max(1).default(0.25)
    .describe(
      "Part of each head that is rotated; Llama and Mixtral rotate all of it (1.0)",
    ),
  rope_condense_ratio: z.number().gt(0).default(1)
    .describe("Positions are divided by it"),
  rope_adjustments: z.record(z.string(), z.unknown()).nullable().default(null)
    .meta(reserved("Llama 3's and YaRN's frequency changes")),
  rope_interleave: flag.default(false)
    .meta(reserved("DeepSeek's order of rotated values")),
  rope_local_base_freq: z.number().gt(0).nullable().default(null)
    .meta(reserved("rope_base of local layers")),
  rope_indices: z.array(z.int()).nullable().default(null)
    .meta(reserved("Layers that use rope_local_base_freq")),

  bias: flag.default(true)
    .describe("Bias in every linear layer of the blocks; never in the router"),
  mlp_class_name: z.enum(["GptNeoxMLP", "LLaMAMLP", "GemmaMLP", "LLaMAMoE"])
    .default("GptNeoxMLP")
    .describe("Kind of MLP; LLaMAMoE and LLaMAMLP are implemented"),
  gelu_approximate: z.enum(["none", "tanh"]).default("none")
    .meta(reserved("How GptNeoxMLP computes GELU")),
  intermediate_size: count.nullable().default(null)
    .describe(
      "Inner width of LLaMAMLP and of dense layers in front of experts; 4 x n_embd for LLaMAMoE if null",
    ),
  moe_intermediate_size: count.nullable().default(null)
    .describe("Inner width of an expert; intermediate_size if null"),

  n_expert: z.int().min(0).default(0).describe("Number of experts in a layer"),
  n_expert_per_token: z.int().min(0).default(0)
    .describe("Number of experts each token is sent to"),
  n_shared_expert: z.int().min(0).nullable().default(null)
    .describe(
      "Number of experts that every token passes, as one MLP of so many times the width",
    ),
  n_expert_groups: z.int().min(2).nullable().default(null)
    .describe(
      "DeepSeek's router: experts are chosen from the best of so many groups",
    ),
  n_topk_groups: count.nullable().default(null)
    .describe("Number of groups that experts may be chosen from"),
  n_topk_scores_per_group: count.nullable().default(null)
    .describe("A group is rated by the sum of so many best scores in it"),
  norm_topk_prob: flag.default(false)
    .describe(
      "The weights of the chosen experts sum to 1; with n_expert_groups only",
    ),
  routed_scaling_factor: z.number().gt(0).default(1)
    .describe("The weights of the chosen experts are multiplied by it"),
  first_k_dense_replace: z.int().min(0).nullable().default(null)
    .describe("So many first layers are LLaMAMLP instead of LLaMAMoE"),
  router_aux_loss_coef: z.number().min(0).default(0)
    .describe("Weight of the load-balancing loss; 0 is off, 0.01 is usual"),
  router_z_loss_coef: z.number().min(0).default(0)
    .describe(
      "Weight of the router's z-loss, which keeps its logits small; 0 is off, 0.001 is usual",
    ),
  router_bias_update_rate: z.number().min(0).default(0)
    .describe(
      "Step of loss-free balancing: a bias per expert moves by it after each step; 0 is off, 0.001 is usual",
    ),

  scale_embeddings: flag.default(false)
    .meta(reserved("Multiply embeddings by the root of n_embd")),
  lm_head_bias: flag.default(false).describe("Bias in the output layer"),
  final_logit_softcapping: z.number().gt(0).nullable().default(null)
    .meta(reserved("Bound of the logits")),
  norm_1: flag.default(true)
    .meta(reserved("Norm in front of attention")),
  norm_2: flag.default(true)
    .meta(reserved("Norm in front of the MLP")),
  latent_attention: z.record(z.string(), z.unknown()).nullable().default(null)
    .meta(reserved("DeepSeek's multi-head latent attention")),
});

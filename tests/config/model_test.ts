import assert from "node:assert/strict";
import {
  defineModelConfig,
  describeOptions,
  loadModelConfig,
  type ModelInput,
} from "../../lib/config/mod.ts";
import { refusal, withFile } from "./_yaml_run.ts";

const MOE: ModelInput = {
  norm_class_name: "RMSNorm",
  bias: false,
  parallel_residual: false,
  mlp_class_name: "LLaMAMoE",
  n_expert: 8,
  n_expert_per_token: 2,
};

Deno.test("the model's keys and defaults are those of LitGPT 0.5.13's Config", () => {
  const litgpt = {
    name: "",
    hf_config: {},
    block_size: 4096,
    n_layer: 16,
    n_embd: 4096,
    vocab_size: 50254,
    padding_multiple: 512,
    padded_vocab_size: null,
    norm_class_name: "LayerNorm",
    norm_eps: 1e-5,
    norm_qk: false,
    norm_qk_type: "default",
    post_attention_norm: false,
    post_mlp_norm: false,
    parallel_residual: true,
    shared_attention_norm: false,
    n_head: 32,
    head_size: null,
    n_query_groups: null,
    attn_bias: false,
    attention_scores_scalar: null,
    sliding_window_size: null,
    sliding_window_indices: null,
    attention_logit_softcapping: null,
    rope_base: 10000,
    rotary_percentage: 0.25,
    rope_condense_ratio: 1,
    rope_adjustments: null,
    rope_interleave: false,
    intermediate_size: null,
    moe_intermediate_size: null,
    bias: true,
    mlp_class_name: "GptNeoxMLP",
    gelu_approximate: "none",
    n_expert: 0,
    n_shared_expert: null,
    n_expert_groups: null,
    n_topk_groups: null,
    n_topk_scores_per_group: null,
    n_expert_per_token: 0,
    first_k_dense_replace: null,
    routed_scaling_factor: 1,
    norm_topk_prob: false,
    scale_embeddings: false,
    lm_head_bias: false,
    final_logit_softcapping: null,
    norm_1: true,
    norm_2: true,
    latent_attention: null,
    rope_local_base_freq: null,
    rope_indices: null,
  };
  const ours = {
    router_aux_loss_coef: 0,
    router_z_loss_coef: 0,
    router_bias_update_rate: 0,
  };
  const defaults = describeOptions()
    .filter(({ key }) => key.startsWith("model_config."))
    .map((
      { key, default: value },
    ) => [key.slice("model_config.".length), value]);
  assert.deepEqual(Object.fromEntries(defaults), { ...litgpt, ...ours });
});

Deno.test("defineModelConfig() derives what LitGPT's Config derives", () => {
  // Computed by LitGPT 0.5.13: head_size, vocab_size, padded_vocab_size, n_query_groups, intermediate_size, rope_n_elem.
  const cases: [input: ModelInput, derived: number[]][] = [
    [{ n_embd: 768, n_head: 12, vocab_size: 50257 }, [
      64,
      50257,
      50688,
      12,
      3072,
      16,
    ]],
    [{ n_embd: 768, n_head: 12, vocab_size: 50257, padding_multiple: 64 }, [
      64,
      50257,
      50304,
      12,
      3072,
      16,
    ]],
    [{
      n_embd: 768,
      n_head: 12,
      vocab_size: 50257,
      padded_vocab_size: 50304,
      n_query_groups: 4,
      rotary_percentage: 1,
    }, [64, 50257, 50304, 4, 3072, 64]],
    [{ n_embd: 288, n_head: 6, padded_vocab_size: 32000 }, [
      48,
      32000,
      32000,
      6,
      1152,
      12,
    ]],
    [{ n_embd: 96, n_head: 5, head_size: 16, rotary_percentage: 0.5 }, [
      16,
      50254,
      50688,
      5,
      384,
      8,
    ]],
    [{ n_embd: 64, n_head: 4, vocab_size: 512, intermediate_size: 48 }, [
      16,
      512,
      512,
      4,
      48,
      4,
    ]],
    [{ n_embd: 64, n_head: 4, head_size: 20, rotary_percentage: 0.5 }, [
      20,
      50254,
      50688,
      4,
      256,
      10,
    ]],
  ];
  for (const [input, derived] of cases) {
    const config = defineModelConfig({ ...MOE, ...input });
    assert.deepEqual([
      config.head_size,
      config.vocab_size,
      config.padded_vocab_size,
      config.n_query_groups,
      config.intermediate_size,
      config.rope_n_elem,
    ], derived);
  }
});

Deno.test("defineModelConfig() gives experts their own width, or the MLP's", () => {
  const size = { n_embd: 64, n_head: 4 };
  assert.equal(
    defineModelConfig({ ...MOE, ...size }).moe_intermediate_size,
    256,
  );
  assert.equal(
    defineModelConfig({ ...MOE, ...size, intermediate_size: 48 })
      .moe_intermediate_size,
    48,
  );
  const own = defineModelConfig({ ...MOE, ...size, moe_intermediate_size: 32 });
  assert.deepEqual([own.intermediate_size, own.moe_intermediate_size], [
    256,
    32,
  ]);
});

Deno.test("defineModelConfig() writes 0 and null of the same meaning as null", () => {
  const config = defineModelConfig({
    ...MOE,
    n_embd: 64,
    n_head: 4,
    n_shared_expert: 0,
    first_k_dense_replace: 0,
  });
  assert.deepEqual([config.n_shared_expert, config.first_k_dense_replace], [
    null,
    null,
  ]);
});

Deno.test("defineModelConfig() takes DeepSeek's groups and shared experts", () => {
  const config = defineModelConfig({
    ...MOE,
    n_embd: 64,
    n_head: 4,
    n_layer: 3,
    moe_intermediate_size: 32,
    n_shared_expert: 1,
    n_expert_groups: 4,
    n_topk_groups: 2,
    n_topk_scores_per_group: 2,
    norm_topk_prob: true,
    routed_scaling_factor: 2.5,
    first_k_dense_replace: 1,
    router_bias_update_rate: 0.001,
  });
  assert.equal(config.n_topk_groups, 2);
  assert.equal(config.router_bias_update_rate, 0.001);
  assert.ok(Object.isFrozen(config));
});

Deno.test("defineModelConfig() lists every problem with keys that have no section", () => {
  const error = refusal(() => defineModelConfig({ n_head: 7, n_expert: 4 }));
  assert.deepEqual(error.problems.map(({ key }) => key), [
    "norm_class_name",
    "mlp_class_name",
    "n_embd",
  ]);
});

Deno.test("loadModelConfig() reads a file that LitGPT wrote", () => {
  const text = `attention_logit_softcapping: null
bias: false
block_size: 64
hf_config: {}
intermediate_size: 48
mlp_class_name: LLaMAMoE
moe_intermediate_size: 48
n_embd: 32
n_expert: 4
n_expert_per_token: 2
n_head: 4
n_layer: 2
n_query_groups: 2
name: golden
norm_class_name: RMSNorm
norm_eps: 1.0e-05
padded_vocab_size: 97
parallel_residual: false
rotary_percentage: 0.25
vocab_size: 97
`;
  const config = withFile(text, loadModelConfig);
  assert.equal(config.head_size, 8);
  assert.equal(config.norm_eps, 1e-5);
  assert.equal(config.rope_n_elem, 2);
});

Deno.test("loadModelConfig() takes the keys of scripts built on LitGPT", () => {
  const text = `name: MoE
n_layer: 2
n_embd: 64
n_head: 4
norm_class_name: RMSNorm
norm_eps: 1e-5
mlp_class_name: LLaMAMoE
moe_intermediate_size: 64
n_expert: 4
n_expert_per_token: 2
moe_aux_loss_weight: 0.01
moe_router_stats: true
`;
  assert.equal(withFile(text, loadModelConfig).router_aux_loss_coef, 0.01);
});

Deno.test("loadModelConfig() names a file that is not there", () => {
  const error = refusal(() => loadModelConfig("no/such/model_config.yaml"));
  assert.match(error.message, /no\/such\/model_config\.yaml: cannot be read/);
});

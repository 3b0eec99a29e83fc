// The forms of LitGPT's config_hub/pretrain and of a training script built on it: each loads, or is refused for the right reasons only.

import assert from "node:assert/strict";
import { loadRunConfig } from "../../lib/config/mod.ts";
import { loadYaml, refusal, withFile } from "./_yaml_run.ts";

const LITGPT_TRAIN = `
train:
  save_interval: 1000
  log_interval: 1
  global_batch_size: 512
  micro_batch_size: 4
  lr_warmup_steps: 2000
  epochs:
  max_tokens: 3000000000000
  max_steps:
  max_seq_length: 2048
  tie_embeddings:
  max_norm: 1.0
  min_lr: 4.0e-05
eval:
  interval: 1000
  max_new_tokens:
  max_iters: 100
  initial_validation: false
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 4e-4
    weight_decay: 0.1
    betas:
      - 0.9
      - 0.95
devices: auto
tokenizer_dir: checkpoints/meta-llama/Llama-2-7b-hf
logger_name: tensorboard
seed: 42
`;

Deno.test("LitGPT's tinystories.yaml loads as it is", () => {
  const { config } = loadYaml(`
model_name: stories15M
model_config:
  name: stories15M
  hf_config: {}
  scale_embeddings: false
  block_size: 256
  padded_vocab_size: 32000
  n_layer: 6
  n_head: 6
  n_query_groups: 6
  n_embd: 288
  head_size: 48
  rotary_percentage: 1.0
  parallel_residual: false
  bias: false
  norm_class_name: RMSNorm
  mlp_class_name: LLaMAMLP
  intermediate_size: 768
out_dir: out/pretrain/stories15M
precision: bf16-mixed
initial_checkpoint_dir:
resume: false
data: TinyStories
train:
  save_interval: 1000
  log_interval: 1
  global_batch_size: 512
  micro_batch_size: 128
  lr_warmup_steps: 1000
  epochs:
  max_tokens: 9700000000  # original did 298,000 iters
  max_steps:
  max_seq_length: 256
  tie_embeddings: true
  max_norm: 1.0
  min_lr: 0.0
eval:
  interval: 2000
  max_new_tokens:
  max_iters: 100
  initial_validation: false
  final_validation: false
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 0.0005
    weight_decay: 0.1
    betas:
      - 0.9
      - 0.95
devices: auto
tokenizer_dir: checkpoints/meta-llama/Llama-2-7b-hf
logger_name: csv
seed: 42
`);
  assert.equal(config.model_config.vocab_size, 32000);
  assert.equal(config.train.tie_embeddings, true);
  assert.equal(config.train.min_lr, 0);
  assert.equal(config.train.max_tokens, 9.7e9);
});

Deno.test("LitGPT's other files are refused for their model and data only", () => {
  const files: [model: string, data: string][] = [
    ["pythia-14m", "OpenWebText"],
    ["micro-llama-300M", "MicroLlama"],
    ["tiny-llama-1.1b", "TinyLlama"],
  ];
  for (const [model, data] of files) {
    const yaml = `model_name: ${model}
model_config:
out_dir: out/pretrain/debug
initial_checkpoint_dir:
resume: false
data: ${data}
${LITGPT_TRAIN}`;
    const error = refusal(() => loadYaml(yaml));
    assert.deepEqual(error.problems.map(({ key }) => key), [
      "model_name",
      "data.class_path",
    ]);
    // With a model and data there are, the rest is right.
    const { config } = loadYaml(yaml, [
      "--model-name",
      "moe-200m",
      "--data",
      "TinyStories",
    ]);
    assert.equal(config.optimizer.init_args.lr, 4e-4);
  }
});

Deno.test("LitGPT's old optimizer keys are refused with their new place", () => {
  const yaml =
    "model_name: moe-200m\ntrain: {learning_rate: 6e-4, weight_decay: 0.1, beta1: 0.9, beta2: 0.95}\n";
  const error = refusal(() => loadYaml(yaml));
  assert.deepEqual(error.problems.map(({ message }) => message), [
    "unknown key; did you mean optimizer.init_args.lr?",
    "unknown key; did you mean optimizer.init_args.weight_decay?",
    "unknown key; did you mean optimizer.init_args.betas?",
    "unknown key; did you mean optimizer.init_args.betas?",
  ]);
});

const SEED_MODEL = `# Model configuration
name: MoE-200M
bias: false
block_size: 2048
mlp_class_name: LLaMAMoE
moe_intermediate_size: 2048
n_embd: 768
n_expert: 8
n_expert_per_token: 2
n_head: 12
n_layer: 12
n_query_groups: 4
norm_class_name: RMSNorm
norm_eps: 0.00001
padded_vocab_size: 50257
parallel_residual: false
rope_base: 10000
vocab_size: 50257
`;

Deno.test("a LitGPT-based script's model_config.yaml and train_config.yaml load as they are", () => {
  const train = `out_dir: ./checkpoints
precision: bf16-mixed
tokenizer_dir: ./data/tokenizer

data:
  class_path: litgpt.data.TextFiles
  init_args:
    train_data_path: ./data/custom_text/train
    val_data_path: ./data/custom_text/val
    num_workers: 2

train:
  global_batch_size: 16
  log_interval: 1
  max_tokens: 320000
  lr_warmup_steps: 5
  micro_batch_size: 1
  save_interval: 10
  gradient_checkpointing: true
  max_norm: 1.0
  max_seq_length: 2048

optimization:
  compile: true
  compile_mode: default
  compile_dynamic: false
  flash_attention: true
  flash_attention_force: false

logger_name: csv

optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 0.0003
    weight_decay: 0.01
`;
  const { config, notices } = withFile(
    SEED_MODEL,
    (modelFile) =>
      withFile(train, (file) =>
        loadRunConfig({
          argv: ["--train-config", file, "--model-config", modelFile],
        })),
  );
  assert.deepEqual(notices, []);
  assert.equal(config.model_config.rope_n_elem, 16);
  assert.equal(config.model_config.padded_vocab_size, 50257);
  assert.equal(config.train.gradient_checkpointing, true);
  assert.deepEqual(config.optimizer.init_args.betas, [0.9, 0.999]);
});

Deno.test("a LitGPT-based script's later files load but for float16 and Muon", () => {
  const yaml = `out_dir: ./checkpoints
precision: 16-mixed
strategy: auto
devices: 1
num_nodes: 1
tokenizer_dir: ./data/tokenizer
data:
  class_path: litgpt.data.TextFiles
  init_args: {train_data_path: a, val_data_path: b, num_workers: 0}
train: {global_batch_size: 128, micro_batch_size: 16, max_tokens: 3200000, lr_warmup_steps: 10, save_interval: 0, max_seq_length: 512}
eval: {interval: 0, final_validation: false}
resume: null
optimization:
  compile: false
  compile_mode: reduce-overhead
  compile_dynamic: true
  compile_fullgraph: false
  flash_attention: false
  flash_attention_force: false
  disable_math_fallback: false
optimizer:
  class_path: muon.MuonWithAuxAdam
  init_args: {muon_lr: 0.01, adam_betas: [0.9, 0.95], adam_eps: 1.0e-8}
`;
  withFile(SEED_MODEL, (modelFile) => {
    const model = ["--model-config", modelFile];
    const error = refusal(() => loadYaml(yaml, model));
    assert.deepEqual(error.problems.map(({ key }) => key), [
      "precision",
      "optimizer.class_path",
    ]);
    const fixed = ["--precision", "bf16-mixed", "--optimizer", "AdamW"];
    assert.equal(loadYaml(yaml, [...model, ...fixed]).config.resume, false);
  });
});

/** A model so small that its steps take milliseconds. */

/** Two layers of four experts. */
export const TINY = {
  n_layer: 2,
  n_embd: 32,
  n_head: 2,
  block_size: 64,
  vocab_size: 4096,
  norm_class_name: "RMSNorm",
  bias: false,
  mlp_class_name: "LLaMAMoE",
  moe_intermediate_size: 32,
  n_expert: 4,
  n_expert_per_token: 2,
} as const;

/** Code for a cell: the settings of a tiny run as an object literal. */
export function tinyRun(
  outDir: string,
  { steps = 100_000, logInterval = 1, width = 32 } = {},
): string {
  return JSON.stringify({
    model_config: {
      ...TINY,
      n_embd: width,
      moe_intermediate_size: width,
      block_size: 32,
      padded_vocab_size: 4096,
    },
    out_dir: outDir,
    precision: "32-true",
    data: "Corpus",
    tokenizer_dir: "data/tokenizer",
    train: {
      max_steps: steps,
      global_batch_size: 4,
      micro_batch_size: 4,
      max_seq_length: 32,
      save_interval: null,
      log_interval: logInterval,
    },
    eval: { interval: 0, max_iters: 2, final_validation: true },
    optimizer: { init_args: { lr: 0.003 } },
  });
}

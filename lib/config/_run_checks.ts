/** Rules that involve several keys of a run. */

import type { Check } from "./_resolve.ts";
import { plannedSteps, tokensPerStep } from "./plan.ts";
import { showValue } from "./problem.ts";
import type { RunConfig } from "./train.ts";

type RunCheck = Check<RunConfig>;

const BATCH = ["train.global_batch_size", "train.micro_batch_size"] as const;
const LENGTH = ["train.max_seq_length", "model_config.block_size"] as const;

/** All rules except the model's. */
export const runChecks: readonly RunCheck[] = [
  {
    keys: BATCH,
    problem: ({ train: { global_batch_size, micro_batch_size } }) =>
      micro_batch_size === "auto" ||
        global_batch_size % micro_batch_size === 0
        ? null
        : `${global_batch_size} must be a multiple of train.micro_batch_size (${micro_batch_size}); nearest: ${
          nearestMultiples(global_batch_size, micro_batch_size)
        }, or train.micro_batch_size ${
          nearestDivisors(global_batch_size, micro_batch_size)
        }`,
  },
  {
    keys: ["train.micro_batch_size", "device"],
    problem: ({ train, device }) =>
      train.micro_batch_size === "auto" && device === "cpu"
        ? '"auto" needs a GPU: a CPU that runs out of memory is not told, its process is killed; give an integer >= 1'
        : null,
  },
  {
    keys: LENGTH,
    problem: ({ train, model_config }) =>
      train.max_seq_length <= model_config.block_size
        ? null
        : `${train.max_seq_length} must not be larger than model_config.block_size (${model_config.block_size})`,
  },
  {
    keys: ["resume", "initial_checkpoint_dir"],
    problem: ({ resume, initial_checkpoint_dir }) =>
      resume === false || initial_checkpoint_dir === null
        ? null
        : `${showValue(resume)} excludes initial_checkpoint_dir (${
          showValue(initial_checkpoint_dir)
        }): a resumed run has its own weights`,
  },
  {
    keys: [
      "train.max_tokens",
      "train.max_steps",
      "train.max_time",
      "train.epochs",
    ],
    problem: ({ train: { max_tokens, max_steps, max_time, epochs } }) =>
      max_tokens ?? max_steps ?? max_time ?? epochs
        ? null
        : "the run would never end: give train.max_tokens, max_steps, max_time or epochs",
  },
  {
    keys: ["train.max_tokens", ...BATCH, ...LENGTH],
    problem: ({ train }) =>
      train.max_tokens === null || train.max_tokens >= tokensPerStep(train)
        ? null
        : `${train.max_tokens} is less than one optimizer step: train.global_batch_size (${train.global_batch_size}) x train.max_seq_length (${train.max_seq_length}) is ${
          tokensPerStep(train)
        }`,
  },
  {
    keys: ["train.lr_warmup_fraction", "train.lr_warmup_steps"],
    problem: ({ train: { lr_warmup_fraction } }, given) =>
      lr_warmup_fraction !== null && given("train.lr_warmup_steps")
        ? `${lr_warmup_fraction} excludes train.lr_warmup_steps (${
          given("train.lr_warmup_steps")
        }): give one of them`
        : null,
  },
  {
    keys: [
      "train.lr_warmup_steps",
      "train.max_tokens",
      "train.max_steps",
      ...BATCH,
      ...LENGTH,
    ],
    problem: ({ train }) => {
      const steps = plannedSteps(train);
      if (train.lr_warmup_steps === null || !steps) return null;
      return train.lr_warmup_steps < steps
        ? null
        : `${train.lr_warmup_steps} must be less than the ${steps} steps of the run; give train.lr_warmup_steps at most ${
          steps - 1
        }`;
    },
  },
  {
    keys: ["train.min_lr", "optimizer.init_args.lr"],
    problem: ({ train, optimizer: { init_args: { lr } } }) =>
      train.min_lr <= lr
        ? null
        : `${train.min_lr} must not be larger than optimizer.init_args.lr (${lr})`,
  },
  {
    keys: [
      "optimization.flash_attention_force",
      "optimization.flash_attention",
    ],
    problem: ({ optimization }) =>
      optimization.flash_attention || !optimization.flash_attention_force
        ? null
        : "true needs optimization.flash_attention: true",
  },
  {
    keys: [
      "optimization.compile_fullgraph",
      "optimization.compile",
      "optimization.compile_mode",
    ],
    problem: ({ optimization }) =>
      !optimization.compile_fullgraph ||
        optimization.compile && optimization.compile_mode !== "default"
        ? null
        : "true needs optimization.compile: true and a compile_mode that captures: reduce-overhead or max-autotune",
  },
  {
    keys: ["tokenizer_dir", "data.class_path"],
    problem: ({ tokenizer_dir, data }) =>
      tokenizer_dir !== null || data.class_path === "LitData" ||
        data.class_path === "TokenFiles"
        ? null
        : `is missing: data ${data.class_path} is text, which needs a tokenizer`,
  },
];

function nearestMultiples(value: number, of: number): string {
  const below = Math.floor(value / of) * of;
  return below === 0 ? `${of}` : `${below} or ${below + of}`;
}

function nearestDivisors(value: number, near: number): string {
  let below = Math.min(near, value);
  while (value % below !== 0) below--;
  let above = near;
  while (above < value && value % above !== 0) above++;
  return above > value || value % above !== 0 || above === below
    ? `${below}`
    : `${below} or ${above}`;
}

/**
 * The configuration of a run: the keys of `litgpt pretrain`, some of training scripts built on it, and our own.
 *
 * @module
 */

import { z } from "zod";
import {
  type DeepReadonly,
  type Input,
  type Output,
  reserved,
} from "./_fields.ts";
import { modelSchema } from "./_model_schema.ts";
import type { ModelConfig, ModelInput } from "./model.ts";

const count = z.int().min(1);
const path = z.string().min(1).meta({ title: "a path" });
const flag = z.boolean();
const seed = z.int().min(0).max(2 ** 32 - 1);
const workers = z.int().min(0).nullable().default(null);
const SEED = "Seed of the order of the samples and of what is held out";
const WORKERS = "Threads that prepare the data; null is one a core, 0 is one";

/**
 * The classes that `data:` can name, each with its `init_args`.
 *
 * @internal
 */
export const dataSchemas = {
  Corpus: z.strictObject({
    seed: seed.default(42).describe(SEED),
  }),
  TextFiles: z.strictObject({
    train_data_path: path.describe(
      "Text to train on: a folder or a file, .txt, .jsonl, .json, .csv or .parquet, or hf://datasets/OWNER/NAME[/FILES]",
    ),
    val_data_path: path.nullable().default(null).describe(
      "Text to validate on; if null, a twentieth of the training text is held out",
    ),
    text_field: z.string().min(1).default("text")
      .describe("Column that holds the text, in files that have columns"),
    seed: seed.default(42).describe(SEED),
    num_workers: workers.describe(WORKERS),
  }),
  TinyStories: z.strictObject({
    data_path: path.default("data/tinystories")
      .describe("Folder that the stories are downloaded to"),
    seed: seed.default(42).describe(SEED),
    num_workers: workers.describe(WORKERS),
  }),
  LitData: z.strictObject({
    data_path: path.default("data")
      .describe("Folder of token chunks written by litdata"),
    split_names: z.tuple([path, path]).nullable().default(null)
      .describe("Names of its folders for training and for validation"),
    seed: seed.default(42).describe(SEED),
    num_workers: workers.describe(
      "Has no effect: chunks are mapped into memory",
    ),
  }),
  TokenFiles: z.strictObject({
    data_path: path.describe(
      "Folder of tokens: of `deno task prepare`, nanoGPT, llm.c or litdata",
    ),
    seed: seed.default(42).describe(SEED),
  }),
};

const dataSchema = z.discriminatedUnion("class_path", [
  z.strictObject({
    class_path: z.literal("Corpus"),
    init_args: dataSchemas.Corpus.prefault({}),
  }),
  z.strictObject({
    class_path: z.literal("TextFiles"),
    init_args: dataSchemas.TextFiles,
  }),
  z.strictObject({
    class_path: z.literal("TinyStories"),
    init_args: dataSchemas.TinyStories.prefault({}),
  }),
  z.strictObject({
    class_path: z.literal("LitData"),
    init_args: dataSchemas.LitData.prefault({}),
  }),
  z.strictObject({
    class_path: z.literal("TokenFiles"),
    init_args: dataSchemas.TokenFiles,
  }),
]);

const trainSchema = z.strictObject({
  save_interval: z.int().min(0).nullable().default(1000)
    .describe("Optimizer steps between checkpoints; null is only a final one"),
  log_interval: count.default(1)
    .describe("Optimizer steps between rows of metrics"),
  global_batch_size: count.default(512)
    .describe("Samples in an optimizer step"),
  micro_batch_size: z.union([count, z.literal("auto")]).default(4).describe(
    "Samples computed at once; global_batch_size / micro_batch_size of them are accumulated; auto is the most that fit into a GPU's memory",
  ),
  lr_warmup_steps: z.int().min(0).nullable().default(2000)
    .describe(
      "Optimizer steps in which the learning rate rises from 0; left out, a tenth of a run that is shorter",
    ),
  lr_warmup_fraction: z.number().min(0).max(1).nullable().default(null)
    .describe("The same as a part of an epoch"),
  epochs: count.nullable().default(null)
    .describe("Stop after so many passes over the data"),
  max_tokens: count.nullable().default(3_000_000_000_000)
    .describe("Stop after so many tokens"),
  max_steps: count.nullable().default(null)
    .describe("Stop after so many optimizer steps"),
  max_time: z.number().gt(0).nullable().default(null)
    .describe("Stop after so many seconds"),
  max_seq_length: count.nullable().default(null)
    .describe("Tokens in a sample; the model's block_size if null"),
  tie_embeddings: flag.nullable().default(false)
    .describe("Use the embedding as the output layer"),
  max_norm: z.number().gt(0).nullable().default(1)
    .describe("Gradients are scaled down to this norm; null is never"),
  min_lr: z.number().min(0).default(4e-5)
    .describe("Where the learning rate ends"),
  gradient_checkpointing: flag.default(false).describe(
    "Compute each block again in the backward pass instead of keeping it: less memory, a third more work",
  ),
});

const evalSchema = z.strictObject({
  interval: z.int().min(0).default(1000)
    .describe("Optimizer steps between validations; 0 is none"),
  max_new_tokens: z.null().default(null)
    .meta(reserved("Belongs to LitGPT's fine-tuning")),
  max_iters: count.default(100).describe("Batches in a validation"),
  initial_validation: flag.default(false)
    .describe("Validate before the first step"),
  final_validation: flag.default(true).describe("Validate after the last step"),
  evaluate_example: z.literal("first").default("first")
    .meta(reserved("Belongs to LitGPT's fine-tuning")),
});

const text = z.string().nullable().default(null);
const logSchema = z.strictObject({
  project: text.meta(reserved("Used by Weights & Biases only")),
  run: text.meta(reserved("Used by Weights & Biases only")),
  group: text.meta(reserved("Used by Weights & Biases only")),
  teamspace: text.meta(reserved("Used by LitLogger only")),
  metadata: z.record(z.string(), z.unknown()).nullable().default(null)
    .meta(reserved("Used by LitLogger only")),
  log_model: flag.default(false).meta(reserved("Used by LitLogger only")),
  save_logs: flag.default(true).meta(reserved("Used by LitLogger only")),
  checkpoint_name: text.meta(reserved("Used by LitLogger only")),
  keep_last: count.nullable().default(null)
    .describe("Keep so many of the newest checkpoints; null is all"),
  progress: flag.default(true)
    .describe("Show a live line on a terminal, and plain lines elsewhere"),
});

const optimizationSchema = z.strictObject({
  compile: flag.default(true).describe("Use fused operators"),
  compile_mode: z.enum(["default", "reduce-overhead", "max-autotune"])
    .default("default").describe(
      "reduce-overhead captures the step in CUDA graphs; max-autotune also times alternatives and takes the fastest",
    ),
  compile_dynamic: flag.default(false)
    .describe("Expect batches of several shapes"),
  compile_fullgraph: flag.default(false)
    .describe("Refuse to run anything that is not captured"),
  flash_attention: flag.default(true)
    .describe("Use flash attention where it runs, and say where it does not"),
  flash_attention_force: flag.default(false)
    .describe("Refuse to train without flash attention"),
  disable_math_fallback: flag.default(false)
    .describe("Refuse to train with unfused attention"),
});

const optimizerSchema = z.strictObject({
  class_path: z.literal("torch.optim.AdamW").default("torch.optim.AdamW")
    .describe("The optimizer; AdamW is the only one"),
  init_args: z.strictObject({
    lr: z.number().gt(0).default(1e-3).describe("Highest learning rate"),
    betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .default([0.9, 0.999])
      .describe("Decay of the averages of the gradient and of its square"),
    eps: z.number().gt(0).default(1e-8)
      .describe("Added to the root of the averaged square"),
    weight_decay: z.number().min(0).default(0.01)
      .describe("Part of each weight, times lr, that is taken off in a step"),
  }).prefault({}),
});

/**
 * Everything a run's YAML can hold, with `data:`, `optimizer:` and `resume:` in their long forms.
 *
 * @internal
 */
export const runSchema = z.strictObject({
  model_name: z.string().min(1).nullable().default(null)
    .describe(
      "Name of a file in configs/model; not used if model_config is given",
    ),
  model_config: modelSchema.prefault({}),
  out_dir: path.default("out/pretrain")
    .describe("Folder of checkpoints and metrics"),
  precision: z.enum(["32-true", "bf16-mixed", "bf16-true"]).nullable()
    .default(null).describe("null is the best that the device does well"),
  initial_checkpoint_dir: path.nullable().default(null)
    .describe("Start from these weights, with a new optimizer"),
  resume: z.union([flag, z.literal("auto"), path]).default(false).describe(
    "Go on from a checkpoint: true is the newest in out_dir, auto is that or a new start",
  ),
  data: dataSchema.prefault({ class_path: "Corpus" })
    .describe("The text to train on"),
  train: trainSchema.prefault({}),
  eval: evalSchema.prefault({}),
  log: logSchema.prefault({}),
  optimization: optimizationSchema.prefault({}),
  optimizer: optimizerSchema.prefault({}),
  device: z.union([
    z.enum(["auto", "cpu", "cuda"]),
    z.string().regex(/^cuda:\d+$/).meta({ title: "cuda:N" }),
  ]).default("auto").describe(
    "Where to compute; auto is a GPU if there is one",
  ),
  devices: z.union([z.literal("auto"), z.literal(1)]).default("auto").meta(
    reserved("A run uses one device"),
  ),
  num_nodes: z.literal(1).default(1).meta(reserved("A run uses one machine")),
  strategy: z.literal("auto").default("auto").meta(
    reserved("A run uses one device"),
  ),
  tokenizer_dir: path.nullable().default(null)
    .describe(
      "Folder of a tokenizer.json, or gpt2; data/tokenizer for data Corpus if null",
    ),
  logger_name: z.enum(["csv", "tensorboard", "none"]).default("csv")
    .describe("Where metrics go beside the terminal"),
  seed: seed.default(42).describe(
    "Seed of the weights and of everything random",
  ),
});

/** Name of a class that `data:` can hold. */
export type DataName = keyof typeof dataSchemas;

/** `data:` in its long form, with its defaults. */
export type DataConfig = DeepReadonly<RunSettings["data"]>;

/** A run's settings as written, with the defaults filled in and before anything is derived. */
export type RunSettings = Output<typeof runSchema>;

/** What can be written in a run's YAML. */
export type RunInput =
  & Omit<Input<typeof runSchema>, "model_config" | "data" | "optimizer">
  & {
    /** The model; instead of model_name. A text is the path of a YAML file. */
    model_config?: ModelInput | string | null;
    /** The text to train on: the name of a class, or the class with its arguments. */
    data?:
      | Exclude<DataName, "TextFiles" | "TokenFiles">
      | Input<typeof runSchema>["data"]
      | null;
    /** The optimizer: AdamW, or its arguments. */
    optimizer?: "AdamW" | Input<typeof runSchema>["optimizer"];
  };

/** A run's configuration with everything derived and checked: what training works from. */
export type RunConfig =
  & DeepReadonly<Omit<RunSettings, "model_config" | "train">>
  & {
    /** The model. */
    readonly model_config: ModelConfig;
    /** The training loop's settings. */
    readonly train: TrainConfig;
  };

/** A run's configuration whose micro_batch_size is a number; "auto" has been resolved on the device. */
export type SizedRunConfig = RunConfig & {
  /** The training loop's settings. */
  readonly train: {
    /** Samples computed at once. */
    readonly micro_batch_size: number;
  };
};

/** `train:` with everything derived. */
export type TrainConfig =
  & Readonly<Omit<RunSettings["train"], "max_seq_length" | "tie_embeddings">>
  & {
    /** Tokens in a sample. */
    readonly max_seq_length: number;
    /** Whether the embedding is also used as the output layer. */
    readonly tie_embeddings: boolean;
  };

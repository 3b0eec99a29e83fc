/** Small runs for tests. */

import { join } from "node:path";
import { MappedFile } from "../../ffi/mod.ts";
import { readSafetensorsHeader } from "../../lib/checkpoint/safetensors.ts";
import {
  defineConfig,
  type RunConfig,
  type RunInput,
} from "../../lib/config/mod.ts";
import { type Dataset, openDataset } from "../../lib/train/dataset.ts";
import { fusedOperators } from "../../lib/operators/mod.ts";
import { type Placement } from "../../lib/train/device.ts";
import type { TrainObserver } from "../../lib/train/observer.ts";
import { Trainer, type TrainSummary } from "../../lib/train/trainer.ts";

/** A folder of text to train on, and room for runs. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
  /** A configuration that trains in the workspace. */
  config(overrides?: RunInput): RunConfig;
}

const SENTENCES = [
  "The ship went down with all hands on a quiet night.",
  "A whale is not a fish, said the captain to his mate.",
  "Congress shall consider the budget in the coming year.",
  "He counted seven barrels, and then he counted them again.",
];

/** Writes about 40 kB of text and prepares nothing yet. */
export async function workspace(): Promise<Workspace> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-train-" });
  const text = Array.from(
    { length: 800 },
    (_, i) => SENTENCES[(i * i + (i >> 3)) % SENTENCES.length],
  ).join(" ");
  await Deno.writeTextFile(join(dir, "text.txt"), text);
  return {
    dir,
    config: (overrides = {}) =>
      defineConfig({
        ...overrides,
        model_config: {
          block_size: 32,
          n_layer: 2,
          n_embd: 32,
          n_head: 4,
          n_query_groups: 2,
          vocab_size: 4096,
          padded_vocab_size: 4096,
          norm_class_name: "RMSNorm",
          bias: false,
          parallel_residual: false,
          mlp_class_name: "LLaMAMoE",
          moe_intermediate_size: 32,
          n_expert: 4,
          n_expert_per_token: 2,
          ...overrides.model_config as object,
        },
        out_dir: join(dir, "run"),
        tokenizer_dir: "data/tokenizer",
        precision: "32-true",
        data: {
          class_path: "TextFiles",
          init_args: { train_data_path: join(dir, "text.txt") },
        },
        train: {
          global_batch_size: 4,
          micro_batch_size: 2,
          max_tokens: null,
          max_steps: 6,
          lr_warmup_steps: 2,
          save_interval: 2,
          ...overrides.train,
        },
        eval: { interval: 3, max_iters: 2, ...overrides.eval },
        optimizer: {
          class_path: "torch.optim.AdamW",
          init_args: { lr: 1e-2 },
        },
      }),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

const PLACEMENT: Placement = {
  device: "cpu",
  precision: "32-true",
  attention: "flash",
  operators: fusedOperators,
  description: "CPU",
};

/** Opens the data and a run; `use` trains. */
export async function withTrainer<T>(
  config: RunConfig,
  use: (trainer: Trainer, dataset: Dataset) => Promise<T>,
  observer: TrainObserver = {},
): Promise<T> {
  using dataset = await openDataset(config);
  using trainer = await Trainer.open(config, {
    dataset,
    placement: { ...PLACEMENT, precision: config.precision ?? "32-true" },
    observer,
  });
  return await use(trainer, dataset);
}

/** Opens a run and trains it to its end. */
export async function train(
  config: RunConfig,
  observer: TrainObserver = {},
): Promise<TrainSummary> {
  return await withTrainer(config, (trainer) => trainer.fit(), observer);
}

/** Every tensor of a checkpoint as text that differs if any bit does. */
export async function digestTensors(
  checkpoint: string,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of ["model.safetensors", "optimizer.safetensors"]) {
    const path = join(checkpoint, name);
    const { tensors } = await readSafetensorsHeader(path);
    using file = new MappedFile(path);
    for (const [key, { offset, byteLength }] of tensors) {
      const bytes = file.bytes.subarray(offset, offset + byteLength);
      const hash = await crypto.subtle.digest("SHA-256", bytes);
      digests[`${name}/${key}`] = new Uint8Array(hash).toHex();
    }
  }
  return digests;
}

/** LitGPT checkpoints without LitGPT, to be spoilt by tests. */

import { join } from "node:path";
import { type ModelConfig, modelConfigToYaml } from "../../lib/config/mod.ts";
import { modelTensors } from "../../lib/model/tensors.ts";
import {
  type Picklable,
  PythonFloat,
  PythonTensor,
  PythonTuple,
  writeTorchFile,
} from "../../lib/interop/torch_file_writer.ts";

/** A tensor of numbers that differ. */
export function numbers(shape: readonly number[], start = 0): PythonTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return new PythonTensor("F32", shape, () => {
    const values = Float32Array.from(
      { length },
      (_, i) => Math.sin(start + i) / 10,
    );
    return Promise.resolve(new Uint8Array(values.buffer));
  });
}

/** One number. */
export function scalar(value: number): PythonTensor {
  return new PythonTensor(
    "F32",
    [],
    () => Promise.resolve(new Uint8Array(Float32Array.of(value).buffer)),
  );
}

/** The parts of a training checkpoint, to be changed before they are written. */
export interface Training {
  model: Map<string, Picklable>;
  optimizer: {
    state: Map<number, Record<string, Picklable>>;
    param_groups: Record<string, Picklable>[];
  };
  train_dataloader: Record<string, Picklable>;
  iter_num: Picklable;
  step_count: Picklable;
}

/** A training after `step` steps of 4 samples in 2 micro-batches. */
export function trainingOf(config: ModelConfig, step = 3): Training {
  const tensors = modelTensors(config);
  const trained = tensors.filter(({ trained }) => trained);
  return {
    model: new Map(
      tensors.map(({ name, shape }, i) => [name, numbers(shape, i)]),
    ),
    optimizer: {
      state: new Map(
        trained.map(({ shape }, i) => [i, {
          step: scalar(step),
          exp_avg: numbers(shape, 1000 + i),
          exp_avg_sq: numbers(shape, 2000 + i),
        }]),
      ),
      param_groups: [{
        lr: new PythonFloat(1e-3),
        betas: new PythonTuple([new PythonFloat(0.9), new PythonFloat(0.95)]),
        eps: new PythonFloat(1e-8),
        weight_decay: new PythonFloat(0.1),
        params: trained.map((_, i) => i),
      }],
    },
    train_dataloader: { current_epoch: 1, num_samples_yielded: 12 },
    iter_num: step * 2,
    step_count: step,
  };
}

/** What LitGPT's pretraining writes as hyperparameters.yaml. */
export const HYPERPARAMETERS = `model_name: mine
precision: 32-true
data:
  class_path: litgpt.data.TinyLlama
  init_args: {data_path: data, seed: 42, num_workers: 8}
train:
  save_interval: 2
  log_interval: 1
  global_batch_size: 4
  micro_batch_size: 2
  lr_warmup_steps: 2
  max_tokens: 4096
  max_steps: 7
  max_seq_length: 32
  max_norm: 1.0
  min_lr: 4.0e-05
eval: {interval: 10, max_iters: 2}
optimizer:
  class_path: torch.optim.AdamW
  init_args: {lr: 0.002, weight_decay: 0.5, betas: [0.1, 0.2], fused: null}
devices: auto
num_nodes: 1
tokenizer_dir: null
logger_name: wandb
seed: 7
`;

/** Writes a checkpoint's folder. */
export async function writeLitGpt(
  dir: string,
  config: ModelConfig,
  root: Picklable,
  hyperparameters: string | null = HYPERPARAMETERS,
): Promise<void> {
  await Deno.mkdir(dir);
  await writeTorchFile(join(dir, "lit_model.pth"), root);
  await Deno.writeTextFile(
    join(dir, "model_config.yaml"),
    modelConfigToYaml(config),
  );
  if (hyperparameters === null) return;
  await Deno.writeTextFile(join(dir, "hyperparameters.yaml"), hyperparameters);
}

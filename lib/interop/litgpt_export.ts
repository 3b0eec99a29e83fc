/**
 * Writes checkpoints that LitGPT's `generate`, `evaluate` and `pretrain --resume` can read.
 *
 * @module
 */

import { join } from "node:path";
import { optimizerTensorName } from "../checkpoint/names.ts";
import { modelConfigToYaml } from "../config/mod.ts";
import { dtypeName } from "./_dtypes.ts";
import { litGptRunToYaml } from "./_litgpt_run.ts";
import { checkTarget, publishFolder } from "./_publish.ts";
import type {
  CheckpointSource,
  CheckpointTraining,
} from "./checkpoint_source.ts";
import {
  huggingFaceConfigText,
  toHuggingFaceConfig,
} from "./hugging_face_config.ts";
import type { Exported } from "./hugging_face_export.ts";
import { LITGPT_WEIGHTS } from "./litgpt_source.ts";
import { modelTensors } from "../model/tensors.ts";
import { counter, type OnBytes, totalBytes } from "./named_tensors.ts";
import { readStored, type StoredTensor } from "./stored_tensor.ts";
import {
  type Picklable,
  PythonFloat,
  PythonTensor,
  PythonTuple,
  writeTorchFile,
} from "./torch_file_writer.ts";

/** Options of {@linkcode exportLitGpt}. */
export interface LitGptExportOptions {
  /** The folder to write. */
  readonly outDir: string;
  /** Omit the training state. Default: false. */
  readonly weightsOnly?: boolean;
  /** Replace an existing folder. Default: false. */
  readonly overwrite?: boolean;
  /** Called as bytes are written. */
  readonly onBytes?: OnBytes;
}

/**
 * Writes `lit_model.pth`, `model_config.yaml` and the tokenizer's files; for a training checkpoint also
 * `hyperparameters.yaml`, and for models supported by transformers `config.json`, which LitGPT's
 * `evaluate` needs.
 *
 * @throws {RangeError} If LitGPT does not support the model.
 * @throws {StorageError} If the folder exists or cannot be written.
 */
export async function exportLitGpt(
  source: CheckpointSource,
  options: LitGptExportOptions,
): Promise<Exported> {
  const { outDir, overwrite = false } = options;
  const { config, weights } = source;
  if (config.n_expert_groups === null && config.router_bias_update_rate > 0) {
    throw new RangeError(
      "Cannot export to LitGPT: router_bias_update_rate: LitGPT's router has no bias",
    );
  }
  await checkTarget(outDir, overwrite);
  const training = options.weightsOnly ? null : source.training;
  const notices: string[] = [];
  const bytes = totalBytes(weights) +
    (training === null ? 0 : totalBytes(training.optimizer));
  const count = counter(bytes, options.onBytes);
  const model = stateDict(source);
  const root: Picklable = training === null
    ? model
    : trainingState(model, training);
  const files = [LITGPT_WEIGHTS, "model_config.yaml"];
  await publishFolder(outDir, async (draft) => {
    let before = 0;
    await writeTorchFile(join(draft.path, LITGPT_WEIGHTS), root, {
      onProgress: (done) => {
        count(done - before);
        before = done;
      },
    });
    await draft.writeText("model_config.yaml", modelConfigToYaml(config));
    if (training !== null) {
      files.push("hyperparameters.yaml");
      const yaml = litGptRunToYaml(training.run, {
        outDir: `${outDir}-continued`,
        tokenizerDir: source.tokenizer === undefined ? null : outDir,
        notices,
      });
      await draft.writeText("hyperparameters.yaml", yaml);
      notices.push(
        `LitGPT's loader begins pass ${
          training.epoch + 1
        } over its data anew: its order is not moebius's`,
      );
    }
    const json = huggingFaceJson(source, notices);
    if (json !== null) {
      files.push("config.json");
      await draft.writeText("config.json", huggingFaceConfigText(json));
    }
    for (const { name, read } of source.tokenizerFiles) {
      files.push(name);
      await draft.writeBytes(name, await read());
    }
    if (source.tokenizer === undefined) {
      notices.push(
        "The checkpoint holds no tokenizer.json: LitGPT's generate needs tokenizer.json and tokenizer_config.json beside the model",
      );
    }
  }, { overwrite });
  return {
    path: outDir,
    mapping: modelTensors(config).map(({ name, shape }) => ({
      from: [name],
      to: [name],
      shape,
      dtype: weights.get(name)!.dtype,
    })),
    files: files.sort(),
    notices,
  };
}

function stateDict({ config, weights, tied }: CheckpointSource): Picklable {
  const names = modelTensors(config).map(({ name }) => name);
  const output = toPython(weights.get("lm_head.weight")!);
  return new Map(
    names.map((name) => [
      name,
      // Tied weights are one storage under two names, as PyTorch saves them.
      name === "lm_head.weight" || (tied && name === "transformer.wte.weight")
        ? output
        : toPython(weights.get(name)!),
    ]),
  );
}

/** The content of LitGPT's training checkpoints: everything that its `--resume` loads. */
function trainingState(
  model: Picklable,
  { optimizer, names, run, step, tokens, epoch }: CheckpointTraining,
): Picklable {
  const { train, optimizer: { init_args: adam } } = run;
  // "auto" has been resolved to a number before the first checkpoint.
  const accumulation = train.global_batch_size / Number(train.micro_batch_size);
  const get = (part: "exp_avg" | "exp_avg_sq" | "step", name: string) =>
    toPython(optimizer.get(optimizerTensorName(part, name))!);
  return {
    model,
    optimizer: {
      state: new Map(
        names.map((name, index) => [index, {
          step: get("step", name),
          exp_avg: get("exp_avg", name),
          exp_avg_sq: get("exp_avg_sq", name),
        }]),
      ),
      param_groups: [{
        lr: new PythonFloat(adam.lr),
        betas: new PythonTuple(
          adam.betas.map((beta) => new PythonFloat(beta)),
        ),
        eps: new PythonFloat(adam.eps),
        weight_decay: new PythonFloat(adam.weight_decay),
        amsgrad: false,
        maximize: false,
        foreach: null,
        capturable: false,
        differentiable: false,
        fused: null,
        decoupled_weight_decay: true,
        params: names.map((_, index) => index),
      }],
    },
    // Without a state of the data set, litdata begins the next pass over it.
    train_dataloader: {
      dataset: {},
      current_epoch: epoch,
      num_samples_yielded: 0,
      latest_worker_idx: -1,
      samples: tokens / train.max_seq_length,
    },
    iter_num: step * accumulation,
    step_count: step,
  };
}

function toPython(tensor: StoredTensor): PythonTensor {
  return new PythonTensor(
    tensor.dtype,
    tensor.shape,
    () => readStored(tensor),
  );
}

/** Needed by LitGPT's `evaluate`, which converts the model to one of transformers. */
function huggingFaceJson(
  { config, tied, tokenizer, weights }: CheckpointSource,
  notices: string[],
): Record<string, unknown> | null {
  const { bosId, eosId } = tokenizer ?? {};
  const { dtype } = weights.get("lm_head.weight")!;
  if (config.norm_qk && !/^qwen3/i.test(config.name)) {
    notices.push(
      `LitGPT's evaluate converts norm_qk by name alone: let name in model_config.yaml begin with Qwen3`,
    );
  }
  try {
    return toHuggingFaceConfig(config, {
      tied,
      dtype: dtypeName(dtype),
      bosId,
      eosId,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    notices.push(
      `LitGPT's evaluate will not work, as it needs a model of transformers. ${error.message}`,
    );
    return null;
  }
}

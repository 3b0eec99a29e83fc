/**
 * Reads LitGPT's checkpoints: `lit_model.pth` with `model_config.yaml`, from pretraining or with weights only.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { MOMENTS, optimizerTensorName } from "../checkpoint/names.ts";
import { loadModelConfig, type ModelConfig } from "../config/mod.ts";
import { readLitGptRun } from "./_litgpt_run.ts";
import { tokenizerFilesIn } from "./_tokenizer_files.ts";
import type { ImportedTraining, ImportPlan } from "./import_plan.ts";
import { modelTensors } from "../model/tensors.ts";
import { checkTensors, type MappedTensor, refuse } from "./named_tensors.ts";
import {
  describeTensor,
  equalStored,
  joinRows,
  readStored,
  type StoredTensor,
  takeRows,
} from "./stored_tensor.ts";
import { openTorchFile, type TorchFile } from "./torch_file.ts";
import type { PickleDict, PickleValue } from "./pickle_values.ts";

/** File name of LitGPT's weights. */
export const LITGPT_WEIGHTS = "lit_model.pth";
const EMBEDDING = "transformer.wte.weight";

/** How to read a LitGPT checkpoint. */
export interface LitGptOptions {
  /** YAML of the run, if `hyperparameters.yaml` is not beside the weights. */
  readonly runConfig?: string;
  /** Read only the weights of a training checkpoint. Default: false. */
  readonly weightsOnly?: boolean;
}

/**
 * Reads a checkpoint of LitGPT and verifies all of it.
 *
 * @param path `lit_model.pth`, or the folder that holds it.
 * @throws {ConfigError} If this project does not support the model.
 * @throws {SyntaxError} If the file is damaged, or holds anything but tensors and
 * plain containers.
 * @throws {RangeError} If tensors are missing or do not fit, or the training
 * cannot be continued.
 */
export async function readLitGpt(
  path: string,
  options: LitGptOptions = {},
): Promise<ImportPlan> {
  const isFile = (await Deno.stat(path)).isFile;
  const dir = isFile ? dirname(path) : path;
  const file = await openTorchFile(isFile ? path : join(path, LITGPT_WEIGHTS));
  const configFile = join(dir, "model_config.yaml");
  if (!existsSync(configFile)) {
    throw new RangeError(
      `Cannot import ${path}: ${configFile} is missing: LitGPT writes it beside ${LITGPT_WEIGHTS}`,
    );
  }
  const config = loadModelConfig(configFile);
  const root = dictOf(file.root, file.path);
  const isTraining = root.has("model");
  const model = isTraining ? dictOf(root.get("model"), file.path) : root;
  const weights = readWeights(file, model, config);
  checkTensors(weights.tensors, modelTensors(config), file.path);

  const notices: string[] = [];
  if (weights.reassembled > 0) {
    notices.push(
      `Put queries, keys and values of ${weights.reassembled} old matrices in today's order`,
    );
  }
  const training = isTraining && !options.weightsOnly
    ? await readTraining(file, root, {
      ...options,
      dir,
      config,
      weights,
      notices,
    })
    : null;
  const tied = training?.run.train.tie_embeddings ??
    await equalStored(
      weights.tensors.get("lm_head.weight")!,
      weights.tensors.get(EMBEDDING)!,
    );
  return {
    source: path,
    format: isTraining ? "LitGPT, a training checkpoint" : "LitGPT, weights",
    config,
    tied,
    weights: weights.tensors,
    mapping: weights.mapping,
    training,
    tokenizerFiles: tokenizerFilesIn(dir),
    notices,
  };
}

interface Weights {
  readonly tensors: Map<string, StoredTensor>;
  readonly mapping: MappedTensor[];
  /** Names of tensors whose rows were in the old order. */
  readonly old: ReadonlySet<string>;
  readonly reassembled: number;
}

function readWeights(
  file: TorchFile,
  model: PickleDict,
  config: ModelConfig,
): Weights {
  const tensors = new Map<string, StoredTensor>();
  const mapping: MappedTensor[] = [];
  const old = new Set<string>();
  for (const [key, value] of model) {
    const from = String(key);
    const name = from.replace(/\.attn\.attn\.(weight|bias)$/, ".attn.qkv.$1");
    let tensor = file.tensor(value, from);
    if (name !== from) {
      tensor = fromInterleaved(tensor, config, from);
      old.add(name);
    }
    tensors.set(name, tensor);
    const { shape, dtype } = tensor;
    mapping.push({ from: [from], to: [name], shape, dtype });
  }
  return { tensors, mapping, old, reassembled: old.size };
}

/** Reorders rows [Q, K, V of each group, one after the other] to [all Q, all K, all V]. */
function fromInterleaved(
  tensor: StoredTensor,
  config: ModelConfig,
  name: string,
): StoredTensor {
  const { n_head, n_query_groups: groups, head_size } = config;
  const perGroup = n_head / groups;
  const groupRows = (perGroup + 2) * head_size;
  if (tensor.shape[0] !== groups * groupRows) {
    throw new RangeError(
      `Cannot import ${name}: it is [${tensor.shape.join(", ")}], expected ${
        groups * groupRows
      } rows`,
    );
  }
  const part = (start: number, rows: number) =>
    Array.from(
      { length: groups },
      (_, group) => takeRows(tensor, group * groupRows + start, rows),
    );
  return joinRows([
    ...part(0, perGroup * head_size),
    ...part(perGroup * head_size, head_size),
    ...part((perGroup + 1) * head_size, head_size),
  ]);
}

async function readTraining(
  file: TorchFile,
  root: PickleDict,
  { dir, config, weights, notices, ...options }: LitGptOptions & {
    dir: string;
    config: ModelConfig;
    weights: Weights;
    notices: string[];
  },
): Promise<ImportedTraining> {
  const optimizer = dictOf(root.get("optimizer"), `${file.path}: optimizer`);
  const state = dictOf(optimizer.get("state"), `${file.path}: optimizer`);
  const [group, ...others] = listOf(optimizer.get("param_groups"));
  if (group === undefined || others.length > 0) {
    throw new RangeError(
      `Cannot continue the training in ${file.path}: its optimizer has ${
        others.length + 1
      } groups of parameters, and LitGPT's has one: import it with --weights-only`,
    );
  }
  const settings = dictOf(group, `${file.path}: param_groups`);
  const order = listOf(settings.get("params"));
  const trained = modelTensors(config).filter(({ trained }) => trained);
  const isTied = order.length === trained.length - 1;
  const names = trained.map(({ name }) => name)
    .filter((name) => !isTied || name !== EMBEDDING);
  if (order.length !== names.length) {
    throw new RangeError(
      `Cannot continue the training in ${file.path}: its optimizer has ${order.length} parameters and the model ${trained.length}`,
    );
  }
  const states = names.map((name, index) => ({
    name,
    place: `optimizer.state.${order[index]}`,
    entry: state.get(order[index]!),
  }));
  const tensors = readMoments(file, states, { config, weights });
  await checkSteps(file, names, tensors);

  const iterNum = count(root.get("iter_num"), "iter_num", file.path);
  const step = count(root.get("step_count"), "step_count", file.path);
  const runFile = options.runConfig ?? join(dir, "hyperparameters.yaml");
  if (!existsSync(runFile)) {
    throw new RangeError(
      `Cannot continue the training in ${file.path}: ${runFile} is missing, and it says how many samples a step has: give the YAML of the run with --config, or take the weights alone with --weights-only`,
    );
  }
  const { run, devices } = readLitGptRun(runFile, {
    config,
    tied: isTied,
    adam: settings,
    tokenizerDir: existsSync(join(dir, "tokenizer.json")) ? dir : null,
    notices,
  });
  // LitGPT has no "auto".
  const samples = iterNum * Number(run.train.micro_batch_size) * devices;
  const partial = samples - step * run.train.global_batch_size;
  if (partial > 0) {
    notices.push(
      `${partial} samples after the last step had no effect on the weights, and the data goes on after them, as in LitGPT`,
    );
  }
  notices.push(
    `The data goes on after ${samples} samples of moebius's own order: which ones LitGPT's loader had given is not known to it`,
  );
  return { optimizer: tensors, run, step, samples };
}

/** The optimizer's state of each weight: its averages, in this project's layout, and its steps. */
function readMoments(
  file: TorchFile,
  states: readonly {
    readonly name: string;
    readonly place: string;
    readonly entry: PickleValue | undefined;
  }[],
  { config, weights }: { config: ModelConfig; weights: Weights },
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const problems: string[] = [];
  for (const { name, place, entry } of states) {
    if (!(entry instanceof Map)) {
      problems.push(`the optimizer has no state for ${name}`);
      continue;
    }
    for (const part of MOMENTS) {
      const what = `${place}.${part} (${name})`;
      let moment = file.tensor(entry.get(part), what);
      if (weights.old.has(name)) {
        moment = fromInterleaved(moment, config, what);
      }
      const weight = weights.tensors.get(name)!;
      if (moment.shape.join() !== weight.shape.join()) {
        problems.push(
          `${what} is ${
            describeTensor(moment)
          }, expected the shape of its weight, [${weight.shape.join(", ")}]`,
        );
      }
      tensors.set(optimizerTensorName(part, name), moment);
    }
    const step = file.tensor(entry.get("step"), `step of ${name}`);
    if (step.dtype !== "F32" || step.shape.length > 0) {
      problems.push(
        `step of ${name} is ${describeTensor(step)}, expected F32 []`,
      );
    }
    tensors.set(optimizerTensorName("step", name), step);
  }
  refuse(`Cannot continue the training in ${file.path}`, problems);
  return tensors;
}

/** Checks that all weights have the same number of steps: a layer's experts share one count here. */
async function checkSteps(
  file: TorchFile,
  names: readonly string[],
  tensors: ReadonlyMap<string, StoredTensor>,
): Promise<void> {
  const steps = new Set<number>();
  for (const name of names) {
    const bytes = await readStored(
      tensors.get(optimizerTensorName("step", name))!,
    );
    steps.add(new DataView(bytes.buffer).getFloat32(0, true));
  }
  if (steps.size <= 1) return;
  throw new RangeError(
    `Cannot continue the training in ${file.path}: its parameters were updated ${
      [...steps].join(", ")
    } times, and here they all count as one`,
  );
}

function count(
  value: PickleValue | undefined,
  key: string,
  path: string,
): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new RangeError(
    `Cannot continue the training in ${path}: ${key} is ${
      value === undefined ? "missing" : String(value)
    }, expected a whole number`,
  );
}

function dictOf(value: PickleValue | undefined, what: string): PickleDict {
  if (value instanceof Map) return value;
  throw new RangeError(
    `Cannot read ${what}: it holds no dictionary: expected a checkpoint of LitGPT's pretraining, or the weights of a model`,
  );
}

function listOf(value: PickleValue | undefined): readonly PickleValue[] {
  return Array.isArray(value) ? value : [];
}

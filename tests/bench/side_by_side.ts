/**
 * Trains a model in LitGPT and here in every mode, from the same initial weights, on the same batches of the
 * default corpus with the same learning rates, and reports the differences between the losses.
 *
 *     deno run -A tests/bench/side_by_side.ts --save tests/bench/results/NAME
 *
 * writes NAME.csv, the losses of all, and NAME.svg, a picture of them. LitGPT runs twice, unless --no-control:
 * the second time with the last bits of its initial weights changed, to show the effect of rounding alone.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { parse } from "@std/yaml";
import { ensureSetup, manualSeed } from "../../ffi/mod.ts";
import { writeSafetensors } from "../../lib/checkpoint/safetensors_writer.ts";
import { tensorsToWrite } from "../../lib/checkpoint/state.ts";
import {
  defineConfig,
  modelConfigToYaml,
  type RunConfig,
  type RunInput,
} from "../../lib/config/mod.ts";
import { BatchLoader } from "../../lib/data/mod.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";
import { openDataset } from "../../lib/train/dataset.ts";
import { placeRun, resolveDevice } from "../../lib/train/device.ts";
import { learningRateAt } from "../../lib/train/schedule.ts";
import { TrainStep } from "../../lib/train/step.ts";
import { writeSvg } from "./chart.ts";
import { type Curve, curvesCsv, curvesFigure } from "./curves.ts";
import { MODES } from "./steps.ts";

const { values } = parseArgs({
  allowNegative: true,
  options: {
    control: { type: "boolean", default: true },
    model: { type: "string", default: "moe-22m" },
    tokenizer: { type: "string", default: "data/tokenizer" },
    precision: { type: "string", default: "bf16-mixed" },
    modes: { type: "string" },
    batch: { type: "string", default: "8" },
    length: { type: "string", default: "256" },
    lr: { type: "string", default: "6e-4" },
    steps: { type: "string", default: "200" },
    save: { type: "string" },
    python: { type: "string", default: "python3" },
  },
});

const [B, T, steps] = [values.batch, values.length, values.steps].map(
  Number,
) as [number, number, number];
const WARMUP = 0.1;

async function main(): Promise<void> {
  await ensureSetup();
  const folder = await Deno.makeTempDir({ prefix: "moebius-side-by-side-" });
  try {
    const batches = await readBatches();
    await writeInputs(folder, batches);
    const first = await litgpt("LitGPT", [folder]);
    const curves = [first];
    const add = (curve: Curve) => {
      curves.push(curve);
      console.log(distance(curve, first));
    };
    if (values.control) {
      add(await litgpt("LitGPT, last bits", [folder, "--last-bit"]));
    }
    for (const mode of modes()) add(train(mode, batches));
    if (values.save === undefined) return;
    await Deno.writeTextFile(`${values.save}.csv`, curvesCsv(curves));
    await writeSvg(`${values.save}.svg`, curvesFigure(curves));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** On a CPU nothing is captured. */
function modes(): readonly string[] {
  if (values.modes !== undefined) return values.modes.split(",");
  return resolveDevice("auto") === "cpu" ? MODES.slice(0, 2) : MODES;
}

function configOf(mode: string): RunConfig {
  return defineConfig({
    model_name: values.model,
    tokenizer_dir: values.tokenizer,
    precision: values.precision,
    train: { global_batch_size: B, micro_batch_size: B, max_seq_length: T },
    optimization: mode === "off" ? { compile: false } : { compile_mode: mode },
  } as RunInput);
}

async function readBatches(): Promise<Int32Array<ArrayBuffer>[]> {
  using dataset = await openDataset(configOf("off"));
  const loader = new BatchLoader(dataset.shards, {
    split: "train",
    batchSize: B,
    sequenceLength: T,
    seed: 42,
  });
  return Array.from({ length: steps }, () => loader.next().slice());
}

const rates = Array.from({ length: steps }, (_, i) =>
  learningRateAt(i + 1, {
    learningRate: Number(values.lr),
    minLearningRate: Number(values.lr) / 10,
    warmupIters: steps * WARMUP,
    maxIters: steps,
  }));

/** The model as each run begins. */
function initialized(mode: string): GPT {
  const config = configOf(mode);
  const model = new GPT(config.model_config, {
    ...placeRun(config),
    maxSeqLength: T,
  });
  manualSeed(42);
  model.weights.initialize();
  return model;
}

async function writeInputs(
  folder: string,
  batches: readonly Int32Array[],
): Promise<void> {
  using model = initialized("off");
  await writeSafetensors(
    `${folder}/initial.safetensors`,
    tensorsToWrite(model.weights.named),
  );
  const all = new Int32Array(batches.length * B * (T + 1));
  for (const [i, batch] of batches.entries()) all.set(batch, i * B * (T + 1));
  Deno.writeFileSync(`${folder}/batches.bin`, new Uint8Array(all.buffer));
  const setting = {
    config: parse(modelConfigToYaml(model.config)),
    precision: values.precision,
    device: model.device.split(":")[0],
    length: T,
    rates,
  };
  Deno.writeTextFileSync(`${folder}/setting.json`, JSON.stringify(setting));
}

async function litgpt(name: string, args: readonly string[]): Promise<Curve> {
  const startedMs = performance.now();
  const { success, stdout } = await new Deno.Command(values.python, {
    args: [new URL("./side_by_side.py", import.meta.url).pathname, ...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("LitGPT's side did not run");
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${name}: ${steps} steps in ${seconds.toFixed(1)} s`);
  const losses = new TextDecoder().decode(stdout).trim().split("\n").map(
    Number,
  );
  return { name, losses };
}

function train(
  mode: string,
  batches: readonly Int32Array<ArrayBuffer>[],
): Curve {
  const startedMs = performance.now();
  using model = initialized(mode);
  using optimizer = new AdamW(model.weights.parameters, {
    betas: [0.9, 0.95],
    weightDecay: 0.1,
    maxNorm: 1,
    operators: model.operators,
  });
  using step = new TrainStep(model, optimizer, {
    microBatchSize: B,
    sequenceLength: T,
    accumulationIters: 1,
    biasUpdateRate: 0,
    captured: model.device !== "cpu" && mode !== "off" && mode !== "default",
    fullgraph: true,
  });
  const losses = batches.map((batch, i) => {
    step.load(() => batch);
    step.run(rates[i]!);
    return step.loss.item();
  });
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`moebius, ${mode}: ${steps} steps in ${seconds.toFixed(1)} s`);
  return { name: `moebius, ${mode}`, losses };
}

function distance(ours: Curve, theirs: Curve): string {
  const differences = ours.losses.map((loss, i) =>
    Math.abs(loss - theirs.losses[i]!)
  );
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const tail = Math.ceil(steps / 10);
  return `  loss of the last ${tail} steps ${
    mean(ours.losses.slice(-tail)).toFixed(4)
  }, LitGPT's ${mean(theirs.losses.slice(-tail)).toFixed(4)}; ` +
    `difference of a step: mean ${mean(differences).toFixed(4)}, ` +
    `largest ${Math.max(...differences).toFixed(4)}`;
}

await main();

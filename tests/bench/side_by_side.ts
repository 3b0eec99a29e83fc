/**
 * Trains a model here and in LitGPT, from the same initial weights, on the same batches of the default corpus
 * with the same learning rates, and says how far the losses are apart. Writes both curves as CSV.
 *
 *     deno run -A tests/bench/side_by_side.ts --model moe-200m --steps 200 --out DIR
 *
 * @module
 */

import { parseArgs } from "node:util";
import { parse } from "@std/yaml";
import { ensureSetup, scope } from "../../ffi/mod.ts";
import { writeSafetensors } from "../../lib/checkpoint/safetensors_writer.ts";
import { tensorsToWrite } from "../../lib/checkpoint/state.ts";
import {
  defineConfig,
  modelConfigToYaml,
  type RunInput,
} from "../../lib/config/mod.ts";
import { BatchLoader } from "../../lib/data/mod.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";
import { openDataset } from "../../lib/train/dataset.ts";
import { placeRun } from "../../lib/train/device.ts";
import { learningRateAt } from "../../lib/train/schedule.ts";
import { TrainStep } from "../../lib/train/step.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "moe-quickstart" },
    tokenizer: { type: "string", default: "data/tokenizer" },
    precision: { type: "string", default: "bf16-mixed" },
    mode: { type: "string", default: "default" },
    "peer-mode": { type: "string", default: "eager" },
    batch: { type: "string", default: "8" },
    length: { type: "string", default: "256" },
    lr: { type: "string", default: "6e-4" },
    steps: { type: "string", default: "200" },
    out: { type: "string", default: "out/side_by_side" },
    python: { type: "string", default: "python3" },
  },
});

const [B, T, steps] = [values.batch, values.length, values.steps].map(
  Number,
) as [number, number, number];
const WARMUP = 0.1;

async function main(): Promise<void> {
  await ensureSetup();
  const config = defineConfig({
    model_name: values.model,
    tokenizer_dir: values.tokenizer,
    precision: values.precision,
    train: { global_batch_size: B, micro_batch_size: B, max_seq_length: T },
    optimization: { compile_mode: values.mode },
  } as RunInput);
  const { device, precision, attention, operators } = placeRun(config);
  using dataset = await openDataset(config);
  const loader = new BatchLoader(dataset.shards, {
    split: "train",
    batchSize: B,
    sequenceLength: T,
    seed: 42,
  });
  const batches = Array.from({ length: steps }, () => loader.next().slice());
  const rates = Array.from({ length: steps }, (_, i) =>
    learningRateAt(i + 1, {
      learningRate: Number(values.lr),
      minLearningRate: Number(values.lr) / 10,
      warmupIters: steps * WARMUP,
      maxIters: steps,
    }));

  using model = new GPT(config.model_config, {
    device,
    precision,
    attention,
    operators,
    maxSeqLength: T,
  });
  model.weights.initialize();
  Deno.mkdirSync(values.out, { recursive: true });
  await writeInputs(model, batches, rates);

  using optimizer = new AdamW(model.weights.parameters, {
    betas: [0.9, 0.95],
    weightDecay: 0.1,
    maxNorm: 1,
    operators,
  });
  using step = new TrainStep(model, optimizer, {
    microBatchSize: B,
    sequenceLength: T,
    accumulationIters: 1,
    biasUpdateRate: 0,
    captured: device !== "cpu" && values.mode !== "default",
  });
  const startedMs = performance.now();
  const curve = batches.map((batch, i) => {
    step.run(() => batch, rates[i]!);
    return scope(() => [i + 1, step.loss.item(), optimizer.gradNorm.item()]);
  });
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `moebius ${values.mode}: ${steps} steps in ${seconds.toFixed(1)} s`,
  );
  Deno.writeTextFileSync(
    `${values.out}/moebius.csv`,
    ["step,loss,grad_norm", ...curve.map((row) => row.join())].join("\n") +
      "\n",
  );
  const { success } = await new Deno.Command(values.python, {
    args: [
      new URL("./side_by_side.py", import.meta.url).pathname,
      values.out,
      device.split(":")[0]!,
      values["peer-mode"],
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("LitGPT's side did not run");
  compare(curve.map(([, loss]) => loss!));
}

async function writeInputs(
  model: GPT,
  batches: readonly Int32Array[],
  rates: readonly number[],
): Promise<void> {
  const { out } = values;
  await writeSafetensors(
    `${out}/initial.safetensors`,
    tensorsToWrite(model.weights.named),
  );
  const all = new Int32Array(batches.length * B * (T + 1));
  for (const [i, batch] of batches.entries()) all.set(batch, i * B * (T + 1));
  Deno.writeFileSync(`${out}/batches.bin`, new Uint8Array(all.buffer));
  Deno.writeTextFileSync(`${out}/rates.json`, JSON.stringify(rates));
  const setting = {
    config: parse(modelConfigToYaml(model.config)),
    precision: values.precision,
    batch: B,
    length: T,
  };
  Deno.writeTextFileSync(`${out}/model.json`, JSON.stringify(setting));
}

function compare(losses: readonly number[]): void {
  const peer = Deno.readTextFileSync(`${values.out}/litgpt.csv`).trim()
    .split("\n").slice(1).map((line) => Number(line.split(",")[1]));
  const differences = losses.map((loss, i) => Math.abs(loss - peer[i]!));
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const tail = Math.ceil(losses.length / 10);
  console.log(
    `Loss of the last ${tail} steps: ${
      mean(losses.slice(-tail)).toFixed(4)
    }, ` +
      `LitGPT's ${mean(peer.slice(-tail)).toFixed(4)}; ` +
      `difference of a step: mean ${mean(differences).toFixed(4)}, ` +
      `largest ${Math.max(...differences).toFixed(4)}`,
  );
}

await main();

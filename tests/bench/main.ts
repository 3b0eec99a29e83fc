/**
 * `deno task bench`: the cost of an operator call, and this device's speed and memory in training, compared
 * with the theoretical limit and, if Python has them, with other libraries. Everything is measured in one run,
 * because machines differ and are noisy.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  buildInfo,
  cudaDeviceInfo,
  ensureSetup,
  getNumThreads,
} from "../../ffi/mod.ts";
import { defineModelConfig } from "../../lib/config/mod.ts";
import { resolveDevice } from "../../lib/train/device.ts";
import { type Row, Table } from "./_table.ts";
import { writeChart } from "./chart.ts";
import { operatorOverheadUs, pythonOverheadUs } from "./overhead.ts";
import { benchSizes, LARGER, longContext } from "./sizes.ts";
import { modelInput } from "./step.ts";
import { benchSteps, GPU, MODES } from "./steps.ts";

const USAGE = `Usage: deno task bench [options]

Measures this device: operator calls, training steps, the limit and, where a
Python has them, LitGPT and the best of plain PyTorch. On a GPU the 549M model
in every mode.

  --json            print JSON
  --save PATH       also write PATH.json and a chart, PATH.svg
  --steps N         steps that are timed (5, on a GPU 10)
  --python PATH     a Python that has torch and litgpt (python3)
  --no-peers        nothing of Python, and on a GPU no limit
  --modes A,B       of ${MODES.join(", ")} (on a CPU the first two)
  --model NAME      CPU: a model of configs/model (moe-22m)
  --micro-batch N   CPU: sequences of a step (8)

Instead of all that, how cost grows:

  --long-context    with 4 and 16 times as long sequences, blocks kept or
                    computed again
  --larger          with 1 and 3 billion parameters in 16 and 64 experts;
                    needs a GPU`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: "boolean", default: false },
    save: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
    peers: { type: "boolean", default: true },
    model: { type: "string" },
    steps: { type: "string" },
    "micro-batch": { type: "string", default: "8" },
    modes: { type: "string" },
    python: { type: "string", default: "python3" },
    "long-context": { type: "boolean", default: false },
    larger: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  await ensureSetup();
  const place = resolveDevice("auto");
  const device = place === "cpu" ? "cpu" : "cuda";
  if (values.larger && device === "cpu") {
    throw new Error("Cannot measure larger models: --larger needs a GPU");
  }
  const model = values.model ?? (device === "cpu" ? "moe-22m" : GPU.model);
  const machine = {
    device: place === "cpu"
      ? `CPU, ${getNumThreads()} threads`
      : cudaDeviceInfo(place).name,
    libtorch: buildInfo().torch,
    deno: Deno.version.deno,
    date: new Date().toISOString(),
    model,
  };
  const python = values.peers ? values.python : null;
  const overhead = {
    typescriptUs: operatorOverheadUs(),
    pythonUs: python === null ? undefined : await pythonOverheadUs(python),
  };
  const grows = values["long-context"] || values.larger;
  let table: Table | undefined;
  if (!values.json) {
    const ofPython = overhead.pythonUs === undefined
      ? ""
      : ` (from Python: ${overhead.pythonUs.toFixed(2)} us)`;
    console.log(
      `${machine.device}, libtorch ${machine.libtorch}, ${machine.model}\n` +
        `Operator call ${overhead.typescriptUs.toFixed(2)} us${ofPython}\n`,
    );
    table = new Table([
      ...["name", grows ? "length" : "precision", "batch"] as const,
      ...["tokens", "teraflops", grows ? "state" : "ofLimit"] as const,
      ...["peak", "firstStep"] as const,
    ]);
  }
  const rows: Row[] = [];
  const steps = Number(values.steps ?? (device === "cpu" ? 5 : 10));
  const source = grows
    ? sizeRows(device, model, steps)
    : stepRows(device, model, { steps, python });
  for await (const row of source) {
    rows.push(row);
    table?.add(row);
    // Written at once, so that an interrupted run keeps its measurements.
    if (values.save !== undefined) {
      await Deno.writeTextFile(
        `${values.save}.json`,
        JSON.stringify({ machine, overhead, rows }, null, 2) + "\n",
      );
    }
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, overhead, rows }, null, 2));
  }
  if (values.save !== undefined && !grows) await writeChart(values.save);
}

function stepRows(
  device: "cpu" | "cuda",
  model: string,
  options: { steps: number; python: string | null },
): AsyncGenerator<Row> {
  const wanted = values.modes?.split(",") ?? MODES;
  const config = defineModelConfig(modelInput(model));
  const B = Number(values["micro-batch"]);
  const common = { ...options, device, config };
  if (device === "cuda") {
    return benchSteps({
      ...GPU,
      ...common,
      model,
      modes: MODES.filter((mode) => wanted.includes(mode)),
    });
  }
  return benchSteps({
    ...common,
    model,
    modes: MODES.slice(0, 2).filter((mode) => wanted.includes(mode)),
    sequenceLength: Math.min(config.block_size, 256),
    precisions: ["32-true", "bf16-mixed"],
    batches: [[B, 1]],
    peers: [`litgpt,${B},eager`],
  });
}

function sizeRows(
  device: "cpu" | "cuda",
  model: string,
  steps: number,
): AsyncGenerator<Row> {
  const sizes = [
    ...(values["long-context"]
      ? longContext(defineModelConfig(modelInput(model)))
      : []),
    ...(values.larger ? LARGER : []),
  ];
  const mode = device === "cpu" ? "default" : "reduce-overhead";
  return benchSizes(sizes, { model, mode, steps });
}

await main();

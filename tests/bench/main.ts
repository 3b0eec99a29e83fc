/**
 * `deno task bench`: what an operator call costs, and how fast and with how much memory this device
 * trains, beside the limit and, where Python has them, its peers: all in one run, because machines differ
 * and are noisy.
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
import { loadModelConfig } from "../../lib/config/mod.ts";
import { resolveDevice } from "../../lib/train/device.ts";
import { printHeader, printRow, type Row } from "./_table.ts";
import { benchCpu } from "./cpu.ts";
import { benchGpu, MODES } from "./gpu.ts";
import { operatorOverheadUs, pythonOverheadUs } from "./overhead.ts";

const USAGE = `Usage: deno task bench [options]

Measures this device: operator calls, training steps, the limit and, if
python3 can import litgpt, LitGPT. On a GPU the 549M model in every mode,
and the best of plain PyTorch beside it.

  --json            print JSON
  --steps N         steps that are timed (5)
  --python PATH     a Python that has torch and litgpt (python3)
  --no-peers        nothing of Python
  --model NAME      CPU: a model of configs/model (moe-22m)
  --micro-batch N   CPU: sequences of a step (8)
  --modes A,B       GPU: of ${MODES.join(", ")} (all)`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
    peers: { type: "boolean", default: true },
    model: { type: "string", default: "moe-22m" },
    steps: { type: "string", default: "5" },
    "micro-batch": { type: "string", default: "8" },
    modes: { type: "string", default: MODES.join() },
    python: { type: "string", default: "python3" },
  },
});

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  await ensureSetup();
  const device = resolveDevice("auto");
  const machine = {
    device: device === "cpu"
      ? `CPU, ${getNumThreads()} threads`
      : cudaDeviceInfo(device).name,
    libtorch: buildInfo().torch,
    deno: Deno.version.deno,
    date: new Date().toISOString(),
    model: device === "cpu" ? values.model : "moe-200m",
  };
  const overhead = {
    typescriptUs: operatorOverheadUs(),
    pythonUs: await pythonOverheadUs(),
  };
  if (!values.json) {
    const python = overhead.pythonUs === undefined
      ? ""
      : ` (from Python: ${overhead.pythonUs.toFixed(2)} us)`;
    console.log(
      `${machine.device}, libtorch ${machine.libtorch}, ${machine.model}\n` +
        `Operator call ${overhead.typescriptUs.toFixed(2)} us${python}\n`,
    );
    printHeader();
  }
  const rows: Row[] = [];
  for await (const row of device === "cpu" ? cpuRows() : gpuRows()) {
    rows.push(row);
    if (!values.json) printRow(row);
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, overhead, rows }, null, 2));
  }
}

function cpuRows(): AsyncGenerator<Row> {
  const { model } = values;
  const path = new URL(`../../configs/model/${model}.yaml`, import.meta.url);
  const config = loadModelConfig(path.pathname);
  return benchCpu({
    model,
    config,
    sequenceLength: Math.min(config.block_size, 256),
    microBatchSize: Number(values["micro-batch"]),
    steps: Number(values.steps),
    python: values.python,
  });
}

function gpuRows(): AsyncGenerator<Row> {
  const wanted = values.modes.split(",");
  return benchGpu({
    steps: Number(values.steps),
    python: values.peers ? values.python : null,
    modes: MODES.filter((mode) => wanted.includes(mode)),
  });
}

await main();

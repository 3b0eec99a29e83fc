/**
 * `deno task bench`: what an operator call costs, and how fast and with how much memory this device
 * trains, beside the limit and, where Python has it, LitGPT: all in one run, because machines differ
 * and are noisy.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  buildInfo,
  cudaDeviceInfo,
  type DType,
  ensureSetup,
  getNumThreads,
  probeAttention,
} from "../../ffi/mod.ts";
import { loadModelConfig, modelConfigToYaml } from "../../lib/config/mod.ts";
import { parse } from "@std/yaml";
import { resolveDevice } from "../../lib/train/device.ts";
import { floorMs } from "./floor.ts";
import { operatorOverheadUs, pythonOverheadUs } from "./overhead.ts";
import type { StepResult, StepSetting } from "./step.ts";

const USAGE = `Usage: deno task bench [options]

Measures this device: operator calls, training steps, the limit and, if
python3 can import litgpt, LitGPT.

  --json            print JSON
  --model NAME      a model of configs/model
  --steps N         steps that are timed (5)
  --python PATH     a Python that has litgpt (python3)`;

/** One line of the table. */
interface Row {
  readonly name: string;
  readonly precision: string;
  readonly batch: string;
  readonly tokensPerSecond: number;
  readonly ofLimit?: number;
  readonly peakGib?: number;
  readonly firstStepSeconds?: number;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
    model: { type: "string" },
    steps: { type: "string", default: "5" },
    python: { type: "string", default: "python3" },
  },
});

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  await ensureSetup();
  const device = resolveDevice("auto");
  const onGpu = device !== "cpu";
  const model = values.model ?? (onGpu ? "moe-200m" : "moe-quickstart");
  const path = new URL(`../../configs/model/${model}.yaml`, import.meta.url);
  const config = loadModelConfig(path.pathname);
  const T = Math.min(config.block_size, 2048);
  const batches: [number, number][] = onGpu
    ? [[1, 1], [8, 1], [16, 1], [1, 16]]
    : [[8, 1]];
  const machine = {
    device: onGpu
      ? cudaDeviceInfo(device).name
      : `CPU, ${getNumThreads()} threads`,
    libtorch: buildInfo().torch,
    deno: Deno.version.deno,
    date: new Date().toISOString(),
    model,
  };
  if (!values.json) {
    console.log(
      `${machine.device}, libtorch ${machine.libtorch}, ${model}, T=${T}`,
    );
  }
  const overhead = {
    typescriptUs: operatorOverheadUs(),
    pythonUs: await pythonOverheadUs(),
  };
  if (!values.json) {
    const python = overhead.pythonUs === undefined
      ? ""
      : ` (from Python: ${overhead.pythonUs.toFixed(2)} us)`;
    console.log(
      `Operator call ${overhead.typescriptUs.toFixed(2)} us${python}\n`,
    );
    printHeader();
  }
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    if (!values.json) printRow(row);
  };
  for (const precision of ["32-true", "bf16-mixed"] as const) {
    if (onGpu && precision === "32-true") continue;
    const dtype: DType = precision === "32-true" ? "float32" : "bfloat16";
    const attention =
      probeAttention({ device, dtype, headSize: config.head_size })
        .find(({ works }) => works)!.backend;
    for (const [B, A] of batches) {
      const batch = A === 1 ? `${B}` : `${A} x ${B}`;
      const place = {
        device,
        dtype,
        attention,
        batchSize: B,
        sequenceLength: T,
      };
      const limitMs = A * floorMs(config, place);
      const limit = A * B * T / limitMs * 1000;
      add({
        name: "limit: products alone",
        precision,
        batch,
        tokensPerSecond: limit,
      });
      for (const mode of ["off", "default", "reduce-overhead"] as const) {
        if (mode === "reduce-overhead" && !onGpu) continue;
        const result = await runStep({
          model,
          precision,
          mode,
          microBatchSize: B,
          accumulationIters: A,
          sequenceLength: T,
          steps: Number(values.steps),
        });
        if (result === undefined) continue;
        const { tokensPerSecond, peakGib, firstStepSeconds } = result;
        add({
          name: `moebius, compile ${mode}`,
          precision,
          batch,
          tokensPerSecond,
          ofLimit: tokensPerSecond / limit,
          peakGib,
          firstStepSeconds,
        });
      }
      if (onGpu) continue;
      const peer = await runLitGpt(config, precision, B, T);
      if (peer !== undefined) {
        add({
          name: "LitGPT",
          precision,
          batch,
          ofLimit: peer.tokensPerSecond / limit,
          ...peer,
        });
      }
    }
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, overhead, rows }, null, 2));
  }
}

async function runStep(setting: StepSetting): Promise<StepResult | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("./step.ts", import.meta.url).href,
      JSON.stringify(setting),
    ],
    env: { BENCH_STARTED_MS: String(Date.now()) },
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  const message = new TextDecoder().decode(stderr).trim().split("\n")[0];
  console.error(`${setting.mode} ${setting.precision}: ${message}`);
  return undefined;
}

/** LitGPT's step in a process of its own, or undefined where Python has no litgpt. */
async function runLitGpt(
  config: Parameters<typeof modelConfigToYaml>[0],
  precision: string,
  batch: number,
  length: number,
): Promise<{ tokensPerSecond: number; peakGib: number } | undefined> {
  const setting = {
    model: parse(modelConfigToYaml(config)),
    precision,
    batch,
    length,
    steps: Number(values.steps),
  };
  try {
    const { success, stdout } = await new Deno.Command(values.python, {
      args: [
        new URL("./peer_litgpt.py", import.meta.url).pathname,
        JSON.stringify(setting),
      ],
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const { tokensPerSecond, peakGib } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    return { tokensPerSecond, peakGib };
  } catch {
    return undefined;
  }
}

function printHeader(): void {
  console.log(
    "                           precision   batch    tokens/s  of limit  peak GiB  first step",
  );
}

function printRow(row: Row): void {
  const cells = [
    row.name.padEnd(26),
    row.precision.padEnd(11),
    row.batch.padEnd(7),
    Math.round(row.tokensPerSecond).toLocaleString("en-US").padStart(9),
    (row.ofLimit === undefined ? "" : `${Math.round(row.ofLimit * 100)}%`)
      .padStart(9),
    (row.peakGib === undefined ? "" : row.peakGib.toFixed(2)).padStart(9),
    (row.firstStepSeconds === undefined
      ? ""
      : `${row.firstStepSeconds.toFixed(1)} s`)
      .padStart(11),
  ];
  console.log(cells.join(" "));
}

await main();

/**
 * Times training steps of one setting in a separate process, so that peak memory and start-up time belong
 * to this setting only. Prints one line of JSON.
 *
 * @module
 */

import { parse } from "@std/yaml";
import { synchronize } from "../../ffi/mod.ts";
import {
  defineConfig,
  type ModelInput,
  type RunInput,
} from "../../lib/config/mod.ts";
import { flopsPerToken } from "../../lib/model/count.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";
import { placeRun } from "../../lib/train/device.ts";
import { peakMemoryBytes } from "../../lib/train/memory.ts";
import { TrainStep } from "../../lib/train/step.ts";

/** What to time. */
export interface StepSetting {
  /** Name in configs/model. */
  readonly model: string;
  /** Keys that differ from that file's. */
  readonly changes?: ModelInput;
  readonly precision: "32-true" | "bf16-mixed" | "bf16-true";
  readonly mode: "off" | "default" | "reduce-overhead" | "max-autotune";
  readonly microBatchSize: number;
  readonly accumulationIters: number;
  readonly sequenceLength: number;
  /** Default: false. */
  readonly gradientCheckpointing?: boolean;
  /** Steps in a row that are timed, three times; the median counts. */
  readonly steps: number;
}

/** What was measured. */
export interface StepResult {
  /** Of a step. */
  readonly stepMs: number;
  readonly tokensPerSecond: number;
  readonly teraflops: number;
  /** From the start of the process to the end of the first step. */
  readonly firstStepSeconds: number;
  readonly peakGib: number;
  readonly loss: number;
}

function measure(setting: StepSetting): StepResult {
  const { microBatchSize: B, accumulationIters: A, sequenceLength: T } =
    setting;
  const config = defineConfig({
    model_config: { ...modelInput(setting.model), ...setting.changes },
    tokenizer_dir: "gpt2",
    precision: setting.precision,
    train: { global_batch_size: A * B, micro_batch_size: B, max_seq_length: T },
    optimization: {
      compile: setting.mode !== "off",
      ...(setting.mode === "off" ? {} : { compile_mode: setting.mode }),
    },
  } as RunInput);
  const { device, precision, attention, operators } = placeRun(config);
  const { model_config } = config;
  using model = new GPT(model_config, {
    device,
    precision,
    attention,
    maxSeqLength: T,
    operators,
    gradientCheckpointing: setting.gradientCheckpointing ?? false,
  });
  model.weights.initialize();
  using optimizer = new AdamW(model.weights.parameters, {
    betas: [0.9, 0.95],
    weightDecay: 0.1,
    maxNorm: 1,
    operators,
  });
  using step = new TrainStep(model, optimizer, {
    microBatchSize: B,
    sequenceLength: T,
    accumulationIters: A,
    biasUpdateRate: 0,
    captured: device !== "cpu" && setting.mode !== "off" &&
      setting.mode !== "default",
    fullgraph: true,
  });
  const batches = Array.from(
    { length: 4 },
    () =>
      Int32Array.from(
        { length: B * (T + 1) },
        () => Math.floor(Math.random() * model_config.vocab_size),
      ),
  );
  let next = 0;
  const milliseconds = (steps: number) => {
    const startedMs = performance.now();
    for (let i = 0; i < steps; i++) {
      step.load(() => batches[next++ % batches.length]!);
      step.run(1e-4);
    }
    synchronize(device);
    return (performance.now() - startedMs) / steps;
  };
  milliseconds(1);
  const firstStepSeconds = (Date.now() - processStartMs()) / 1000;
  milliseconds(4);
  // As in a run, the host prepares a step while the device computes earlier ones.
  const times = Array.from({ length: 3 }, () => milliseconds(setting.steps))
    .sort((a, b) => a - b);
  const stepMs = times[1]!;
  const tokensPerSecond = A * B * T / stepMs * 1000;
  return {
    stepMs,
    tokensPerSecond,
    teraflops: tokensPerSecond * flopsPerToken(model_config, T) / 1e12,
    firstStepSeconds,
    peakGib: peakMemoryBytes(device) / 2 ** 30,
    loss: step.loss.item(),
  };
}

/** What a file of configs/model says. */
export function modelInput(name: string): ModelInput {
  const file = new URL(`../../configs/model/${name}.yaml`, import.meta.url);
  return parse(Deno.readTextFileSync(file)) as ModelInput;
}

/** When this process was started, as recorded by its parent. */
function processStartMs(): number {
  return Number(Deno.env.get("BENCH_STARTED_MS") ?? Date.now());
}

if (import.meta.main) {
  const setting: StepSetting = JSON.parse(Deno.args[0] ?? "{}");
  console.log(JSON.stringify(measure(setting)));
}

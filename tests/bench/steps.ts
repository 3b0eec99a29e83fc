/**
 * Training steps in every mode, compared with the theoretical limit and other libraries in Python.
 *
 * @module
 */

import { type DType, probeAttention } from "../../ffi/mod.ts";
import type { ModelConfig } from "../../lib/config/mod.ts";
import { flopsPerToken } from "../../lib/model/count.ts";
import { type PeerResult, runPeers, runStep } from "./_process.ts";
import { batchName, type Row } from "./_table.ts";
import { floorMs } from "./floor.ts";
import type { StepSetting } from "./step.ts";

/** The modes of `optimization.compile_mode`, and without `compile`. */
export const MODES = [
  "off",
  "default",
  "reduce-overhead",
  "max-autotune",
] as const;

/** Micro-batches, and how many make a step. */
type Batch = readonly [B: number, A: number];

/** What to measure. */
export interface StepsBench {
  readonly device: "cpu" | "cuda";
  /** Name in configs/model. */
  readonly model: string;
  readonly config: ModelConfig;
  /** Of a sequence, in tokens. */
  readonly sequenceLength: number;
  readonly precisions: readonly ("32-true" | "bf16-mixed")[];
  readonly batches: readonly Batch[];
  readonly modes: readonly StepSetting["mode"][];
  /** Peers as peers.py names them. */
  readonly peers: readonly string[];
  /** Steps that are timed. */
  readonly steps: number;
  /** A Python that has torch, and may have litgpt; null is without peers. */
  readonly python: string | null;
}

/** What is measured on a GPU: 200 s are the peers', most of it torch.compile, 20 s the limit and 150 s ours. */
export const GPU = {
  model: "moe-200m",
  sequenceLength: 2048,
  precisions: ["bf16-mixed"],
  batches: [[1, 1], [4, 1], [8, 1], [16, 1], [1, 16]],
  peers: [
    "grouped,8,default",
    "litgpt,8,default",
    "grouped,1,default,16",
    "litgpt,1,default,16",
    "grouped,16,default",
  ],
} as const;

const PEER_NAMES: Readonly<Record<string, string>> = {
  floor: "limit: library kernels alone",
  litgpt: "LitGPT",
  grouped: "PyTorch, grouped",
};

/** Measures one row after the other, the limits first. */
export async function* benchSteps(bench: StepsBench): AsyncGenerator<Row> {
  const { device, model, modes, batches, sequenceLength, steps } = bench;
  for (const precision of bench.precisions) {
    const rowOf = rowMaker(bench, precision);
    const limits = device === "cpu"
      ? productsAlone(bench, precision)
      : peersOf(bench, precision, batches.map(([B, A]) => `floor,${B},${A}`));
    for await (const limit of limits) yield rowOf(limit);
    for (const [B, A] of batches) {
      const setting = {
        model,
        precision,
        microBatchSize: B,
        accumulationIters: A,
        sequenceLength,
        steps,
      };
      for (const mode of modes) {
        const row = await ours({ ...setting, mode });
        if (row !== undefined) yield rowOf(row);
      }
    }
    if (device === "cuda" && modes.includes("default")) {
      const row = await ours({
        model,
        precision,
        mode: "default",
        microBatchSize: 8,
        accumulationIters: 1,
        sequenceLength,
        steps: 1,
      }, { isFirst: true });
      if (row !== undefined) yield rowOf(row);
    }
    for await (const peer of peersOf(bench, precision, bench.peers)) {
      yield rowOf(peer);
    }
  }
}

type Measured = Omit<
  Row,
  "precision" | "sequenceLength" | "teraflops" | "ofLimit"
>;

/** Adds the values derived from speed. The rows of limits must precede the rows that they limit. */
function rowMaker(
  { config, sequenceLength }: StepsBench,
  precision: Row["precision"],
): (measured: Measured) => Row {
  const limits = new Map<string, number>();
  const flops = flopsPerToken(config, sequenceLength);
  return (measured) => {
    const { name, tokensPerSecond } = measured;
    const row: Row = {
      ...measured,
      precision,
      sequenceLength,
      teraflops: tokensPerSecond * flops / 1e12,
    };
    const batch = batchName(row);
    if (name.startsWith("limit")) limits.set(batch, tokensPerSecond);
    const limit = limits.get(batch);
    return limit === undefined || limit === tokensPerSecond
      ? row
      : { ...row, ofLimit: tokensPerSecond / limit };
  };
}

async function ours(
  setting: StepSetting,
  options: { isFirst?: boolean } = {},
): Promise<Measured | undefined> {
  const { mode, microBatchSize, accumulationIters } = setting;
  const batch = { microBatchSize, accumulationIters };
  const name = `moebius, ${mode}${options.isFirst ? ", nothing compiled" : ""}`;
  try {
    const { tokensPerSecond, peakGib, firstStepSeconds } = await runStep(
      setting,
      options,
    );
    return { name, ...batch, tokensPerSecond, peakGib, firstStepSeconds };
  } catch (error) {
    const { message } = error as Error;
    console.error(`${name}, batch ${batchName(batch)}: ${message}`);
  }
}

async function* peersOf(
  { python, config, sequenceLength, device, steps }: StepsBench,
  precision: "32-true" | "bf16-mixed",
  specs: readonly string[],
): AsyncGenerator<Measured> {
  if (python === null) return;
  const setting = {
    model: config,
    length: sequenceLength,
    precision,
    device,
    steps,
  };
  for await (const peer of runPeers(python, setting, specs)) {
    yield { ...peer, name: peerName(peer) };
  }
}

function peerName({ name, mode }: PeerResult): string {
  const known = PEER_NAMES[name] ?? name;
  if (mode === undefined || mode === "eager") return known;
  return `${known}, compiled`;
}

/** Only the matrix products of a step, on a CPU. */
function* productsAlone(
  { config, batches, sequenceLength: T }: StepsBench,
  precision: "32-true" | "bf16-mixed",
): Generator<Measured> {
  const dtype: DType = precision === "32-true" ? "float32" : "bfloat16";
  const probes = probeAttention({
    device: "cpu",
    dtype,
    headSize: config.head_size,
  });
  for (const [B, A] of batches) {
    const ms = floorMs(config, {
      device: "cpu",
      dtype,
      attention: probes.find(({ works }) => works)!.backend,
      batchSize: B,
      sequenceLength: T,
    });
    yield {
      name: "limit: products alone",
      microBatchSize: B,
      accumulationIters: A,
      tokensPerSecond: B * T / ms * 1000,
    };
  }
}

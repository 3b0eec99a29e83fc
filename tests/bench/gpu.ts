/**
 * Training steps on a GPU in every mode, beside the peers in Python and the limit, all of the 549M model.
 *
 * @module
 */

import { runPython, runStep } from "./_process.ts";
import { batchName, type Row } from "./_table.ts";
import type { StepSetting } from "./step.ts";

/** The modes of `optimization.compile_mode`, and without `compile`. */
export const MODES = [
  "off",
  "default",
  "reduce-overhead",
  "max-autotune",
] as const;

/** Micro-batches, and how many make a step. */
const BATCHES: readonly (readonly [B: number, A: number])[] = [
  [1, 1],
  [4, 1],
  [8, 1],
  [16, 1],
  [1, 16],
];

/** Peers in Python, as peers.py names them: LitGPT and the best of plain PyTorch, compiled. */
const PEERS = [
  "litgpt,8,default",
  "litgpt,1,default,16",
  "grouped,8,default",
  "grouped,16,default",
  "grouped,1,default,16",
];

/** What to measure. */
export interface GpuBench {
  readonly steps: number;
  /** A Python that has torch, and may have litgpt; null is without peers. */
  readonly python: string | null;
  readonly modes: readonly StepSetting["mode"][];
}

/** Measures one row after the other. Limits come first: the others are their parts. */
export async function* benchGpu(
  { steps, python, modes }: GpuBench,
): AsyncGenerator<Row> {
  const precision = "bf16-mixed";
  const limits = new Map<string, number>();
  const peers = async function* (specs: readonly string[]) {
    if (python === null) return;
    for (const row of await runPython(python, "./peers.py", specs)) {
      if ("failed" in row) {
        console.error(`${row.name}: ${row.failed}`);
        continue;
      }
      yield row;
    }
  };
  for await (
    const { micro_batch, accumulate, tokens_per_s } of peers(
      BATCHES.map(([B, A]) => `floor,${B},${A}`),
    )
  ) {
    const batch = batchName(Number(micro_batch), Number(accumulate));
    limits.set(batch, Number(tokens_per_s));
    yield {
      name: "limit: library kernels alone",
      precision,
      batch,
      tokensPerSecond: Number(tokens_per_s),
    };
  }
  const withLimit = (row: Row): Row => {
    const limit = limits.get(row.batch);
    return limit === undefined
      ? row
      : { ...row, ofLimit: row.tokensPerSecond / limit };
  };
  for await (const row of peers(PEERS)) {
    yield withLimit({
      name: `${row.name}`,
      precision,
      batch: batchName(Number(row.micro_batch), Number(row.accumulate)),
      tokensPerSecond: Number(row.tokens_per_s),
      teraflops: Number(row.tflops),
      peakGib: Number(row.mem_gib),
      firstStepSeconds: Number(row.first_s),
    });
  }
  for (const [B, A] of BATCHES) {
    for (const mode of modes) {
      const result = await runStep({
        model: "moe-200m",
        precision,
        mode,
        microBatchSize: B,
        accumulationIters: A,
        sequenceLength: 2048,
        steps,
      });
      if (result === undefined) continue;
      yield withLimit({
        name: `moebius ${mode}`,
        precision,
        batch: batchName(B, A),
        ...result,
      });
    }
  }
}

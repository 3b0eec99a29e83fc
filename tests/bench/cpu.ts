/**
 * Training steps on the CPU, beside LitGPT's and the limit.
 *
 * @module
 */

import { parse } from "@std/yaml";
import { type DType, probeAttention } from "../../ffi/mod.ts";
import { type ModelConfig, modelConfigToYaml } from "../../lib/config/mod.ts";
import { runPython, runStep } from "./_process.ts";
import type { Row } from "./_table.ts";
import { floorMs } from "./floor.ts";

/** What to measure. */
export interface CpuBench {
  readonly model: string;
  readonly config: ModelConfig;
  readonly sequenceLength: number;
  readonly microBatchSize: number;
  readonly steps: number;
  /** A Python that may have litgpt. */
  readonly python: string;
}

/** Measures one row after the other. */
export async function* benchCpu(bench: CpuBench): AsyncGenerator<Row> {
  const { model, config, sequenceLength: T, microBatchSize: B, steps } = bench;
  for (const precision of ["32-true", "bf16-mixed"] as const) {
    const dtype: DType = precision === "32-true" ? "float32" : "bfloat16";
    const attention =
      probeAttention({ device: "cpu", dtype, headSize: config.head_size })
        .find(({ works }) => works)!.backend;
    const limitMs = floorMs(config, {
      device: "cpu",
      dtype,
      attention,
      batchSize: B,
      sequenceLength: T,
    });
    const limit = B * T / limitMs * 1000;
    const common = { precision, batch: `${B}` };
    yield {
      ...common,
      name: "limit: products alone",
      tokensPerSecond: limit,
    };
    for (const mode of ["off", "default"] as const) {
      const result = await runStep({
        model,
        precision,
        mode,
        microBatchSize: B,
        accumulationIters: 1,
        sequenceLength: T,
        steps,
      });
      if (result === undefined) continue;
      const { tokensPerSecond, peakGib, firstStepSeconds } = result;
      yield {
        ...common,
        name: `moebius, compile ${mode}`,
        tokensPerSecond,
        ofLimit: tokensPerSecond / limit,
        peakGib,
        firstStepSeconds,
      };
    }
    const setting = {
      model: parse(modelConfigToYaml(config)),
      precision,
      batch: B,
      length: T,
      steps,
    };
    const [peer] = await runPython(bench.python, "./peer_litgpt.py", [
      JSON.stringify(setting),
    ]);
    if (peer === undefined) continue;
    const tokensPerSecond = Number(peer.tokensPerSecond);
    yield {
      ...common,
      name: "LitGPT",
      tokensPerSecond,
      ofLimit: tokensPerSecond / limit,
      peakGib: Number(peer.peakGib),
    };
  }
}

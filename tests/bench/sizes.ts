/**
 * How the cost of a step grows: with longer sequences, their blocks kept or computed again in the backward
 * pass, and with more parameters in more experts.
 *
 * @module
 */

import {
  defineModelConfig,
  type ModelConfig,
  type ModelInput,
} from "../../lib/config/mod.ts";
import { countParameters, flopsPerToken } from "../../lib/model/count.ts";
import { stateBytes } from "../../lib/train/out_of_memory.ts";
import { runStep } from "./_process.ts";
import type { Row } from "./_table.ts";
import { modelInput, type StepSetting } from "./step.ts";

/** A model and a batch whose step is measured. */
export interface Size {
  /** What it is, beside the number of its parameters. */
  readonly name: string;
  /** Keys that differ from the model's. */
  readonly changes: ModelInput;
  readonly sequenceLength: number;
  /** Sequences of a step; half as many while memory is not enough. */
  readonly microBatchSize: number;
  readonly gradientCheckpointing?: boolean;
}

/** Sequences of a model's own length, of 4 and of 16 times as many tokens; as many tokens in each step. */
export function longContext({ block_size }: ModelConfig): Size[] {
  return [1, 4, 16].flatMap((times) =>
    [false, true].map((gradientCheckpointing): Size => ({
      name: gradientCheckpointing ? "blocks computed again" : "blocks kept",
      changes: { block_size: block_size * times },
      sequenceLength: block_size * times,
      microBatchSize: 16 / times,
      gradientCheckpointing,
    }))
  );
}

/** Twice as deep and a third wider than the 549M model: with 16 experts 3.2 billion parameters instead of 1.0. */
const THREE_BILLION: ModelInput = {
  n_layer: 24,
  n_embd: 1024,
  n_head: 16,
  n_query_groups: 4,
  moe_intermediate_size: 2560,
};

/**
 * Variants of the 549M model with more experts. With 64, each expert is a quarter as wide and a token uses 8
 * instead of 2, so that the numbers of total and active parameters stay the same.
 */
export const LARGER: readonly Size[] = [
  { name: "8 experts", changes: {} },
  { name: "16 experts", changes: { n_expert: 16 } },
  {
    name: "64 experts",
    changes: {
      n_expert: 64,
      n_expert_per_token: 8,
      moe_intermediate_size: 512,
    },
  },
  { name: "16 experts", changes: { ...THREE_BILLION, n_expert: 16 } },
  {
    name: "64 experts",
    changes: {
      ...THREE_BILLION,
      n_expert: 64,
      n_expert_per_token: 8,
      moe_intermediate_size: 640,
    },
  },
].map((size) => ({ ...size, sequenceLength: 2048, microBatchSize: 8 }));

/** What to measure with. */
export interface SizesBench extends Pick<StepSetting, "model" | "mode"> {
  readonly steps: number;
}

/** Measures one row after the other; sizes that do not fit are reported on stderr. */
export async function* benchSizes(
  sizes: readonly Size[],
  bench: SizesBench,
): AsyncGenerator<Row> {
  const precision = "bf16-mixed";
  for (const { name, microBatchSize: most, ...size } of sizes) {
    const config = defineModelConfig({
      ...modelInput(bench.model),
      ...size.changes,
    });
    const { total } = countParameters(config);
    const flops = flopsPerToken(config, size.sequenceLength);
    const parameters = total < 1e9
      ? `${(total / 1e6).toFixed(0)}M`
      : `${(total / 1e9).toFixed(1)}B`;
    const title = `${parameters}, ${name}`;
    for (let B = most; B >= 1; B /= 2) {
      const batch = { microBatchSize: B, accumulationIters: 1 };
      try {
        const { tokensPerSecond, peakGib, firstStepSeconds } = await runStep({
          ...bench,
          ...size,
          ...batch,
          precision,
        });
        yield {
          name: title,
          precision,
          ...batch,
          sequenceLength: size.sequenceLength,
          tokensPerSecond,
          teraflops: tokensPerSecond * flops / 1e12,
          stateGib: stateBytes(total, precision) / 2 ** 30,
          peakGib,
          firstStepSeconds,
        };
        break;
      } catch (error) {
        const { message } = error as Error;
        console.error(`${title}, batch ${B}: ${message}`);
        if (!/out of memory/i.test(message)) break;
      }
    }
  }
}

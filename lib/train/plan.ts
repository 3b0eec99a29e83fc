/**
 * When a run stops, and the schedule that follows from it.
 *
 * @module
 */

import {
  gradientAccumulationIters,
  type SizedRunConfig,
} from "../config/mod.ts";
import type { Schedule } from "./schedule.ts";

/** The rule that ends a run. */
export type StopRule = "max_tokens" | "max_steps" | "max_time" | "epochs";

/** How long a run is. */
export interface RunPlan {
  /** Micro-batches in an optimizer step. */
  readonly accumulationIters: number;
  /** Optimizer steps; Infinity if only time limits the run. */
  readonly steps: number;
  /** The rule that decides `steps`. */
  readonly rule: StopRule;
  /** Learning rate by iteration. */
  readonly schedule: Schedule;
}

/** Plans a run, given how many micro-batches an epoch has. */
export function planRun(
  { train, optimizer }: Pick<SizedRunConfig, "train" | "optimizer">,
  batchesPerEpoch: number,
): RunPlan {
  const accumulationIters = gradientAccumulationIters(train);
  const tokensPerIter = train.micro_batch_size * train.max_seq_length;
  const limits: [StopRule, number][] = [
    ["max_tokens", Math.floor((train.max_tokens ?? Infinity) / tokensPerIter)],
    ["max_steps", (train.max_steps ?? Infinity) * accumulationIters],
    ["epochs", (train.epochs ?? Infinity) * batchesPerEpoch],
  ];
  const maxIters = Math.min(...limits.map(([, iters]) => iters));
  const rule =
    limits.find(([, iters]) => iters === maxIters && iters < Infinity)?.[0] ??
      "max_time";
  const warmup = train.lr_warmup_fraction === null
    ? (train.lr_warmup_steps ?? 0) * accumulationIters
    : train.lr_warmup_fraction * batchesPerEpoch;
  return {
    accumulationIters,
    steps: Math.floor(maxIters / accumulationIters),
    rule,
    schedule: {
      learningRate: optimizer.init_args.lr,
      minLearningRate: train.min_lr,
      warmupIters: Math.min(maxIters, warmup),
      maxIters: maxIters === Infinity ? null : maxIters,
    },
  };
}

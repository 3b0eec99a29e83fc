/**
 * When a run stops, and the schedule that follows from it.
 *
 * @module
 */

import {
  gradientAccumulationIters,
  type SizedRunConfig,
  tokensPerStep,
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

/** Progress at which a resumed run starts, from its checkpoint. */
export interface PlanStart {
  /** Optimizer steps done. */
  readonly step: number;
  /** Tokens trained on. */
  readonly tokens: number;
}

/**
 * Plans a run, given the number of micro-batches in an epoch. A run that resumes with another
 * global_batch_size still ends after `max_tokens` and `epochs`; the number of steps is adjusted.
 */
export function planRun(
  { train, optimizer }: Pick<SizedRunConfig, "train" | "optimizer">,
  batchesPerEpoch: number,
  { start = { step: 0, tokens: 0 } }: { start?: PlanStart } = {},
): RunPlan {
  const accumulationIters = gradientAccumulationIters(train);
  const tokensPerIter = train.micro_batch_size * train.max_seq_length;
  const stepTokens = tokensPerStep(train);
  const limits: [StopRule, tokens: number][] = [
    ["max_tokens", train.max_tokens ?? Infinity],
    [
      "max_steps",
      start.tokens + ((train.max_steps ?? Infinity) - start.step) * stepTokens,
    ],
    ["epochs", (train.epochs ?? Infinity) * batchesPerEpoch * tokensPerIter],
  ];
  const [rule, maxTokens] = limits.reduce((first, limit) =>
    limit[1] < first[1] ? limit : first
  );
  const maxIters = Math.floor(maxTokens / tokensPerIter);
  const warmup = train.lr_warmup_fraction === null
    ? (train.lr_warmup_steps ?? 0) * accumulationIters
    : Math.ceil(train.lr_warmup_fraction * batchesPerEpoch);
  return {
    accumulationIters,
    steps: start.step + Math.floor((maxTokens - start.tokens) / stepTokens),
    rule: maxTokens === Infinity ? "max_time" : rule,
    schedule: {
      learningRate: optimizer.init_args.lr,
      minLearningRate: train.min_lr,
      warmupIters: Math.min(maxIters, warmup),
      maxIters: maxIters === Infinity ? null : maxIters,
    },
  };
}

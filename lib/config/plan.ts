/**
 * Derives the number of micro-batches in a step and of steps in a run from the run's settings.
 *
 * @module
 */

import type { RunConfig, SizedRunConfig } from "./train.ts";

/** The settings that {@linkcode tokensPerStep} and {@linkcode plannedSteps} need. */
export type Plan = Pick<
  RunConfig["train"],
  "global_batch_size" | "max_seq_length" | "max_tokens" | "max_steps"
>;

/**
 * Number of micro-batches whose gradients make one optimizer step.
 *
 * @param train `config.train`.
 */
export function gradientAccumulationIters(
  train: Pick<
    SizedRunConfig["train"],
    "global_batch_size" | "micro_batch_size"
  >,
): number {
  return train.global_batch_size / train.micro_batch_size;
}

/**
 * Number of tokens in one optimizer step.
 *
 * @param train `config.train`.
 */
export function tokensPerStep(train: Plan): number {
  return train.global_batch_size * train.max_seq_length;
}

/**
 * Number of optimizer steps that max_tokens and max_steps allow: the length of the learning rate's schedule. A run can
 * end earlier, by max_time or epochs.
 *
 * @param train `config.train`.
 * @returns Null if neither is given.
 */
export function plannedSteps(train: Plan): number | null {
  const { max_tokens, max_steps } = train;
  const limits = [
    max_steps,
    max_tokens === null ? null : Math.floor(max_tokens / tokensPerStep(train)),
  ].filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** Whether a run's micro_batch_size is a number instead of "auto". */
export function isSized(config: RunConfig): config is SizedRunConfig {
  return config.train.micro_batch_size !== "auto";
}

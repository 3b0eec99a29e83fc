/**
 * Which trials are hopeless and end early.
 *
 * Iterations are counted as Weights & Biases counts them: by the values of the metric that a trial has so far.
 *
 * - `median`: Vizier's rule (Golovin et al., KDD 2017): worse at its best than the median of the finished trials at
 *   the same iteration.
 * - `asha`: asynchronous successive halving (Li et al., MLSys 2020): at iterations min_iter, min_iter x eta, ... one in
 *   eta of all that came so far goes on.
 * - `hyperband`: the same with the brackets of Weights & Biases, and patient: a trial counts with its best value, and
 *   none ends before eta trials have come so far. With `strict` it is asha.
 *
 * @module
 */

import type { EarlyTerminate } from "./input.ts";

/** How a trial has been going: smaller is better. */
export interface Course {
  /** The metric at each iteration. */
  readonly losses: readonly number[];
  /** Whether it ran to its end. */
  readonly isComplete: boolean;
}

/**
 * Whether a trial should end at this iteration.
 *
 * @param rule The rule.
 * @param losses The trial's metric up to this iteration, which is its length; smaller is better.
 * @param others All other trials.
 */
export function isHopeless(
  rule: EarlyTerminate,
  losses: readonly number[],
  others: readonly Course[],
): boolean {
  const iteration = losses.length;
  const last = losses.at(-1);
  if (last === undefined) return false;
  if (Number.isNaN(last)) return true;
  if (rule.type === "median") {
    if (iteration < rule.min_iter) return false;
    const complete = others.filter((other) => other.isComplete);
    if (complete.length < rule.startup_trials) return false;
    const there = complete.flatMap((other) =>
      other.losses.slice(iteration - 1, iteration)
    );
    return there.length > 0 && Math.min(...losses) > median(there);
  }
  if (!isRung(rule, iteration)) return false;
  const isPatient = rule.type === "hyperband" && !rule.strict;
  const result = (all: readonly number[]) =>
    isPatient
      ? Math.min(...all.slice(0, iteration))
      : all[iteration - 1] ?? Infinity;
  const rivals = others.filter((other) => other.losses.length >= iteration);
  const count = rivals.length + 1;
  if (isPatient && count < rule.eta) return false;
  const own = result(losses);
  const better = rivals.filter((other) => result(other.losses) < own).length;
  return better >= Math.max(1, Math.floor(count / rule.eta));
}

/** The iterations at which trials are compared, up to a limit. */
export function rungsOf(
  rule: Exclude<EarlyTerminate, { type: "median" }>,
  limit: number,
): number[] {
  const rungs: number[] = [];
  if (rule.type === "hyperband" && rule.max_iter !== undefined) {
    for (let k = 1; k <= (rule.s ?? 1); k++) {
      const rung = Math.floor(rule.max_iter / rule.eta ** k);
      if (rung >= 1 && rung <= limit) rungs.unshift(rung);
    }
    return rungs;
  }
  let rung = rule.min_iter ?? 1;
  for (; rung <= limit; rung *= rule.eta) rungs.push(Math.floor(rung));
  return rungs;
}

function isRung(
  rule: Exclude<EarlyTerminate, { type: "median" }>,
  iteration: number,
): boolean {
  return rungsOf(rule, iteration).at(-1) === iteration;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

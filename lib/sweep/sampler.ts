/**
 * Which parameters the next trial gets: the grid in order, draws at random, or TPE.
 *
 * @module
 */

import { Random } from "../data/random.ts";
import {
  gridCombination,
  gridSize,
  sampleSpace,
  type SearchSpace,
  type TrialParameters,
} from "./space.ts";
import { type Observation, suggestTpe, type TpeOptions } from "./tpe.ts";

/** How parameters are chosen. */
export type SweepMethod = "grid" | "random" | "bayes";

/** What the next trial's parameters follow from; the same gives the same parameters, on every machine. */
export interface SuggestOptions {
  /** How they are chosen. */
  readonly method: SweepMethod;
  /** The parameters. */
  readonly space: SearchSpace;
  /** Seed of the sweep. */
  readonly seed: number;
  /** Number of the trial, from 0. */
  readonly number: number;
  /** Counts the suggestions for this trial that could not be used, from 0. */
  readonly attempt?: number;
  /** The trials before it, in order; only bayes reads them. */
  readonly observations?: readonly Observation[];
  /** Settings of bayes. */
  readonly tpe?: TpeOptions;
}

/**
 * Suggests the parameters of a trial.
 *
 * @returns Null if the grid has no combination of this number.
 * @example
 * ```ts
 * import { suggest } from "./sampler.ts";
 *
 * const lr = { kind: "range", min: 1e-5, max: 1e-1, log: true, step: null } as const;
 * const space = [{ key: "optimizer.init_args.lr", distribution: lr }];
 * console.log(suggest({ method: "random", space, seed: 42, number: 0 }));
 * ```
 */
export function suggest(options: SuggestOptions): TrialParameters | null {
  const { method, space, seed, number, attempt = 0 } = options;
  if (method === "grid") {
    return number < gridSize(space) ? gridCombination(space, number) : null;
  }
  const random = new Random(seed, number, attempt);
  return method === "random"
    ? sampleSpace(space, random)
    : suggestTpe(space, options.observations ?? [], random, options.tpe);
}

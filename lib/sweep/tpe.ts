/**
 * The tree-structured Parzen estimator: estimates one density of the parameters of good trials and one of the
 * others. The next trial is where the ratio of the first to the second is largest.
 *
 * Bergstra, Bardenet, Bengio, Kegl: Algorithms for Hyper-Parameter Optimization, NIPS 2011; the constants are
 * Optuna's defaults, and so are the weights of old trials and the widths of the kernels. A density is a mixture of
 * one kernel per trial and one, the prior, as wide as the range.
 *
 * @module
 */

import type { Random } from "../data/random.ts";
import {
  logNormalDensity,
  logNormalMass,
  truncatedNormalQuantile,
} from "./normal.ts";
import {
  type Distribution,
  drawIndex,
  fromLatent,
  latentBounds,
  latentCell,
  type NumericDistribution,
  type ParameterValue,
  sampleSpace,
  type SearchSpace,
  toLatent,
  type TrialParameters,
  uniform,
} from "./space.ts";

/** A trial as TPE sees it. */
export interface Observation {
  /** Its parameters. */
  readonly parameters: TrialParameters;
  /** Its state; a running trial counts as not good, so that concurrent trials differ. */
  readonly state: "complete" | "pruned" | "failed" | "running";
  /** The metric at its end, smaller is better; null if there is none. */
  readonly loss: number | null;
  /** Number of values of the metric that it reached. */
  readonly iterations: number;
}

/** Settings of {@linkcode suggestTpe}. */
export interface TpeOptions {
  /** Trials drawn at random first. Default: 10. */
  readonly startupTrials?: number;
  /** Points drawn from the density of good trials, of which the best is taken. Default: 24. */
  readonly candidates?: number;
  /**
   * One joint density over all parameters instead of one for each (Optuna's default from version 5 on). Default:
   * true.
   */
  readonly multivariate?: boolean;
}

/** Weight of the prior; each trial has weight 1, or less if it is old. */
const PRIOR_WEIGHT = 1;
/** Number of the newest trials with full weight; older ones have less weight, the oldest the least. */
const RECENT_TRIALS = 25;
const MAX_GOOD_TRIALS = 25;

/** Suggests the next parameters. */
export function suggestTpe(
  space: SearchSpace,
  observations: readonly Observation[],
  random: Random,
  options: TpeOptions = {},
): TrialParameters {
  const { startupTrials = 10, candidates = 24, multivariate = true } = options;
  const ended = observations.filter(({ state }) =>
    state === "complete" || state === "pruned"
  );
  if (ended.length < startupTrials) return sampleSpace(space, random);
  const { good, others } = splitTrials(observations, ended.length);
  const groups = multivariate ? [space] : space.map((parameter) => [parameter]);
  return Object.assign(
    {},
    ...groups.map((group) =>
      suggestGroup(group, { good, others }, random, candidates)
    ),
  );
}

/** Splits trials into the best tenth and the rest, both in their original order. */
function splitTrials(
  observations: readonly Observation[],
  endedCount: number,
): { good: Observation[]; others: Observation[] } {
  const goodCount = Math.min(Math.ceil(0.1 * endedCount), MAX_GOOD_TRIALS);
  const loss = (trial: Observation) => trial.loss ?? Infinity;
  const ranked = [
    ...observations.filter(({ state }) => state === "complete")
      .toSorted((a, b) => compare(loss(a), loss(b))),
    // Pruned trials that ran longer are better than those that stopped earlier.
    ...observations.filter(({ state }) => state === "pruned").toSorted((a, b) =>
      b.iterations - a.iterations || compare(loss(a), loss(b))
    ),
  ];
  const best = new Set(ranked.slice(0, goodCount));
  return {
    good: observations.filter((trial) => best.has(trial)),
    others: observations.filter((trial) => !best.has(trial)),
  };
}

/** Compares two numbers; unlike a difference, this also works for two infinities. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function suggestGroup(
  group: SearchSpace,
  { good, others }: { good: Observation[]; others: Observation[] },
  random: Random,
  candidates: number,
): TrialParameters {
  const estimate = (trials: readonly Observation[]) => ({
    weights: [...trialWeights(trials.length), PRIOR_WEIGHT],
    kernels: group.map(({ key, distribution }) =>
      fitKernels(
        distribution,
        trials.map(({ parameters }) => parameters[key] ?? null),
      )
    ),
  });
  const [l, g] = [estimate(good), estimate(others)];
  let best: readonly ParameterValue[] = [];
  let bestRatio = -Infinity;
  for (let i = 0; i < candidates; i++) {
    const kernel = drawIndex(l.weights, random);
    const values = l.kernels.map((each) => each.draw(kernel, random));
    const ratio = logDensity(l, values) - logDensity(g, values);
    if (i === 0 || ratio > bestRatio) [best, bestRatio] = [values, ratio];
  }
  return Object.fromEntries(
    group.map(({ key }, index) => [key, best[index] ?? null]),
  );
}

/** Weights of trials: rising from the oldest up to the most recent, which have full weight. */
function trialWeights(count: number): number[] {
  const old = count - RECENT_TRIALS;
  return Array.from({ length: count }, (_, i) => {
    if (i >= old) return 1;
    return old === 1 ? 1 / count : 1 / count + (1 - 1 / count) * i / (old - 1);
  });
}

/** The kernels of one parameter: one for each trial, and last the prior. */
interface Kernels {
  draw(kernel: number, random: Random): ParameterValue;
  logDensity(kernel: number, value: ParameterValue): number;
}

function logDensity(
  { weights, kernels }: { weights: number[]; kernels: Kernels[] },
  values: readonly ParameterValue[],
): number {
  const terms = weights.map((weight, kernel) =>
    kernels.reduce(
      (sum, each, i) => sum + each.logDensity(kernel, values[i] ?? null),
      Math.log(weight),
    )
  );
  const most = Math.max(...terms);
  if (most === -Infinity) return -Infinity;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sum = terms.reduce((sum, term) => sum + Math.exp(term - most), 0);
  return most + Math.log(sum) - Math.log(total);
}

function fitKernels(
  distribution: Distribution,
  values: readonly ParameterValue[],
): Kernels {
  switch (distribution.kind) {
    case "constant":
      return { draw: () => distribution.value, logDensity: () => 0 };
    case "categorical":
      return fitCategories(distribution, values);
    default:
      return fitNormals(distribution, values.map(Number));
  }
}

/** Each kernel favours its trial's category and gives the others a share, which shrinks with more trials. */
function fitCategories(
  { values, probabilities }: Extract<Distribution, { kind: "categorical" }>,
  observed: readonly ParameterValue[],
): Kernels {
  const keys = values.map((value) => JSON.stringify(value));
  const indices = observed.map((value) => keys.indexOf(JSON.stringify(value)));
  const spread = PRIOR_WEIGHT * values.length / (observed.length + 1);
  const rows = [
    ...indices.map((index) =>
      probabilities.map((probability, i) =>
        (spread * probability + Number(i === index)) / (spread + 1)
      )
    ),
    probabilities,
  ];
  return {
    draw: (kernel, random) =>
      values[drawIndex(rows[kernel] ?? probabilities, random)] ?? null,
    logDensity: (kernel, value) =>
      Math.log(rows[kernel]?.[keys.indexOf(JSON.stringify(value))] ?? 0),
  };
}

/** A truncated normal around each trial, as wide as the distance to its farther neighbour. */
function fitNormals(
  distribution: NumericDistribution,
  observed: readonly number[],
): Kernels {
  const [low, high] = latentBounds(distribution);
  const prior = distribution.kind === "normal"
    ? { mean: distribution.mu, sigma: distribution.sigma }
    : { mean: (low + high) / 2, sigma: high - low };
  const means = observed.map((value) => toLatent(distribution, value));
  const sigmas = kernelWidths(means, prior, [low, high]);
  means.push(prior.mean);
  sigmas.push(prior.sigma);
  const insides = means.map((mean, i) =>
    logNormalMass((low - mean) / sigmas[i]!, (high - mean) / sigmas[i]!)
  );
  const { step } = distribution;
  return {
    draw: (kernel, random) => {
      const mean = means[kernel]!;
      const sigma = sigmas[kernel]!;
      const cut = { mean, sigma, low, high };
      // Half a step from 0, whose quantile has no place in an unbounded range.
      const p = uniform(random) + 2 ** -54;
      return fromLatent(distribution, truncatedNormalQuantile(p, cut));
    },
    logDensity: (kernel, value) => {
      const mean = means[kernel]!;
      const sigma = sigmas[kernel]!;
      const inside = insides[kernel]!;
      if (step === null) {
        const z = (toLatent(distribution, Number(value)) - mean) / sigma;
        return logNormalDensity(z) - Math.log(sigma) - inside;
      }
      const [from, to] = latentCell(distribution, Number(value), step);
      return logNormalMass((from - mean) / sigma, (to - mean) / sigma) - inside;
    },
  };
}

/** Distance of each trial to its farther neighbour, at least a part of the range that shrinks with more trials. */
function kernelWidths(
  means: readonly number[],
  prior: { mean: number; sigma: number },
  [low, high]: readonly [number, number],
): number[] {
  const narrowest = prior.sigma / Math.min(100, 2 + means.length);
  const order = means.map((_, i) => i)
    .toSorted((a, b) => compare(means[a]!, means[b]!));
  const widths = means.map(() => prior.sigma);
  for (const [place, index] of order.entries()) {
    const mean = means[index]!;
    const left = means[order[place - 1] ?? -1];
    const right = means[order[place + 1] ?? -1];
    // The bounds are neighbours only of a trial that has no other.
    const width = left === undefined && right === undefined
      ? Math.max(mean - low, high - mean)
      : Math.max(
        left === undefined ? 0 : mean - left,
        right === undefined ? 0 : right - mean,
      );
    widths[index] = Math.min(Math.max(width, narrowest), prior.sigma);
  }
  return widths;
}

/**
 * What a sweep searches: parameters, the values they can take, and how those are drawn.
 *
 * @module
 */

import type { Random } from "../data/random.ts";
import { normalQuantile } from "./normal.ts";

/** A value of a parameter: whatever YAML can hold. */
export type ParameterValue =
  | string
  | number
  | boolean
  | null
  | readonly ParameterValue[];

/** Dotted key of the training configuration to its value in one trial. */
export type TrialParameters = Readonly<Record<string, ParameterValue>>;

/** Which values a parameter can take, and how often. */
export type Distribution =
  | { readonly kind: "constant"; readonly value: ParameterValue }
  | {
    readonly kind: "categorical";
    readonly values: readonly ParameterValue[];
    /** As many as values, with sum 1. */
    readonly probabilities: readonly number[];
  }
  | {
    /** Even between two bounds. */
    readonly kind: "range";
    readonly min: number;
    readonly max: number;
    /** Even in the logarithm. */
    readonly log: boolean;
    /** Distance of the values, which are its multiples; null is any number. */
    readonly step: number | null;
  }
  | {
    /** A bell curve without bounds. */
    readonly kind: "normal";
    readonly mu: number;
    readonly sigma: number;
    /** Of the logarithm. */
    readonly log: boolean;
    readonly step: number | null;
  };

/** One parameter of a sweep. */
export interface SweepParameter {
  /** Dotted key of the training configuration. */
  readonly key: string;
  /** Its values. */
  readonly distribution: Distribution;
}

/** All parameters of a sweep. */
export type SearchSpace = readonly SweepParameter[];

/** A distribution over numbers. */
export type NumericDistribution = Extract<
  Distribution,
  { kind: "range" | "normal" }
>;

/** A uniform draw from 0 (included) to 1 (excluded), with 53 bits. */
export function uniform(random: Random): number {
  const high = random.uint32() >>> 5;
  const low = random.uint32() >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** Draws a value for every parameter, independently. */
export function sampleSpace(
  space: SearchSpace,
  random: Random,
): TrialParameters {
  return Object.fromEntries(
    space.map(({ key, distribution }) => [key, sample(distribution, random)]),
  );
}

function sample(distribution: Distribution, random: Random): ParameterValue {
  switch (distribution.kind) {
    case "constant":
      return distribution.value;
    case "categorical": {
      const { values, probabilities } = distribution;
      return values[drawIndex(probabilities, random)] ?? null;
    }
    case "range": {
      const [low, high] = latentBounds(distribution);
      return fromLatent(distribution, low + uniform(random) * (high - low));
    }
    case "normal": {
      const { mu, sigma } = distribution;
      // Half a step from 0, whose quantile is minus infinity.
      const z = normalQuantile(uniform(random) + 2 ** -54);
      return fromLatent(distribution, mu + sigma * z);
    }
  }
}

/** Draws an index with the given weights, which need not have sum 1. */
export function drawIndex(weights: readonly number[], random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = uniform(random) * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    if (left < weight) return index;
    left -= weight;
  }
  return last;
}

/** How many values a distribution has; Infinity for a continuous one. */
export function countValues(distribution: Distribution): number {
  switch (distribution.kind) {
    case "constant":
      return 1;
    case "categorical":
      return distribution.values.length;
    case "range": {
      if (distribution.step === null) return Infinity;
      const [first, last] = multiples(distribution, distribution.step);
      return last - first + 1;
    }
    case "normal":
      return Infinity;
  }
}

/**
 * The values of a distribution that has finitely many, in order.
 *
 * @throws {RangeError} If it is continuous.
 */
export function valuesOf(distribution: Distribution): ParameterValue[] {
  switch (distribution.kind) {
    case "constant":
      return [distribution.value];
    case "categorical":
      return [...distribution.values];
    case "range": {
      const { step } = distribution;
      if (step === null) break;
      const [first, last] = multiples(distribution, step);
      return Array.from(
        { length: last - first + 1 },
        (_, i) => multiple(first + i, step),
      );
    }
  }
  throw new RangeError("Cannot list the values of a continuous distribution");
}

/** The values at the edges: first and last of a range, every category. */
export function cornersOf(distribution: Distribution): ParameterValue[] {
  switch (distribution.kind) {
    case "constant":
      return [distribution.value];
    case "categorical":
      return [...distribution.values];
    case "range": {
      const [low, high] = latentBounds(distribution);
      const edges = [low, high].map((z) => fromLatent(distribution, z));
      return edges[0] === edges[1] ? edges.slice(1) : edges;
    }
    case "normal": {
      const { mu, sigma } = distribution;
      return [mu - 3 * sigma, mu + 3 * sigma]
        .map((z) => fromLatent(distribution, z));
    }
  }
}

/** Combination `index` of a grid; the last parameter changes fastest. */
export function gridCombination(
  space: SearchSpace,
  index: number,
): TrialParameters {
  const entries: [string, ParameterValue][] = [];
  for (const { key, distribution } of space.toReversed()) {
    const values = valuesOf(distribution);
    entries.push([key, values[index % values.length] ?? null]);
    index = Math.floor(index / values.length);
  }
  return Object.fromEntries(entries.toReversed());
}

/** How many combinations a grid has. */
export function gridSize(space: SearchSpace): number {
  return space.reduce(
    (product, { distribution }) => product * countValues(distribution),
    1,
  );
}

/**
 * The interval that values are drawn from evenly: logarithms where the distribution says so, and with half
 * a step around the outermost values where it has steps, so that each has the same share.
 */
export function latentBounds(
  distribution: NumericDistribution,
): readonly [low: number, high: number] {
  if (distribution.kind === "normal") return [-Infinity, Infinity];
  const { min, max, log, step } = distribution;
  let [low, high] = [min, max];
  if (step !== null) {
    const [first, last] = multiples(distribution, step);
    [low, high] = [(first - 0.5) * step, (last + 0.5) * step];
  }
  return log ? [Math.log(low), Math.log(high)] : [low, high];
}

/** The point of {@linkcode latentBounds}' interval that stands for a value. */
export function toLatent({ log }: NumericDistribution, value: number): number {
  return log ? Math.log(value) : value;
}

/** The part of {@linkcode latentBounds}' interval that becomes a value of a distribution with steps. */
export function latentCell(
  { log }: NumericDistribution,
  value: number,
  step: number,
): readonly [low: number, high: number] {
  const low = value - step / 2;
  const high = value + step / 2;
  if (!log) return [low, high];
  return [low > 0 ? Math.log(low) : -Infinity, Math.log(high)];
}

/** The value that a point of {@linkcode latentBounds}' interval stands for. */
export function fromLatent(
  distribution: NumericDistribution,
  latent: number,
): number {
  const { log, step, kind } = distribution;
  const value = log ? Math.exp(latent) : latent;
  if (kind === "normal") {
    if (step === null) return value;
    // A logarithm of 0 has no place among the observations.
    return multiple(
      Math.max(Math.round(value / step), log ? 1 : -Infinity),
      step,
    );
  }
  const clamp = (x: number, low: number, high: number) =>
    Math.min(Math.max(x, low), high);
  if (step === null) return clamp(value, distribution.min, distribution.max);
  const [first, last] = multiples(distribution, step);
  return multiple(clamp(Math.round(value / step), first, last), step);
}

/** The first and the last multiple of a step that lie within the bounds. */
function multiples(
  { min, max }: { min: number; max: number },
  step: number,
): [first: number, last: number] {
  // 0.3 / 0.1 is 2.9999999999999996.
  const slack = 1e-9;
  return [Math.ceil(min / step - slack), Math.floor(max / step + slack)];
}

/** A multiple without the digits that multiplying adds: 3 x 0.1 is 0.3. */
function multiple(count: number, step: number): number {
  return Number((count * step).toPrecision(12));
}

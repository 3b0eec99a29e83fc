/**
 * How much each parameter matters: permutation importance of a random forest (Breiman, Machine Learning 45, 2001),
 * which learns the metric from the parameters of the trials that ran to their end.
 *
 * @module
 */

import { Random } from "../data/random.ts";
import type { ParameterValue, SweepParameter } from "./space.ts";
import type { Study } from "./study.ts";

/** How much a parameter matters. */
export interface Importance {
  /** The parameter's key. */
  readonly key: string;
  /** Its part of the whole, from 0 to 1. */
  readonly importance: number;
}

const TREES = 100;
/** Fewer trials tell nothing. */
const MIN_TRIALS = 4;
const MIN_LEAF = 2;

/** A tree over rows of features: a leaf has the mean of its rows. */
type Tree =
  | { readonly mean: number }
  | {
    readonly feature: number;
    readonly threshold: number;
    readonly below: Tree;
    readonly above: Tree;
  };

/** Features and value of a trial. */
interface Row {
  readonly features: readonly number[];
  readonly value: number;
}

/**
 * Measures how much worse the forest predicts trials it has not seen when one parameter's values are shuffled.
 *
 * @returns The parameters that vary, the most important first; none if there are fewer than four complete trials, or
 * these tell nothing.
 */
export function importances(study: Study): Importance[] {
  const parameters = study.definition.space
    .filter(({ distribution }) => distribution.kind !== "constant");
  const rows = study.trials.flatMap((trial): Row[] =>
    trial.state === "complete" && trial.value !== null
      ? [{
        value: trial.value,
        features: parameters.map((parameter) =>
          featureOf(parameter, trial.parameters[parameter.key] ?? null)
        ),
      }]
      : []
  );
  if (rows.length < MIN_TRIALS) return [];
  const raw = forestImportances(rows, parameters.length);
  const total = raw.reduce((sum, each) => sum + each, 0);
  if (total === 0) return [];
  return parameters
    .map(({ key }, i) => ({ key, importance: (raw[i] ?? 0) / total }))
    .toSorted((a, b) => b.importance - a.importance);
}

/** A number that trees can split: logarithms where the range is logarithmic, the place of a category. */
function featureOf(
  { distribution }: SweepParameter,
  value: ParameterValue,
): number {
  if (distribution.kind === "categorical") {
    const text = JSON.stringify(value);
    return distribution.values.findIndex((each) =>
      JSON.stringify(each) === text
    );
  }
  if (distribution.kind === "constant") return 0;
  return distribution.log ? Math.log(Number(value)) : Number(value);
}

function forestImportances(rows: readonly Row[], width: number): number[] {
  const random = new Random(0);
  const sums = new Array<number>(width).fill(0);
  for (let t = 0; t < TREES; t++) {
    const drawn = rows.map(() => random.below(rows.length));
    const inBag = new Set(drawn);
    const unseen = rows.filter((_, i) => !inBag.has(i));
    if (unseen.length < 2) continue;
    const tree = grow(drawn.map((i) => rows[i]!), width, random);
    const error = squaredError(tree, unseen);
    for (let feature = 0; feature < width; feature++) {
      const shuffled = shuffleFeature(unseen, feature, random);
      sums[feature]! += squaredError(tree, shuffled) - error;
    }
  }
  return sums.map((sum) => Math.max(0, sum / TREES));
}

function grow(rows: readonly Row[], width: number, random: Random): Tree {
  const mean = rows.reduce((sum, { value }) => sum + value, 0) / rows.length;
  const split = rows.length < 2 * MIN_LEAF
    ? null
    : bestSplit(rows, chooseFeatures(width, random));
  if (split === null) return { mean };
  const { feature, threshold } = split;
  const isBelow = (row: Row) => row.features[feature]! <= threshold;
  return {
    feature,
    threshold,
    below: grow(rows.filter(isBelow), width, random),
    above: grow(rows.filter((row) => !isBelow(row)), width, random),
  };
}

/** Two thirds of the features, so that trees differ. */
function chooseFeatures(width: number, random: Random): number[] {
  const left = Array.from({ length: width }, (_, i) => i);
  return Array.from(
    { length: Math.ceil(2 * width / 3) },
    () => left.splice(random.below(left.length), 1)[0]!,
  );
}

/** The split that leaves the least variance; null if none leaves less than there is. */
function bestSplit(
  rows: readonly Row[],
  features: readonly number[],
): { feature: number; threshold: number } | null {
  const total = rows.reduce((sum, { value }) => sum + value, 0);
  // The least squared error is where the sum of (sum of a side)^2 / (rows of that side) is largest.
  let best = total * total / rows.length + 1e-12 * Math.abs(total);
  let split: { feature: number; threshold: number } | null = null;
  for (const feature of features) {
    const sorted = rows.toSorted((a, b) =>
      a.features[feature]! - b.features[feature]!
    );
    let sum = 0;
    for (let count = 1; count < sorted.length; count++) {
      sum += sorted[count - 1]!.value;
      const here = sorted[count - 1]!.features[feature]!;
      const next = sorted[count]!.features[feature]!;
      const rest = sorted.length - count;
      if (here === next || count < MIN_LEAF || rest < MIN_LEAF) continue;
      const gain = sum * sum / count + (total - sum) ** 2 / rest;
      if (gain <= best) continue;
      best = gain;
      split = { feature, threshold: (here + next) / 2 };
    }
  }
  return split;
}

function predict(tree: Tree, features: readonly number[]): number {
  let node = tree;
  while (!("mean" in node)) {
    node = features[node.feature]! <= node.threshold ? node.below : node.above;
  }
  return node.mean;
}

function squaredError(tree: Tree, rows: readonly Row[]): number {
  return rows.reduce(
    (sum, { features, value }) => sum + (predict(tree, features) - value) ** 2,
    0,
  ) / rows.length;
}

function shuffleFeature(
  rows: readonly Row[],
  feature: number,
  random: Random,
): Row[] {
  const values = rows.map(({ features }) => features[feature]!);
  return rows.map(({ features, value }) => ({
    value,
    features: features.with(
      feature,
      values.splice(random.below(values.length), 1)[0]!,
    ),
  }));
}

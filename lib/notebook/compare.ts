/**
 * Figures of runs: several runs in one figure, and the loads of their experts.
 *
 * @module
 */

import { balanceFigure, expertLoadFigure } from "../plots/routing.ts";
import { type RunSeries, trainingFigure } from "../plots/training.ts";
import { Plot } from "./plot.ts";
import type { FollowedRun } from "./follow.ts";

/** A run that can be compared: one of this kernel, a followed one, or named rows of metrics. */
export type Comparable =
  | RunSeries
  | { readonly name: string; readonly metrics: RunSeries["rows"] };

function seriesOf(run: Comparable): RunSeries {
  return "rows" in run ? run : { name: run.name, rows: run.metrics };
}

/**
 * Loss, learning rate, gradient norm and speed of several runs in one figure.
 *
 * @example
 * ```ts
 * import { compare } from "moebius";
 *
 * const rows = [{ optimizer_step: 1, loss: 8.3 }];
 * const plot = compare([{ name: "a", rows }, { name: "b", rows }]);
 * ```
 */
export function compare(runs: readonly Comparable[]): Plot {
  const series = runs.map(seriesOf);
  return new Plot(
    trainingFigure(series),
    `Training of ${series.map(({ name }) => name).join(", ")}`,
  );
}

/** Entropy of the routers and load of the busiest expert of several runs, over their steps. */
export function compareBalance(runs: readonly Comparable[]): Plot {
  const series = runs.map(seriesOf);
  return new Plot(
    balanceFigure(series),
    `Balance of the experts of ${series.map(({ name }) => name).join(", ")}`,
  );
}

/**
 * Load of every expert over the steps of a run (of this kernel or followed), one heat map per layer.
 *
 * @throws {RangeError} if nothing was measured yet, or the model has no experts.
 */
export function expertLoads(
  { name, experts }: Pick<FollowedRun, "name" | "experts">,
): Plot {
  const { loads, layers } = experts;
  if (loads.length === 0) {
    throw new RangeError(
      `Cannot show the loads of ${name}: no step was measured yet, or the model has no experts`,
    );
  }
  return new Plot(
    expertLoadFigure(loads, layers),
    `Load of the experts of ${name}`,
  );
}

/**
 * Figures of a mixture of experts: loads, balance, and which experts are chosen together.
 *
 * @module
 */

import { columns, thinned } from "./_series.ts";
import {
  axis,
  baseLayout,
  colorOf,
  type Figure,
  panelTitle,
  type Trace,
  xTitle,
} from "./figure.ts";
import { type HeatMap, heatMapFigure } from "./heat_map.ts";
import { pointsOf, type RunSeries } from "./training.ts";

/** The experts' loads in some steps of training. */
export interface LoadSample {
  /** The last of these steps. */
  readonly step: number;
  /** Tokens of each expert [layers][experts]. */
  readonly counts: readonly (readonly number[])[];
}

/** Maximum number of columns of a heat map over time. */
const MAX_COLUMNS = 80;

/**
 * Load of every expert over time, one heat map per layer: 1 is an even share, 0 an unused expert, 2 twice
 * an even share.
 *
 * @param layers Names of the layers. Default: 0, 1, 2...
 */
export function expertLoadFigure(
  history: readonly LoadSample[],
  layers?: readonly number[],
): Figure {
  const samples = mergedLoads(history, MAX_COLUMNS);
  const count = samples[0]?.counts.length ?? 0;
  const maps = Array.from({ length: count }, (_, layer): HeatMap => {
    const shares = samples.map(({ counts }) => relative(counts[layer] ?? []));
    const experts = shares[0]?.length ?? 0;
    return {
      title: `layer ${layers?.[layer] ?? layer}`,
      z: Array.from(
        { length: experts },
        (_, expert) => shares.map((share) => share[expert] ?? 0),
      ),
      x: samples.map(({ step }) => step),
      y: Array.from({ length: experts }, (_, expert) => expert),
    };
  });
  return heatMapFigure(maps, {
    colors: "diverging",
    range: [0, 2],
    unit: "load",
    xTitle: "step",
    yTitle: "expert",
    columns: 2,
  });
}

/** Load of every expert in every layer, for one text or checkpoint. */
export function layerLoadFigure(
  counts: readonly (readonly number[])[],
  layers?: readonly number[],
): Figure {
  const map: HeatMap = {
    z: counts.map(relative),
    x: (counts[0] ?? []).map((_, expert) => `${expert}`),
    y: counts.map((_, layer) => `layer ${layers?.[layer] ?? layer}`),
  };
  return heatMapFigure([map], {
    colors: "diverging",
    range: [0, 2],
    unit: "load",
    xTitle: "expert",
  });
}

/**
 * How often two experts take the same token, relative to chance: 1 is chance. The diagonal, an expert with
 * itself, is empty.
 */
export function coActivationFigure(
  pairs: readonly (readonly number[])[],
): Figure {
  const popularity = popularities(pairs.map(sumOf));
  const names = pairs.map((_, expert) => `${expert}`);
  const map: HeatMap = {
    z: pairs.map((row, i) =>
      row.map((value, j) =>
        i === j ? NaN : value / (popularity[i]! * popularity[j]!)
      )
    ),
    x: names,
    y: names,
  };
  return heatMapFigure([map], {
    colors: "diverging",
    range: [0, 2],
    unit: "times chance",
    xTitle: "expert",
    yTitle: "expert",
  });
}

/** Entropy of the routers' choices and load of the busiest expert over the steps of runs. */
export function balanceFigure(runs: readonly RunSeries[]): Figure {
  const data = runs.flatMap((run, index): Trace[] => {
    const line = {
      type: "scatter",
      mode: "lines",
      name: run.name,
      legendgroup: run.name,
      line: { color: colorOf(index), width: 2 },
    };
    return [
      {
        ...line,
        ...columns(thinned(pointsOf(run, "router_entropy"))),
        showlegend: runs.length > 1,
      },
      {
        ...line,
        ...columns(thinned(pointsOf(run, "expert_load_max_over_mean"))),
        xaxis: "x2",
        yaxis: "y2",
        showlegend: false,
      },
    ];
  });
  return {
    data,
    layout: baseLayout({
      height: 320,
      margin: { l: 64, r: 24, t: 64, b: 44 },
      legend: { orientation: "h", x: 0, y: 1.14, yanchor: "bottom" },
      xaxis: axis({ domain: [0, 0.45] }),
      yaxis: axis({}),
      xaxis2: axis({
        domain: [0.55, 1],
        anchor: "y2",
      }),
      yaxis2: axis({ anchor: "x2", rangemode: "tozero" }),
      annotations: [
        panelTitle("Entropy of the router, nats", 0, 1),
        panelTitle("Busiest expert over the mean (1 is even)", 0.55, 1),
        xTitle("step", { to: 0.45 }),
        xTitle("step", { from: 0.55 }),
      ],
    }),
  };
}

/**
 * A factor for each expert, such that the product of two factors is the expected number of tokens that both
 * take by chance, and each expert's expected total matches its actual one. Because an expert is not paired
 * with itself, the factors have no closed form and are found by iteration.
 */
function popularities(meetings: readonly number[]): number[] {
  const start = Math.sqrt(sumOf(meetings)) / meetings.length;
  let factors = meetings.map((count) => count === 0 ? 0 : start);
  for (let round = 0; round < 100; round++) {
    const total = sumOf(factors);
    factors = factors.map((factor, i) =>
      factor === 0 ? 0 : Math.sqrt(factor * meetings[i]! / (total - factor))
    );
  }
  return factors;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Loads divided by their mean. */
function relative(counts: readonly number[]): number[] {
  const mean = sumOf(counts) / counts.length;
  return counts.map((count) => mean === 0 ? 0 : count / mean);
}

/** Adds up neighbouring samples until there are at most `most`. */
export function mergedLoads(
  history: readonly LoadSample[],
  most: number,
): LoadSample[] {
  const size = Math.ceil(history.length / most);
  const count = size === 0 ? 0 : Math.ceil(history.length / size);
  return Array.from({ length: count }, (_, i) => {
    const some = history.slice(i * size, (i + 1) * size);
    const { step, counts } = some.at(-1)!;
    return {
      step,
      counts: counts.map((row, layer) =>
        row.map((_, expert) =>
          sumOf(some.map(({ counts }) => counts[layer]?.[expert] ?? 0))
        )
      ),
    };
  });
}

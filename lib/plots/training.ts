/**
 * Figures of training: losses, learning rate, gradient norm and speed over the steps of one or more
 * runs, and the search for a learning rate.
 *
 * @module
 */

import type { MetricName } from "../metrics/columns.ts";
import { columns, MAX_POINTS, smoothed, thinned } from "./_series.ts";
import {
  axis,
  baseLayout,
  colorOf,
  type Figure,
  type Json,
  panelTitle,
  type Trace,
  withOpacity,
  xTitle,
  yTitle,
} from "./figure.ts";

/** The metrics of a run: rows with the columns of metrics.csv. */
export interface RunSeries {
  /** Name of the run in the legend. */
  readonly name: string;
  /** Its rows, oldest first. */
  readonly rows: readonly Readonly<Partial<Record<MetricName, number>>>[];
}

const PANELS = [
  { metric: "learning_rate", title: "Learning rate", x: [0, 0.27] },
  { metric: "grad_norm", title: "Gradient norm", x: [0.365, 0.635] },
  { metric: "tokens_per_second", title: "Tokens a second", x: [0.73, 1] },
] as const;
const LOSS_BOTTOM = 0.46;
const PANELS_TOP = 0.27;

/**
 * Loss on top; learning rate, gradient norm and speed below. For one run, training and validation loss have
 * two colours; of several runs, each has one colour, with validation as points.
 *
 * @example
 * ```ts
 * import { trainingFigure } from "./training.ts";
 *
 * const rows = [{ optimizer_step: 1, loss: 8.3 }, { optimizer_step: 2, loss: 8.1 }];
 * const figure = trainingFigure([{ name: "run", rows }]);
 * console.log(figure.data.length);
 * ```
 */
export function trainingFigure(runs: readonly RunSeries[]): Figure {
  const data = runs.flatMap((run, index) => [
    ...lossTraces(run, index, runs.length > 1),
    ...PANELS.map(({ metric }, panel) =>
      panelTrace(run, metric, { index, panel, shared: runs.length > 1 })
    ),
  ]);
  const layout: Record<string, Json> = {
    height: 430,
    xaxis: axis({ domain: [0, 1], anchor: "y", ...stepAxis(runs) }),
    yaxis: axis({
      domain: [LOSS_BOTTOM, 1],
      anchor: "x",
    }),
    annotations: [
      yTitle("loss", { from: LOSS_BOTTOM }),
      xTitle("step", { bottom: LOSS_BOTTOM }),
      ...PANELS.map(({ title, x }) => panelTitle(title, x[0], PANELS_TOP)),
    ],
  };
  for (const [panel, { x, metric }] of PANELS.entries()) {
    layout[`xaxis${panel + 2}`] = axis({
      domain: x,
      anchor: `y${panel + 2}`,
      matches: "x",
      nticks: 5,
    });
    layout[`yaxis${panel + 2}`] = axis({
      domain: [0, PANELS_TOP],
      anchor: `x${panel + 2}`,
      nticks: 4,
      rangemode: "tozero",
      exponentformat: metric === "learning_rate" ? "e" : "SI",
      ...(metric === "learning_rate" ? { tickformat: "~g" } : {}),
    });
  }
  return { data, layout: baseLayout(layout) };
}

/** Options for the axis of steps: with few points Plotly would show fractions of steps. */
function stepAxis(runs: readonly RunSeries[]): Record<string, Json> {
  const last = Math.max(
    1,
    ...runs.map(({ rows }) => stepOf(rows.at(-1) ?? {}) ?? 1),
  );
  return last < 10 ? { dtick: 1, range: [0, last + 1] } : {};
}

function stepOf(row: RunSeries["rows"][number]): number | undefined {
  return row.optimizer_step ?? row.iter;
}

/** The points of one metric. */
export function pointsOf(
  { rows }: RunSeries,
  metric: MetricName,
): [step: number, value: number][] {
  return rows.flatMap((row): [number, number][] => {
    const step = stepOf(row);
    const value = row[metric];
    return step === undefined || value === undefined ? [] : [[step, value]];
  });
}

function lossTraces(run: RunSeries, index: number, shared: boolean): Trace[] {
  const points = pointsOf(run, "loss");
  const trainColor = colorOf(shared ? index : 0);
  const valColor = colorOf(shared ? index : 1);
  const thin = thinned(points);
  // Smoothed before thinning, so that the number of points shown does not affect the line.
  const neighbours = points.length > 20
    ? Math.max(3, Math.floor(points.length / 100))
    : 0;
  const smooth = thinned(smoothed(points, neighbours));
  // Plotly would otherwise show every member of a group as its own line in the legend.
  const group: Trace = shared ? { legendgroup: run.name } : {};
  const raw: Trace = {
    type: "scatter",
    mode: "lines",
    ...columns(thin),
    line: { color: withOpacity(trainColor, 0.25), width: 1 },
    hoverinfo: "skip",
    showlegend: false,
  };
  return [
    ...(shared ? [] : [raw]),
    {
      type: "scatter",
      mode: points.length === 1 ? "markers" : "lines",
      name: shared ? run.name : "training",
      ...columns(smooth),
      line: { color: trainColor, width: 2 },
      ...group,
    },
    {
      type: "scatter",
      mode: "lines+markers",
      name: shared ? `${run.name}, validation` : "validation",
      ...columns(thinned(pointsOf(run, "val_loss"))),
      line: { color: valColor, width: 1.5, dash: "dot" },
      marker: { color: valColor, size: 7 },
      ...group,
      showlegend: !shared,
    },
  ];
}

function panelTrace(
  run: RunSeries,
  metric: MetricName,
  options: { index: number; panel: number; shared: boolean },
): Trace {
  const { index, panel, shared } = options;
  return {
    type: "scatter",
    mode: "lines",
    name: run.name,
    ...columns(thinned(pointsOf(run, metric), MAX_POINTS / 2)),
    xaxis: `x${panel + 2}`,
    yaxis: `y${panel + 2}`,
    line: { color: shared ? colorOf(index) : "#555555", width: 1.5 },
    ...(shared ? { legendgroup: run.name } : {}),
    showlegend: false,
  };
}

/** The measurements of a search for a learning rate. */
export interface LearningRateSweep {
  /** The learning rates that were tried, ascending. */
  readonly rates: readonly number[];
  /** Smoothed training loss at each. */
  readonly losses: readonly number[];
  /** Suggested learning rate, or null if the loss never fell. */
  readonly suggestion: number | null;
}

/** Loss over the learning rate, with the suggestion marked. */
export function learningRateFigure(sweep: LearningRateSweep): Figure {
  const { rates, losses, suggestion } = sweep;
  const points = rates.map((rate, i): [number, number] => [rate, losses[i]!]);
  const at = rates.findIndex((rate) => rate === suggestion);
  const marker: Trace = {
    type: "scatter",
    mode: "markers",
    name: `suggested: ${suggestion?.toExponential(1)}`,
    x: suggestion === null ? [] : [suggestion],
    y: at < 0 ? [] : [losses[at]!],
    marker: { color: colorOf(1), size: 11 },
  };
  const lowest = Math.min(...losses);
  const first = losses[0] ?? lowest;
  return {
    data: [
      {
        type: "scatter",
        mode: "lines",
        name: "smoothed loss",
        ...columns(points),
        line: { color: colorOf(0), width: 2 },
      },
      ...(at < 0 ? [] : [marker]),
    ],
    layout: baseLayout({
      height: 340,
      annotations: [xTitle("learning rate"), yTitle("loss")],
      xaxis: axis({
        type: "log",
        exponentformat: "power",
        dtick: 1,
      }),
      yaxis: axis({
        // The rise after the loss has left its valley would hide the valley.
        range: [
          lowest - 0.1 * (first - lowest) - 0.05,
          first + 0.5 * (first - lowest) + 0.1,
        ],
      }),
    }),
  };
}

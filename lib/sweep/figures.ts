/**
 * A study as figures: plain Plotly JSON, made of nothing but the study.
 *
 * Lines, points and bars alone, which Plotly draws as SVG: they also show where there is no WebGL.
 *
 * @module
 */

import { importances } from "./importance.ts";
import type { Distribution, ParameterValue, SweepParameter } from "./space.ts";
import { describeParameters, formatValue, shortKey } from "./text.ts";
import type { Study, Trial, TrialState } from "./study.ts";

/** A Plotly figure. */
export interface SweepFigure {
  /** Plotly's traces. */
  readonly data: readonly Readonly<Record<string, unknown>>[];
  /** Plotly's layout. */
  readonly layout: Readonly<Record<string, unknown>>;
}

const COLORS: Readonly<Record<TrialState, string>> = {
  complete: "#1f77b4",
  pruned: "#ff9f40",
  failed: "#d62728",
  running: "#2ca02c",
};
const BEST = "#9467bd";
const GRAY = "#888888";
/** From good to bad; Plotly's own scales have other names in other versions. */
const SCALE = ["#440154", "#31688e", "#35b779", "#fde725"];

/** All figures of a study, by name. */
export function studyFigures(study: Study): Record<string, SweepFigure> {
  return {
    history: optimizationHistory(study),
    curves: learningCurves(study),
    parallel: parallelCoordinates(study),
    importance: importanceFigure(study),
    slices: slicePlots(study),
  };
}

/** The value of each trial, and the best so far. */
export function optimizationHistory(study: Study): SweepFigure {
  const { name, goal } = study.definition.metric;
  const steps: { x: number; y: number }[] = [];
  for (const { number, state, value } of study.trials) {
    if (state !== "complete" || value === null) continue;
    const before = steps.at(-1)?.y ?? value;
    const y = goal === "minimize"
      ? Math.min(before, value)
      : Math.max(before, value);
    steps.push({ x: number, y });
  }
  const states: TrialState[] = ["complete", "pruned", "running"];
  return {
    data: [
      ...states.flatMap((state) => {
        const trials = withValue(study, state);
        return trials.length === 0 ? [] : [{
          type: "scatter",
          mode: "markers",
          name: state,
          x: trials.map(({ number }) => number),
          y: trials.map(({ value }) => value),
          text: trials.map(hoverText),
          hoverinfo: "text",
          marker: { color: COLORS[state], size: 8 },
        }];
      }),
      {
        type: "scatter",
        mode: "lines",
        name: "best so far",
        x: steps.map(({ x }) => x),
        y: steps.map(({ y }) => y),
        line: { color: BEST, shape: "hv" },
        hoverinfo: "skip",
      },
    ],
    layout: {
      title: { text: "Optimization history" },
      xaxis: {
        title: { text: "trial" },
        range: [-0.5, Math.max(1, study.trials.length) - 0.5],
        tickformat: "d",
      },
      yaxis: { title: { text: name } },
    },
  };
}

/** The metric over the course of every trial; the best stands out. */
export function learningCurves(study: Study): SweepFigure {
  const { best } = study;
  const trials = study.trials.filter(({ curve }) => curve.length > 0);
  // The best is drawn last, over the others.
  const ordered = trials.toSorted((a, b) =>
    Number(a.number === best?.number) - Number(b.number === best?.number)
  );
  return {
    data: ordered.map((trial) => {
      const isBest = trial.number === best?.number;
      return {
        type: "scatter",
        mode: trial.curve.length > 1 ? "lines" : "markers",
        name: `trial ${trial.number}${isBest ? " (best)" : ""}`,
        x: trial.curve.map(({ step }) => step),
        y: trial.curve.map(({ value }) => finite(value)),
        text: hoverText(trial),
        line: {
          color: isBest ? BEST : COLORS[trial.state],
          width: isBest ? 3 : 1.5,
          dash: trial.state === "pruned" ? "dot" : "solid",
        },
        marker: { color: isBest ? BEST : COLORS[trial.state] },
        opacity: isBest ? 1 : 0.6,
      };
    }),
    layout: {
      title: { text: "Learning curves" },
      showlegend: false,
      xaxis: { title: { text: "step" } },
      yaxis: { title: { text: study.definition.metric.name } },
      hovermode: "closest",
    },
  };
}

/** Every trial as a line through its parameters and its value, coloured by value. */
export function parallelCoordinates(study: Study): SweepFigure {
  const { space, metric } = study.definition;
  const trials = withValue(study, "complete");
  const values = trials.map(({ value }) => value ?? NaN);
  const valueRange = rangeOf(values);
  const parameters = space
    .filter(({ distribution }) => distribution.kind !== "constant");
  const axes = [
    ...parameters.map((parameter) => parameterAxis(parameter, trials)),
    {
      name: metric.name,
      place: (trial: Trial) => placeIn(valueRange, trial.value ?? NaN),
      ticks: ticksOf(valueRange, 5).map((value) => ({
        at: placeIn(valueRange, value),
        text: formatValue(value),
      })),
    },
  ];
  // The better are drawn over the worse.
  const ordered = trials.toSorted((a, b) =>
    study.lossOf(b.value ?? 0) - study.lossOf(a.value ?? 0)
  );
  const goodness = (value: number) => {
    const place = placeIn(valueRange, value);
    return metric.goal === "minimize" ? place : 1 - place;
  };
  return {
    data: ordered.map((trial) => ({
      type: "scatter",
      mode: "lines+markers",
      name: `trial ${trial.number}`,
      x: axes.map((_, i) => i),
      y: axes.map(({ place }) => place(trial)),
      text: axes.map(() => hoverText(trial)),
      hoverinfo: "text",
      line: { color: colorAt(goodness(trial.value ?? 0)), width: 2 },
      marker: { size: 5 },
      opacity: 0.75,
    })),
    layout: {
      title: { text: "Parallel coordinates (dark is good)" },
      showlegend: false,
      hovermode: "closest",
      xaxis: {
        tickvals: axes.map((_, i) => i),
        ticktext: axes.map(({ name }) => shortKey(name)),
        range: [-0.3, axes.length - 0.7],
        showgrid: false,
        zeroline: false,
      },
      yaxis: { visible: false, range: [-0.08, 1.08] },
      shapes: axes.map((_, i) => ({
        type: "line",
        x0: i,
        x1: i,
        y0: 0,
        y1: 1,
        line: { color: GRAY, width: 1 },
        layer: "below",
      })),
      annotations: axes.flatMap(({ ticks }, i) =>
        ticks.map(({ at, text }) => ({
          x: i,
          y: at,
          text,
          showarrow: false,
          xanchor: "right",
          xshift: -6,
          font: { size: 10, color: "#555555" },
          // Over the lines, and to be read.
          bgcolor: "rgba(255,255,255,0.9)",
        }))
      ),
    },
  };
}

/** How much each parameter matters. */
export function importanceFigure(study: Study): SweepFigure {
  // Plotly draws bars from below.
  const found = importances(study).toReversed();
  return {
    data: [{
      type: "bar",
      orientation: "h",
      x: found.map(({ importance }) => importance),
      y: found.map(({ key }) => shortKey(key)),
      text: found.map(({ importance }) => `${Math.round(100 * importance)}%`),
      // Beside a short bar, where there is room.
      textposition: found.map(({ importance }) =>
        importance < 0.5 ? "outside" : "inside"
      ),
      hovertext: found.map(({ key }) => key),
      hoverinfo: "text",
      marker: { color: COLORS.complete },
    }],
    layout: {
      title: {
        text: found.length === 0
          ? "Importance: too few complete trials"
          : `Importance (permutation importance of a random forest, ${study.counts.complete} trials)`,
      },
      xaxis: { range: [0, 1], tickformat: ".0%" },
      yaxis: { automargin: true, type: "category" },
    },
  };
}

/** The value of the trials against each parameter. */
export function slicePlots(study: Study): SweepFigure {
  const parameters = study.definition.space
    .filter(({ distribution }) => distribution.kind !== "constant");
  const trials = withValue(study, "complete");
  const gap = 0.04;
  const width = (1 - gap * (parameters.length - 1)) / parameters.length;
  const layout: Record<string, unknown> = {
    title: { text: "Slices" },
    showlegend: false,
    yaxis: { title: { text: study.definition.metric.name } },
  };
  const data = parameters.map(({ key, distribution }, i) => {
    const axis = i === 0 ? "x" : `x${i + 1}`;
    const left = i * (width + gap);
    layout[i === 0 ? "xaxis" : `xaxis${i + 1}`] = {
      title: { text: shortKey(key) },
      domain: [left, Math.min(1, left + width)],
      ...scaleOf(distribution),
    };
    const values = trials.map(({ parameters }) => parameters[key] ?? null);
    return {
      type: "scatter",
      mode: "markers",
      name: key,
      x: distribution.kind === "categorical" ? values.map(formatValue) : values,
      y: trials.map(({ value }) => value),
      xaxis: axis,
      yaxis: "y",
      text: trials.map(hoverText),
      hoverinfo: "text",
      marker: {
        color: trials.map(({ number }) => number),
        colorscale: [[0, "#c6dbef"], [1, "#08306b"]],
        showscale: i === parameters.length - 1,
        colorbar: { title: { text: "trial" } },
        size: 8,
        line: { color: "#ffffff", width: 1 },
      },
    };
  });
  return { data, layout };
}

function withValue(study: Study, state: TrialState): Trial[] {
  return study.trials.filter((trial) =>
    trial.state === state && trial.value !== null &&
    Number.isFinite(trial.value)
  );
}

function hoverText({ number, state, value, parameters }: Trial): string {
  const lines = describeParameters(parameters).split(", ");
  const text = value === null ? "" : `: ${formatValue(value)}`;
  return [`trial ${number}, ${state}${text}`, ...lines].map(escapeMarkup)
    .join("<br>");
}

/** Plotly reads some HTML in texts. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function scaleOf(distribution: Distribution): Record<string, unknown> {
  if (distribution.kind === "categorical") {
    const categoryarray = distribution.values.map(formatValue);
    return { type: "category", categoryorder: "array", categoryarray };
  }
  if (distribution.kind === "constant") return {};
  if (!distribution.log) return { type: "linear" };
  // Over few decades 1, 2 and 5 of each are told, over many the decades alone.
  const isNarrow = distribution.kind === "range" &&
    distribution.max / distribution.min < 50;
  // Without a format Plotly writes 0.002 as a small 2.
  return { type: "log", dtick: isNarrow ? "D2" : 1, tickformat: "~g" };
}

interface Axis {
  readonly name: string;
  place(trial: Trial): number;
  readonly ticks: readonly { at: number; text: string }[];
}

function parameterAxis(
  { key, distribution }: SweepParameter,
  trials: readonly Trial[],
): Axis {
  const valueOf = (trial: Trial): ParameterValue =>
    trial.parameters[key] ?? null;
  if (distribution.kind === "categorical") {
    const texts = distribution.values.map(formatValue);
    const at = (text: string) =>
      texts.length === 1 ? 0.5 : texts.indexOf(text) / (texts.length - 1);
    return {
      name: key,
      place: (trial) => at(formatValue(valueOf(trial))),
      ticks: texts.map((text) => ({ at: at(text), text })),
    };
  }
  const isLog = distribution.kind !== "constant" && distribution.log;
  const scaled = (value: number) => isLog ? Math.log10(value) : value;
  const range = distribution.kind === "range"
    ? [scaled(distribution.min), scaled(distribution.max)] as const
    : rangeOf(trials.map((trial) => scaled(Number(valueOf(trial)))));
  return {
    name: key,
    place: (trial) => placeIn(range, scaled(Number(valueOf(trial)))),
    ticks: ticksOf(range, 5).map((value) => ({
      at: placeIn(range, value),
      text: formatValue(Number((isLog ? 10 ** value : value).toPrecision(2))),
    })),
  };
}

type Range = readonly [low: number, high: number];

function rangeOf(values: readonly number[]): Range {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? [0, 1] : [Math.min(...known), Math.max(...known)];
}

function placeIn([low, high]: Range, value: number): number {
  return high === low ? 0.5 : (value - low) / (high - low);
}

function ticksOf([low, high]: Range, count: number): number[] {
  if (low === high) return [low];
  return Array.from(
    { length: count },
    (_, i) => low + (high - low) * i / (count - 1),
  );
}

/** JSON has no NaN; Plotly leaves a gap for null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function colorAt(place: number): string {
  const at = Math.min(Math.max(place, 0), 1) * (SCALE.length - 1);
  const index = Math.min(Math.floor(at), SCALE.length - 2);
  const channel = (color: string, i: number) =>
    parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const [from = "", to = ""] = SCALE.slice(index, index + 2);
  const mixed = [0, 1, 2].map((i) =>
    Math.round(
      channel(from, i) + (channel(to, i) - channel(from, i)) * (at - index),
    )
  );
  return `rgb(${mixed.join(",")})`;
}

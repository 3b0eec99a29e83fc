/**
 * Losses of several runs by step: as CSV, and as a picture with the differences between the runs below. Drawn
 * again with
 *
 *     deno run -A tests/bench/curves.ts PATH.csv
 *
 * @module
 */

import { parse, stringify } from "@std/csv";
import {
  axis,
  type Figure,
  panelTitle,
  type Trace,
  xTitle,
  yTitle,
} from "../../lib/plots/figure.ts";
import { onAnyPage, OURS, writeSvg } from "./chart.ts";

const PEER = "#e69f00";

/** The losses of a run, first step to last. */
export interface Curve {
  readonly name: string;
  readonly losses: readonly number[];
}

/** A line a step, a column a run. */
export function curvesCsv(curves: readonly Curve[]): string {
  const steps = curves[0]!.losses.map((_, i) => [
    i + 1,
    ...curves.map(({ losses }) => Number(losses[i]!.toPrecision(8))),
  ]);
  return stringify([["step", ...curves.map(({ name }) => name)], ...steps]);
}

/**
 * All curves above, and their differences from the first below. LitGPT's curves share one colour and are drawn
 * beneath this project's.
 */
export function curvesFigure(curves: readonly Curve[]): Figure {
  const [first, ...others] = curves;
  const x = first!.losses.map((_, i) => i + 1);
  const ours = others.filter((curve) => !isPeer(curve));
  const line = (curve: Curve, width: number): Trace => ({
    type: "scatter",
    mode: "lines",
    name: curve.name,
    x,
    y: curve.losses,
    line: {
      color: isPeer(curve) ? PEER : OURS[ours.indexOf(curve) % OURS.length]!,
      width,
    },
  });
  const difference = (curve: Curve): Trace => ({
    ...line(curve, isPeer(curve) ? 2 : 1),
    y: curve.losses.map((loss, step) => loss - first!.losses[step]!),
    xaxis: "x2",
    yaxis: "y2",
    showlegend: isPeer(curve),
  });
  return {
    data: [
      line(first!, 5),
      ...ours.map((curve) => line(curve, 1.2)),
      ...others.map(difference),
    ],
    layout: onAnyPage({
      width: 900,
      height: 460,
      xaxis: axis({ domain: [0, 1], anchor: "y", showticklabels: false }),
      yaxis: axis({ domain: [0.42, 1], anchor: "x" }),
      xaxis2: axis({ domain: [0, 1], anchor: "y2" }),
      yaxis2: axis({ domain: [0, 0.32], anchor: "x2", nticks: 5 }),
      annotations: [
        yTitle("loss", { from: 0.42 }),
        panelTitle(`minus that of ${first!.name}`, 0, 0.32),
        xTitle("step"),
      ],
    }),
  };
}

function isPeer({ name }: Curve): boolean {
  return name.startsWith("LitGPT");
}

if (import.meta.main) {
  for (const path of Deno.args) {
    const [header, ...rows] = parse(await Deno.readTextFile(path));
    const curves = header!.slice(1).map((name, i) => ({
      name,
      losses: rows.map((row) => Number(row[i + 1])),
    }));
    await writeSvg(path.replace(/\.csv$/, ".svg"), curvesFigure(curves));
  }
}

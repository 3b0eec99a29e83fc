/**
 * Several figures as the panels of one figure.
 *
 * @module
 */

import {
  axis,
  baseLayout,
  type Figure,
  type Json,
  type Layout,
  panelTitle,
  type Trace,
  xTitle,
  yTitle,
} from "./figure.ts";

/** Start and end, as fractions of the whole width or height. */
type Extent = readonly [from: number, to: number];

/** A figure, and its position in another. */
export interface Panel {
  /** The figure: traces in a plane, with the axes of its layout. */
  readonly figure: Figure;
  /** Title above it. */
  readonly title: string;
  /** Horizontal extent, from left to right. */
  readonly x: readonly [from: number, to: number];
  /** Vertical extent, from bottom to top. */
  readonly y: readonly [from: number, to: number];
  /** Whether its traces are in the legend. Default: false. */
  readonly showLegend?: boolean;
}

type Fields = Readonly<Record<string, Json>>;

const AXIS = /^([xy])axis(\d*)$/;

/**
 * Draws figures as panels. Axes, shapes and annotations of their layouts are kept.
 *
 * @param layout Overrides the layout made from the panels.
 */
export function panelsFigure(
  panels: readonly Panel[],
  layout: Layout = {},
): Figure {
  const data: Trace[] = [];
  const axes: Record<string, Json> = {};
  const shapes: Json[] = [];
  const annotations: Json[] = [];
  let taken = 0;
  for (const { figure, title, x, y, showLegend = false } of panels) {
    const offset = taken;
    // Axes "x", "x2", ... of a figure are numbered after those of earlier figures.
    const renamed = (id: Json | undefined, letter: string) => {
      const number = offset + Number(String(id ?? letter).slice(1) || 1);
      return number === 1 ? letter : `${letter}${number}`;
    };
    const onAxes = (item: Json) => {
      const fields = item as Fields;
      const xref = renamed(fields["xref"], "x");
      return { ...fields, xref, yref: renamed(fields["yref"], "y") };
    };
    for (const [key, value] of Object.entries(figure.layout)) {
      const [, letter, number] = AXIS.exec(key) ?? [];
      if (letter === undefined) continue;
      const id = renamed(`${letter}${number}`, letter);
      taken = Math.max(taken, offset + Number(number || 1));
      const { title: text, automargin: _, domain, anchor, ...rest } =
        value as Fields;
      const across = letter === "x" ? "y" : "x";
      const place = within(letter === "x" ? x : y, domain);
      axes[`${letter}axis${id.slice(1)}`] = axis({
        ...rest,
        domain: place,
        anchor: renamed(anchor ?? across, across),
      });
      const name = textOf(text);
      if (name === "") continue;
      const [from, to] = place;
      annotations.push(
        letter === "x"
          ? xTitle(name, { from, to, bottom: y[0] })
          : yTitle(name, { from, to, left: x[0] }),
      );
    }
    data.push(...figure.data.map((trace) => ({
      ...withoutScale(trace),
      xaxis: renamed(trace["xaxis"], "x"),
      yaxis: renamed(trace["yaxis"], "y"),
      showlegend: showLegend,
    })));
    shapes.push(...listOf(figure.layout["shapes"]).map(onAxes));
    annotations.push(
      panelTitle(title, x[0], y[1]),
      ...listOf(figure.layout["annotations"]).map(onAxes),
    );
  }
  return {
    data,
    layout: baseLayout({ ...axes, shapes, annotations, ...layout }),
  };
}

/** Removes a trace's colour bar, which would be drawn beside the whole figure. */
function withoutScale(trace: Trace): Trace {
  const marker = trace["marker"] as Fields | undefined;
  if (marker?.["showscale"] !== true) return trace;
  return { ...trace, marker: { ...marker, showscale: false } };
}

function within([from, to]: Extent, domain: Json | undefined): Extent {
  const [low = 0, high = 1] = listOf(domain).map(Number);
  return [from + (to - from) * low, from + (to - from) * high];
}

/** Plotly's `{ text }`. */
function textOf(title: Json | undefined): string {
  return String((title as Fields | undefined)?.["text"] ?? "");
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

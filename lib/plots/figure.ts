/**
 * The type of figures: plain Plotly JSON, made by pure functions and drawn elsewhere.
 *
 * @module
 */

/** Anything that JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A trace of Plotly: a line, a heat map. */
export type Trace = Readonly<Record<string, Json>>;

/** Plotly's layout: axes, titles, sizes in pixels. */
export type Layout = Readonly<Record<string, Json>>;

/** A figure, in the form of the arguments of Plotly's `newPlot`. */
export interface Figure {
  /** The traces. */
  readonly data: readonly Trace[];
  /** The layout. */
  readonly layout: Layout;
}

/** Plotly's options for figures in a page; no data is sent anywhere. */
export const PLOT_CONFIG = {
  responsive: true,
  displaylogo: false,
  showSendToCloud: false,
  // Selecting points has no effect, so these buttons are removed.
  modeBarButtonsToRemove: ["select2d", "lasso2d"],
} as const;

/** Colours of lines, in order of use (Okabe and Ito's, for all kinds of colour vision). */
export const COLORS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#000000",
] as const;

/** The colour of the nth line. */
export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0];
}

/** A colour for Plotly and CSS, with an opacity from 0 to 1. */
export function withOpacity(color: string, opacity: number): string {
  const channel = (start: number) =>
    parseInt(color.slice(start, start + 2), 16);
  return `rgba(${channel(1)},${channel(3)},${channel(5)},${opacity})`;
}

/** The common layout of all figures, overridden by `layout`. */
export function baseLayout(layout: Layout): Layout {
  return {
    height: 400,
    margin: { l: 64, r: 24, t: 44, b: 44 },
    font: { family: "DejaVu Sans, Helvetica, Arial, sans-serif", size: 12 },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    hovermode: "closest",
    colorway: COLORS,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    ...layout,
  };
}

/** A title over one panel of a figure, at the left end of its axes. */
export function panelTitle(text: string, x: number, y: number): Json {
  return note(text, { x, y, xanchor: "left", yanchor: "bottom", yshift: 1 });
}

/** Title of the columns, under the axis whose left end and bottom are at `from` and `bottom`. */
export function xTitle(
  text: string,
  { from = 0, to = 1, bottom = 0 }: {
    from?: number;
    to?: number;
    bottom?: number;
  } = {},
): Json {
  const x = (from + to) / 2;
  const place = { x, y: bottom, xanchor: "center", yanchor: "top" };
  return note(text, { ...place, yshift: -22 });
}

/** Title of the rows, beside the axis whose bottom and top are at `from` and `to`. */
export function yTitle(
  text: string,
  { from = 0, to = 1, left = 0 }: {
    from?: number;
    to?: number;
    left?: number;
  } = {},
): Json {
  const y = (from + to) / 2;
  return note(text, {
    x: left,
    y,
    xanchor: "right",
    yanchor: "middle",
    xshift: -38,
    textangle: -90,
  });
}

// Not Plotly's own axis titles: their position depends on the measured size of texts, which differs
// without a browser.
function note(text: string, place: Readonly<Record<string, Json>>): Json {
  return {
    text,
    xref: "paper",
    yref: "paper",
    align: "left",
    showarrow: false,
    font: { size: 12, color: "#444444" },
    ...place,
  };
}

/** An axis in the common style of the figures. */
export function axis(options: Readonly<Record<string, Json>> = {}): Json {
  return {
    gridcolor: "#e8e8e8",
    linecolor: "#bbbbbb",
    zeroline: false,
    ...options,
  };
}

/** Rounds to five digits, more than a screen can show, to keep notebooks small. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}

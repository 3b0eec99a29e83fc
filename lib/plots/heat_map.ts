/**
 * Heat maps: one, or several with a common colour scale.
 *
 * @module
 */

import { COLOR_SCALES, type ColorScaleName } from "./color_scale.ts";
import {
  axis,
  baseLayout,
  type Figure,
  type Json,
  panelTitle,
  rounded,
  type Trace,
  xTitle,
  yTitle,
} from "./figure.ts";

/** A table of numbers as colours. */
export interface HeatMap {
  /** Title above the map; none for a single map. */
  readonly title?: string;
  /** The numbers, row by row; the first row is drawn at the bottom. */
  readonly z: readonly (readonly number[])[];
  /** Labels of the columns. */
  readonly x: readonly (number | string)[];
  /** Labels of the rows. */
  readonly y: readonly (number | string)[];
}

/** Options of {@linkcode heatMapFigure}. */
export interface HeatMapOptions {
  /** Colour scale. Default: viridis. */
  readonly colors?: ColorScaleName;
  /** The values of the first and last colour. Default: the range of the data. */
  readonly range?: readonly [number, number];
  /** Title of the colour bar. */
  readonly unit?: string;
  /** Title of the columns. */
  readonly xTitle?: string;
  /** Title of the rows. */
  readonly yTitle?: string;
  /** Number of maps side by side. Default: up to 3. */
  readonly columns?: number;
}

/** Draws heat maps in a grid. */
export function heatMapFigure(
  maps: readonly HeatMap[],
  options: HeatMapOptions = {},
): Figure {
  const across = Math.min(maps.length, options.columns ?? 3);
  const down = Math.ceil(maps.length / across);
  const whole = rangeOf(maps);
  const [zmin, zmax] = options.range ?? whole;
  const hasTitles = maps.some(({ title }) => title !== undefined);
  const layout: Record<string, Json> = {
    height: down === 1 ? 340 : 60 + 190 * down,
    margin: { l: 64, r: 90, t: hasTitles ? 44 : 20, b: 44 },
    // Cells without a value have a colour that is not in the scale.
    plot_bgcolor: "#cccccc",
  };
  const annotations: Json[] = [];
  const data = maps.map((map, index): Trace => {
    const column = index % across;
    const row = Math.floor(index / across);
    const x = slot(column, across, 0.1);
    const y = slot(down - 1 - row, down, 0.16);
    const suffix = index === 0 ? "" : String(index + 1);
    const isLeft = column === 0;
    const isBottom = index + across >= maps.length;
    layout[`xaxis${suffix}`] = axis({
      domain: x,
      anchor: `y${suffix}`,
      showgrid: false,
      ...kindOf(map.x),
    });
    layout[`yaxis${suffix}`] = axis({
      domain: y,
      anchor: `x${suffix}`,
      showgrid: false,
      ...kindOf(map.y),
      ...(map.y.length <= 16 ? { dtick: 1 } : {}),
    });
    if (isBottom && options.xTitle) {
      const [from, to] = x;
      annotations.push(xTitle(options.xTitle, { from, to, bottom: y[0] }));
    }
    if (isLeft && options.yTitle) {
      const [from, to] = y;
      annotations.push(yTitle(options.yTitle, { from, to, left: x[0] }));
    }
    if (map.title) annotations.push(panelTitle(map.title, x[0], y[1]));
    return {
      type: "heatmap",
      z: map.z.map((values) => values.map(rounded)),
      x: map.x,
      y: map.y,
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
      zmin,
      zmax,
      colorscale: COLOR_SCALES[options.colors ?? "viridis"],
      showscale: index === 0,
      ...(index === 0
        ? {
          colorbar: {
            title: { text: options.unit ?? "" },
            thickness: 14,
            ...(whole[1] > zmax ? openTicks(zmin, zmax) : {}),
          },
        }
        : {}),
      hovertemplate: "%{x}, %{y}: %{z}<extra></extra>",
    };
  });
  return { data, layout: baseLayout({ ...layout, annotations }) };
}

/** Sets the axis type, because by default Plotly treats texts that look like numbers as numbers. */
function kindOf([first]: readonly (number | string)[]): Record<string, Json> {
  return typeof first === "string" ? { type: "category" } : {};
}

/** Labels the last tick of a scale that also stands for larger values: "2+". */
function openTicks(zmin: number, zmax: number): Record<string, Json> {
  const tickvals = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    rounded(zmin + share * (zmax - zmin))
  );
  const ticktext = tickvals.map((value, i) => i < 4 ? `${value}` : `${value}+`);
  return { tickvals, ticktext };
}

/** The share of the width or height that each of `count` panels takes. */
function slot(
  index: number,
  count: number,
  gap: number,
): [number, number] {
  const size = (1 - gap * (count - 1)) / count;
  const start = index * (size + gap);
  return [start, start + size];
}

function rangeOf(maps: readonly HeatMap[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of maps.flatMap(({ z }) => z.flat())) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

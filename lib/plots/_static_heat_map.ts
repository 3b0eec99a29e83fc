/**
 * Heat maps without a canvas, which Plotly needs to paint them: for a static picture each becomes an image of
 * rectangles under its axes, and an invisible line that carries the axes and the colour bar.
 */

import { colorAt, type ColorScale } from "./color_scale.ts";
import type { Figure, Json, Trace } from "./figure.ts";

/**
 * Axis option that shows all labels: without a browser the positions of texts are unknown, so none must be
 * hidden because of its position.
 */
export const ALL_LABELS = { ticklabeloverflow: "allow" } as const;

/** The figure with its heat maps replaced by images of the same look. */
export function withoutHeatMaps(figure: Figure): Figure {
  const layout: Record<string, Json> = { ...figure.layout };
  const images: Json[] = [...(figure.layout["images"] as Json[] ?? [])];
  const data = figure.data.map((trace) => {
    if (trace["type"] !== "heatmap") return trace;
    const map = readHeatMap(trace);
    const x = edgesOf(map.x);
    const y = edgesOf(map.y);
    images.push(imageOf(map, x, y));
    for (const [axis, edges] of [[map.xaxis, x], [map.yaxis, y]] as const) {
      const key = `${axis[0]}axis${axis.slice(1)}`;
      layout[key] = {
        ...(layout[key] as Record<string, Json> ?? {}),
        range: [edges[0]!, edges.at(-1)!],
      };
    }
    return carrierOf(map, trace);
  });
  return { data, layout: { ...layout, images } };
}

interface HeatMapTrace {
  readonly z: readonly (readonly (number | null)[])[];
  readonly x: readonly (number | string)[];
  readonly y: readonly (number | string)[];
  readonly xaxis: string;
  readonly yaxis: string;
  readonly zmin: number;
  readonly zmax: number;
  readonly colorscale: ColorScale;
}

function readHeatMap(trace: Trace): HeatMapTrace {
  return { xaxis: "x", yaxis: "y", ...trace } as unknown as HeatMapTrace;
}

/** Edges of cells: halfway between neighbouring values; categories have a distance of one. */
function edgesOf(values: readonly (number | string)[]): number[] {
  const places = values.map((value, index) =>
    typeof value === "number" ? value : index
  );
  const first = places[0] ?? 0;
  const last = places.at(-1) ?? 0;
  const halves = places.slice(1).map((place, i) => (place + places[i]!) / 2);
  const before = halves.length === 0 ? 0.5 : halves[0]! - first;
  const after = halves.length === 0 ? 0.5 : last - halves.at(-1)!;
  return [first - before, ...halves, last + after];
}

const PIXELS = 1000;

function imageOf(map: HeatMapTrace, x: number[], y: number[]): Json {
  const scale = (edges: number[]) => {
    const start = edges[0]!;
    const size = edges.at(-1)! - start;
    return (edge: number) => (edge - start) / size * PIXELS;
  };
  const [toX, toY] = [scale(x), scale(y)];
  const cells = map.z.flatMap((row, i) =>
    row.map((value, j) => {
      if (value === null) return "";
      const [left, right] = [toX(x[j]!), toX(x[j + 1]!)];
      // The first row is at the bottom.
      const [top, bottom] = [PIXELS - toY(y[i + 1]!), PIXELS - toY(y[i]!)];
      const at = (value - map.zmin) / (map.zmax - map.zmin);
      // Slightly wider than the cell, to avoid seams.
      return `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${
        (right - left + 0.6).toFixed(1)
      }" height="${(bottom - top + 0.6).toFixed(1)}" fill="${
        colorAt(map.colorscale, at)
      }"/>`;
    })
  );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PIXELS}" height="${PIXELS}" preserveAspectRatio="none">${
      cells.join("")
    }</svg>`;
  return {
    source: `data:image/svg+xml;base64,${btoa(svg)}`,
    xref: map.xaxis,
    yref: map.yaxis,
    x: x[0]!,
    y: y.at(-1)!,
    sizex: x.at(-1)! - x[0]!,
    sizey: y.at(-1)! - y[0]!,
    sizing: "stretch",
    layer: "below",
  };
}

function carrierOf(map: HeatMapTrace, trace: Trace): Trace {
  const longest = Math.max(map.x.length, map.y.length);
  const spread = (values: readonly (number | string)[]) =>
    Array.from(
      { length: longest },
      (_, i) => values[Math.min(i, values.length - 1)]!,
    );
  return {
    type: "scatter",
    mode: "markers",
    x: spread(map.x),
    y: spread(map.y),
    xaxis: map.xaxis,
    yaxis: map.yaxis,
    showlegend: false,
    marker: {
      opacity: 0,
      color: spread([map.zmin, map.zmax]),
      cmin: map.zmin,
      cmax: map.zmax,
      colorscale: map.colorscale,
      showscale: trace["showscale"] ?? false,
      colorbar: {
        ...Object(trace["colorbar"] ?? {}),
        ...ALL_LABELS,
      },
    },
  };
}

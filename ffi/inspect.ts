/**
 * How a tensor is displayed in a terminal and in a notebook.
 *
 * @module
 */

import { aten } from "./call.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

const SHOWN = 8;

interface Summary {
  values: string;
  statistics: string;
}

function summarize(tensor: Tensor): Summary {
  return scope(() => {
    const flat = tensor.detach().reshape(-1);
    const count = Math.min(SHOWN, flat.numel);
    const head = flat.narrow(0, 0, count).toArray();
    const values = [...head].map((value) => format(Number(value))).join(", ");
    if (flat.numel === 0) return { values, statistics: "empty" };
    const wide = flat.to("float64");
    const statistics = [
      ["min", wide.min()],
      ["mean", wide.mean()],
      ["max", wide.max()],
    ] as const;
    return {
      values: values + (flat.numel > count ? ", ..." : ""),
      statistics: statistics.map(([name, value]) =>
        `${name} ${format(value.item())}`
      ).join(", "),
    };
  });
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** One line: `Tensor float32[2, 3] [0.1000, ...] (min 0, mean 1.500, max 3)`. */
export function inspect(tensor: Tensor): string {
  if (tensor.disposed) return "Tensor (disposed)";
  const { values, statistics } = summarize(tensor);
  const grad = tensor.requiresGrad ? ", requires grad" : "";
  return `Tensor ${tensor} [${values}] (${statistics}${grad})`;
}

/** A small table for a notebook, with a text form. */
export function display(tensor: Tensor): Record<string, string> {
  const text = inspect(tensor);
  if (tensor.disposed) return { "text/plain": text };
  const { values, statistics } = summarize(tensor);
  const rows = [
    ["dtype", tensor.dtype],
    ["shape", `[${tensor.shape.join(", ")}]`],
    ["device", tensor.device],
    ["values", values],
    ["statistics", statistics],
  ];
  const map = heatMap(tensor);
  const html = rows.map(([name, value]) =>
    `<tr><th style="text-align:left">${name}</th><td style="text-align:left"><code>${value}</code></td></tr>`
  ).join("");
  return { "text/plain": text, "text/html": `<table>${html}</table>${map}` };
}

/** Maximum number of cells of a heat map in each direction, and the size of a cell in pixels. */
const MOST_CELLS = 32;
const CELL_PIXELS = 8;

/**
 * The last two dimensions as an image: blue below zero, red above, with intensity relative to the largest
 * value. Large matrices are sampled at every nth row and column; of more dimensions, the first matrix is shown.
 */
function heatMap(tensor: Tensor): string {
  if (tensor.dim < 2 || tensor.numel === 0 || tensor.dtype === "bool") {
    return "";
  }
  const { values, width, height } = scope(() => {
    let matrix = tensor.detach();
    while (matrix.dim > 2) matrix = matrix.select(0, 0);
    const every = (size: number) => Math.ceil(size / MOST_CELLS);
    const [rows = 1, columns = 1] = matrix.shape;
    const thinRows = aten(
      "slice.Tensor",
      matrix,
      0,
      null,
      null,
      every(rows),
    );
    const thin = aten(
      "slice.Tensor",
      thinRows,
      1,
      null,
      null,
      every(columns),
    );
    const [height = 1, width = 1] = thin.shape;
    const values = [...thin.to("float64").toArray()].map(Number);
    return { values, width, height };
  });
  const most = Math.max(...values.map(Math.abs).filter(Number.isFinite), 1e-30);
  const cells = values.map((value, i) =>
    `<rect x="${i % width}" y="${
      Math.floor(i / width)
    }" width="1.05" height="1.05" fill="${color(value / most)}"/>`
  );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${
      width * CELL_PIXELS
    }" height="${height * CELL_PIXELS}">${cells.join("")}</svg>`;
  // An image, because notebooks that are not trusted do not show inline SVG.
  return `<img alt="values as colours" src="data:image/svg+xml;base64,${
    btoa(svg)
  }">`;
}

/** From blue at -1 over white at 0 to red at 1; grey for NaN. */
function color(value: number): string {
  if (!Number.isFinite(value)) return "#808080";
  const pale = Math.round(255 * (1 - Math.abs(value)));
  return value < 0 ? `rgb(${pale},${pale},255)` : `rgb(255,${pale},${pale})`;
}

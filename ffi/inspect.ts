/**
 * How a tensor shows itself in a terminal and in a notebook.
 *
 * @module
 */

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
  const html = rows.map(([name, value]) =>
    `<tr><th style="text-align:left">${name}</th><td style="text-align:left"><code>${value}</code></td></tr>`
  ).join("");
  return { "text/plain": text, "text/html": `<table>${html}</table>` };
}

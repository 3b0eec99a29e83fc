/**
 * The view of a model on the last line of a cell: its modules and their costs.
 *
 * @module
 */

import { countParameters, flopsPerToken } from "../model/count.ts";
import { GPT } from "../model/gpt.ts";
import { formatCount } from "../progress/format.ts";
import { htmlTable, textTable } from "./_html.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

interface Row {
  name: string;
  readonly shape: string;
  readonly parameters: number;
  readonly active: number;
  readonly flops: number;
  readonly layers: number[];
}

const HEAD = ["parameter", "shape", "number", "active", "FLOP/token"];
const LAYER = /\.h\.(\d+)\./;

/** Layers with the same shapes are combined in one row. */
function rowsOf(model: GPT): Row[] {
  const { n_expert, n_expert_per_token } = model.config;
  const rows = new Map<string, Row>();
  for (const { name, tensor } of model.weights.parameters) {
    const layer = LAYER.exec(name)?.[1];
    const general = name.replace(LAYER, ".h.*.");
    const shape = `[${tensor.shape.join(", ")}]`;
    const key = `${general} ${shape}`;
    const row = rows.get(key);
    if (row !== undefined) {
      row.layers.push(Number(layer));
      continue;
    }
    const isRouted = name.includes(".experts.") && tensor.shape[0] === n_expert;
    const share = isRouted ? n_expert_per_token / n_expert : 1;
    const active = tensor.numel * share;
    // A lookup multiplies nothing.
    const isMatrix = tensor.dim >= 2 && !name.includes(".wte.");
    rows.set(key, {
      name: general,
      shape,
      parameters: tensor.numel,
      active,
      flops: isMatrix ? 2 * active : 0,
      layers: layer === undefined ? [] : [Number(layer)],
    });
  }
  return [...rows.values()].map((row) => ({
    ...row,
    name: row.name.replace(".h.*.", `.h.${range(row.layers)}.`),
  }));
}

function range(layers: readonly number[]): string {
  const [first = 0] = layers;
  const last = layers.at(-1) ?? first;
  if (layers.length === 1) return `${first}`;
  return last - first === layers.length - 1
    ? `${first}-${last}`
    : layers.join(",");
}

/** Modules, shapes, parameters, active parameters and arithmetic of a model. */
export function displayModel(model: GPT): DisplayBundle {
  const rows = rowsOf(model).map((row) => {
    const times = Math.max(1, row.layers.length);
    return [
      row.name,
      row.shape,
      times * row.parameters,
      times * row.active,
      times * row.flops,
    ];
  });
  const sum = (column: number) =>
    rows.reduce((total, row) => total + Number(row[column]), 0);
  rows.push(["all", "", sum(2), sum(3), sum(4)]);
  const { config, maxSeqLength, device, dtypes } = model;
  const { n_expert, n_expert_per_token, n_layer, n_embd } = config;
  const experts = n_expert > 0
    ? `, ${n_expert_per_token} of ${n_expert} experts a token`
    : "";
  const flops = formatCount(flopsPerToken(config, maxSeqLength));
  const { activeMatmul } = countParameters(config);
  const note =
    `${n_layer} layers of ${n_embd}${experts}; ${dtypes.weights} on ${device}; ` +
    `to train: ${flops} FLOP a token in sequences of ${maxSeqLength}, attention included ` +
    `(${formatCount(activeMatmul)} active parameters in matrices)`;
  return {
    "text/html": `${htmlTable(HEAD, rows)}<p>${note}</p>`,
    "text/plain": `${textTable(HEAD, rows)}\n${note}`,
  };
}

Object.defineProperty(GPT.prototype, DISPLAY, {
  value(this: GPT) {
    return displayModel(this);
  },
});

/**
 * Parameters in few characters.
 *
 * @module
 */

import type { ParameterValue, TrialParameters } from "./space.ts";

/** "optimizer.init_args.lr 0.001, train.max_norm 1". */
export function describeParameters(parameters: TrialParameters): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${key} ${formatValue(value)}`).join(", ");
}

/** A value; numbers with four digits. */
export function formatValue(value: ParameterValue): string {
  if (typeof value !== "number") {
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(4)));
}

/** "optimizer.init_args.lr" is "optimizer.lr" to people, "model_config.n_expert" is "n_expert". */
export function shortKey(key: string): string {
  return key.replace(".init_args.", ".").replace(/^model_config\./, "");
}

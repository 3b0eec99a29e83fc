/**
 * Working in a notebook: training in a cell, and views of what a model has learned. Under the Jupyter
 * kernel, importing it also makes outputs arrive, the Stop button work, and unhandled errors visible.
 *
 * @module
 */

import "./model_table.ts";

export * from "./checkpoint.ts";
export * from "./compare.ts";
export { type ExpertTokenRow, ExpertTokens } from "./expert_tokens.ts";
export * from "./follow.ts";
export {
  CellOutput,
  DISPLAY,
  type DisplayBundle,
  isInKernel,
  showError,
} from "./kernel.ts";
export * from "./lr_find.ts";
export * from "./plot.ts";
export * from "./router_balance.ts";
export * from "./routing.ts";
export * from "./run.ts";
export * from "./sweep.ts";
export * from "./tokens.ts";
export type { ConfigLike } from "./_config.ts";

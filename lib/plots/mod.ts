/**
 * Figures: pure functions from numbers to Plotly's JSON, and pictures of them without a browser.
 *
 * @module
 */

export * from "./color_scale.ts";
export {
  COLORS,
  type Figure,
  type Json,
  type Layout,
  type Trace,
} from "./figure.ts";
export * from "./heat_map.ts";
export * from "./panels.ts";
export * from "./picture.ts";
export {
  balanceFigure,
  coActivationFigure,
  expertLoadFigure,
  layerLoadFigure,
  type LoadSample,
} from "./routing.ts";
export * from "./training.ts";

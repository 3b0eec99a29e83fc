/**
 * A figure on the last line of a cell.
 *
 * @module
 */

import type { Figure } from "../plots/figure.ts";
import { interactiveScript, pictureBundle } from "./page.ts";
import { CellOutput, DISPLAY, type DisplayBundle } from "./kernel.ts";

/**
 * A figure for a notebook: interactive where scripts may run, a picture elsewhere.
 *
 * @example
 * ```ts
 * import { learningRateFigure, Plot } from "moebius";
 *
 * const sweep = { rates: [1e-4, 1e-3], losses: [8, 7], suggestion: 1e-3 };
 * const plot = new Plot(learningRateFigure(sweep), "A search");
 * ```
 */
export class Plot {
  /** The figure, as Plotly's JSON. */
  readonly figure: Figure;
  /** Description for users who do not see the picture. */
  readonly text: string;

  /** Creates a plot of a figure, with its description. */
  constructor(figure: Figure, text: string) {
    this.figure = figure;
    this.text = text;
  }

  /** Shows it now, as an output of the running cell. */
  async show(): Promise<void> {
    const bundle = await this[DISPLAY]();
    new CellOutput().show(bundle);
  }

  /** The view in a notebook. */
  async [DISPLAY](): Promise<DisplayBundle> {
    const bundle = await pictureBundle(this.figure, this.text);
    new CellOutput().show({
      "text/html": interactiveScript(this.figure),
      "text/plain": "",
    });
    return bundle;
  }

  /** The text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.text;
  }
}

/**
 * A figure as the last line of a cell.
 *
 * @module
 */

import type { Figure } from "../plots/figure.ts";
import { interactiveScript, pictureBundle } from "./page.ts";
import { CellOutput, DISPLAY, type DisplayBundle } from "./kernel.ts";

/**
 * A figure that shows itself in a notebook: interactive where scripts may run, a picture elsewhere.
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
  /** What is drawn, as Plotly's JSON. */
  readonly figure: Figure;
  /** What it is, for who sees no picture. */
  readonly text: string;

  /** A figure, and what it is in words. */
  constructor(figure: Figure, text: string) {
    this.figure = figure;
    this.text = text;
  }

  /** Shows it now, as an output of the cell that runs. */
  async show(): Promise<void> {
    const bundle = await this[DISPLAY]();
    new CellOutput().show(bundle);
  }

  /** What a notebook shows. */
  async [DISPLAY](): Promise<DisplayBundle> {
    const bundle = await pictureBundle(this.figure, this.text);
    new CellOutput().show({
      "text/html": interactiveScript(this.figure),
      "text/plain": "",
    });
    return bundle;
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.text;
  }
}

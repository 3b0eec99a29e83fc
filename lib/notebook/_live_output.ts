/** A live output: redrawn when there is something new, at a limited rate. */

import { LiveFigure, type View } from "./page.ts";
import { isInKernel } from "./kernel.ts";

/** Three redraws a second look smooth. */
const INTERVAL_MS = 350;
/** Maximum share of the time spent on drawing. */
const MAX_SHARE = 0.05;

/** Shows work in the cell in which it is created. */
export class LiveOutput {
  readonly #read: () => View;
  readonly #figure: LiveFigure | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnMs = -Infinity;
  #costMs = 0;
  #isFinished = false;

  /** Shows the results of `read`; nothing at all if `isShown` is false. */
  constructor(read: () => View, isShown: boolean) {
    this.#read = read;
    if (isShown && isInKernel()) {
      this.#figure = new LiveFigure(Number(read().figure.layout["height"]));
    }
    this.refresh();
  }

  /** Requests a redraw soon. */
  refresh(): void {
    if (this.#figure === undefined || this.#isFinished) return;
    if (this.#timer !== undefined) return;
    const pause = Math.max(INTERVAL_MS, this.#costMs / MAX_SHARE);
    const waitMs = this.#drawnMs + pause - performance.now();
    if (waitMs <= 0) return this.#draw();
    this.#timer = setTimeout(() => this.#draw(), waitMs);
  }

  /** Shows the last state as a figure that is saved. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    clearTimeout(this.#timer);
    if (this.#figure === undefined) return;
    await this.#figure.finish(this.#read());
  }

  #draw(): void {
    this.#timer = undefined;
    const startedMs = performance.now();
    this.#figure?.update(this.#read());
    this.#drawnMs = performance.now();
    this.#costMs = this.#drawnMs - startedMs;
  }
}

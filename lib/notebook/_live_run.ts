/** The live output of a run: redrawn when there is something new, but not too often. */

import type { MetricsRow } from "../metrics/columns.ts";
import { trainingFigure } from "../plots/training.ts";
import type { Figure } from "../plots/figure.ts";
import { LiveFigure } from "./page.ts";
import { renderStatus, type Status } from "./_status.ts";
import { isInKernel } from "./kernel.ts";

/** A run at one moment. */
export interface RunSnapshot extends Omit<Status, "latest"> {
  /** All rows of metrics so far. */
  readonly rows: readonly MetricsRow[];
}

/** Three times a second is smooth. */
const INTERVAL_MS = 350;
/** Drawing takes this part of the time at most. */
const MAX_SHARE = 0.05;

/** Shows a run in the cell in which it is created. */
export class LiveRun {
  readonly #read: () => RunSnapshot;
  readonly #figure: LiveFigure | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnMs = -Infinity;
  #costMs = 0;
  #isFinished = false;

  /** Shows what `read` gives; `isShown` false shows nothing at all. */
  constructor(read: () => RunSnapshot, isShown: boolean) {
    this.#read = read;
    const { layout } = figureOf(read());
    this.#figure = isShown && isInKernel()
      ? new LiveFigure(Number(layout["height"]))
      : undefined;
    this.refresh();
  }

  /** Asks for what is new to be shown, soon. */
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
    const snapshot = this.#read();
    await this.#figure?.finish(figureOf(snapshot), statusOf(snapshot));
  }

  #draw(): void {
    this.#timer = undefined;
    const startedMs = performance.now();
    const snapshot = this.#read();
    this.#figure?.update(figureOf(snapshot), statusOf(snapshot));
    this.#drawnMs = performance.now();
    this.#costMs = this.#drawnMs - startedMs;
  }
}

/** The figure of a run. */
export function figureOf({ name, rows }: RunSnapshot): Figure {
  return trainingFigure([{ name, rows }]);
}

/** The status of a run. */
export function statusOf(
  { rows, ...rest }: RunSnapshot,
): { html: string; text: string } {
  const latest: MetricsRow = {};
  // Validation has rows of its own: the newest value of each metric may be a few rows back.
  const validation = rows.findLast(({ val_loss }) => val_loss !== undefined);
  const step = rows.findLast(({ loss }) => loss !== undefined);
  Object.assign(latest, validation, step);
  if (validation?.val_loss !== undefined) latest.val_loss = validation.val_loss;
  return renderStatus({ ...rest, latest });
}

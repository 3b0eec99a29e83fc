/**
 * Shows the progress of long work: training, downloads, preparing data. One
 * state is drawn by a renderer: as a live line on a terminal, as plain lines
 * elsewhere.
 *
 * @module
 */

import { Throughput } from "../metrics/throughput.ts";
import type {
  ProgressRenderer,
  ProgressState,
  ProgressUpdate,
} from "./state.ts";
import {
  canDrawOver,
  liveRenderer,
  plainRenderer,
  type ProgressStream,
  silentRenderer,
} from "./terminal.ts";

export * from "./format.ts";
export type { ProgressRenderer, ProgressState, ProgressStream, ProgressUpdate };

/** How progress is shown. */
export type ProgressMode = "auto" | "live" | "plain" | "none";

/** Options of {@linkcode createProgress}. */
export interface ProgressOptions {
  /** Name of the work: "train", "download"... */
  label: string;
  /** Total number of units, if known. */
  total?: number;
  /** Units done already, as in a resumed run. Default: 0. */
  done?: number;
  /** The unit that is counted; "byte" and "token" are abbreviated. Default: "step". */
  unit?: string;
  /** Auto, the default, is live on a terminal and plain elsewhere. */
  mode?: ProgressMode;
  /** Stream to write to. Default: standard error. */
  stream?: ProgressStream;
  /** Whether to use colours. Default: unless NO_COLOR is set. */
  color?: boolean;
  /** Renderer to use instead of the one that `mode` and `stream` select. */
  renderer?: ProgressRenderer;
  /** A clock in milliseconds. */
  now?: () => number;
}

/** The progress of some work. Disposing leaves its last state visible. */
export interface Progress extends Disposable {
  /** Updates the state; cheap enough to be called at every step. */
  update(update: ProgressUpdate): void;
  /** Shows a line of text that stays, above the live line. */
  log(text: string): void;
  /** Ends the display with `text`, or with the last state. */
  finish(text?: string): void;
}

/** Minimum time over which speed is measured. */
const MIN_MEASURED_SECONDS = 0.05;

/**
 * Starts to show the progress of some work.
 *
 * @example
 * ```ts
 * import { createProgress } from "./mod.ts";
 *
 * using progress = createProgress({ label: "train", total: 200 });
 * for (let done = 1; done <= 200; done++) {
 *   progress.update({ done, loss: 9 / done });
 * }
 * progress.finish();
 * ```
 */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, done = 0, unit = "step" } = options;
  const { now = () => performance.now() } = options;
  const renderer = options.renderer ?? chooseRenderer(options);
  const speed = new Throughput({ halfLifeSeconds: 5, warmupUpdates: 0 });
  const startedMs = now();
  let measured = { done, atMs: startedMs };
  let isEstimated = true;
  let wasUpdated = false;
  let isFinished = false;
  const state: ProgressState = {
    label,
    unit,
    done,
    startedMs,
    nowMs: startedMs,
  };
  if (total !== undefined) state.total = total;

  function measure(): void {
    const seconds = (state.nowMs - measured.atMs) / 1000;
    const isNew = state.done !== measured.done;
    if (!isNew || seconds < MIN_MEASURED_SECONDS) return;
    speed.update(state.done - measured.done, seconds);
    measured = { done: state.done, atMs: state.nowMs };
    state.unitsPerSecond = speed.unitsPerSecond;
  }

  function estimate(): void {
    if (!isEstimated || state.unitsPerSecond === undefined) return;
    if (state.total === undefined) return;
    state.remainingSeconds = speed.remainingSeconds(state.total - state.done);
  }

  const progress: Progress = {
    update(update) {
      if (isFinished) return;
      wasUpdated = true;
      Object.assign(state, update);
      state.nowMs = now();
      if (update.remainingSeconds !== undefined) isEstimated = false;
      measure();
      estimate();
      renderer.draw(state);
    },
    log(text) {
      renderer.log(text, state);
    },
    finish(text) {
      if (isFinished) return;
      isFinished = true;
      state.nowMs = now();
      renderer.finish(state, text);
    },
    [Symbol.dispose]() {
      if (wasUpdated) progress.finish();
    },
  };
  return progress;
}

function chooseRenderer(options: ProgressOptions): ProgressRenderer {
  const { mode = "auto", stream = Deno.stderr } = options;
  const { color = !Deno.noColor } = options;
  if (mode === "none") return silentRenderer(stream);
  const isLive = mode === "live" || (mode === "auto" && canDrawOver(stream));
  return isLive ? liveRenderer(stream, { color }) : plainRenderer(stream);
}

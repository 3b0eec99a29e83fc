/**
 * Sweeps in a notebook: with live output and stoppable; a study can be shown on a cell's last line.
 *
 * @module
 */

import { ensureSetup } from "../../ffi/mod.ts";
import { preparePictures } from "../plots/picture.ts";
import {
  checkedSweep,
  Study,
  sweep as runSweep,
  type SweepConfig,
  type SweepInput,
  type SweepOptions,
} from "../sweep/mod.ts";
import { LiveOutput } from "./_live_output.ts";
import { type SweepStatus, viewOfStudy } from "./_study_view.ts";
import {
  DISPLAY,
  flushOutputs,
  isInKernel,
  markShown,
  onStop,
  showError,
} from "./kernel.ts";
import { showView } from "./page.ts";

/** Options of {@linkcode sweep} in a notebook. */
export interface LiveSweepOptions extends SweepOptions {
  /** Show the live output. Default: true. */
  readonly show?: boolean;
}

/**
 * Trains with many configurations and finds the best, like `deno task sweep`, with a live output in the
 * cell: the trials, their curves, and the importance of parameters.
 *
 * Trials are separate processes. The Stop button ends them after saving everything, and the same call
 * resumes the sweep. If not awaited, it runs in the background of other cells.
 *
 * @param config A checked sweep, the keys of one, or the path of its YAML file.
 * @returns The study, when all trials have ended or it was stopped.
 * @throws {ConfigError} If the sweep is wrong, or differs from the one in its folder.
 * @throws {Error} If another process runs it, or its first trials all fail.
 *
 * @example
 * ```ts ignore
 * const study = await sweep("configs/sweep/quickstart.yaml");
 * await train(study.bestConfig());
 * ```
 */
export async function sweep(
  config: SweepConfig | SweepInput | string,
  options: LiveSweepOptions = {},
): Promise<Study> {
  const { show = true, signal, onUpdate, onMessage, ...others } = options;
  const checked = checkedSweep(config);
  let study = new Study(checked.out_dir, checked);
  let status: SweepStatus = { state: "running", messages: [] };
  const live = new LiveOutput(() => viewOfStudy(study, status), show);
  const stopping = new AbortController();
  using _stop = onStop(() => {
    stopping.abort();
    return true;
  });
  try {
    // Prepared once here, because trials starting at the same time would all do it.
    await ensureSetup();
    if (show && isInKernel()) await preparePictures();
    study = await runSweep(checked, {
      ...others,
      signal: AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]),
      onUpdate: (now) => {
        study = now;
        live.refresh();
        onUpdate?.(now);
      },
      onMessage: (text) => {
        status = { ...status, messages: [...status.messages, text] };
        live.refresh();
        onMessage?.(text);
      },
    });
    const isWhole = study.counts.running === 0 && !stopping.signal.aborted &&
      signal?.aborted !== true;
    status = { ...status, state: isWhole ? "finished" : "stopped" };
  } catch (error) {
    status = { ...status, state: "failed", error: String(error) };
    throw error;
  } finally {
    if (show) markShown(study);
    await live.finish().catch((error) =>
      showError(`Cannot show the sweep ${checked.name}`, error)
    );
    await flushOutputs();
  }
  return study;
}

Object.defineProperty(Study.prototype, DISPLAY, {
  value(this: Study) {
    return showView(viewOfStudy(this));
  },
});

/**
 * Shows a run that another process trains.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { hasEnded } from "../checkpoint/ended.ts";
import { loadRunConfig, plannedSteps } from "../config/mod.ts";
import {
  type ExpertHistory,
  EXPERTS_FILE,
  followMetrics,
  type MetricsRow,
  readExpertsCsv,
} from "../metrics/mod.ts";
import { LiveOutput } from "./_live_output.ts";
import { viewOfRun } from "./_run_view.ts";
import { flushOutputs, onStop } from "./kernel.ts";

/** Options of {@linkcode follow}. */
export interface FollowRunOptions {
  /** Name of the run in figures. Default: the folder's name. */
  readonly name?: string;
}

/** A run of another process; made by {@linkcode follow}. */
export interface FollowedRun {
  /** Name of the run in figures. */
  readonly name: string;
  /** Rows of metrics so far. */
  readonly metrics: readonly MetricsRow[];
  /** The experts' loads so far, read again on each access. */
  readonly experts: ExpertHistory;
  /** Fulfilled when the run has ended or is no longer followed. */
  readonly done: Promise<void>;
  /** Stops following; the run continues. */
  stop(): Promise<void>;
}

/**
 * Shows a run that another process trains, such as `deno task train`, live from the files in its folder. Ends
 * with the run, with `stop()`, or with the Stop button, none of which affects the run.
 *
 * @example
 * ```ts ignore
 * const run = follow("out/quickstart");
 * await run.done;
 * ```
 */
export function follow(
  outDir: string,
  options: FollowRunOptions = {},
): FollowedRun {
  const controller = new AbortController();
  const { signal } = controller;
  const name = options.name ?? basename(outDir);
  let steps = plannedStepsOf(outDir);
  let metrics: MetricsRow[] = [];
  let state = "waiting";
  const stepNow = () => metrics.at(-1)?.optimizer_step ?? 0;
  const live = new LiveOutput(
    () =>
      viewOfRun({
        name,
        state,
        step: stepNow(),
        steps,
        rows: metrics,
        messages: [],
      }),
    true,
  );
  const watch = async () => {
    using _stop = onStop(() => {
      controller.abort();
      return true;
    });
    const until = async () => {
      const ended = stepNow() > 0 && await hasEnded(outDir, stepNow());
      if (ended) state = "finished";
      return ended;
    };
    try {
      const path = join(outDir, "metrics.csv");
      for await (const rows of followMetrics(path, { signal, until })) {
        metrics = rows;
        if (steps === Infinity) steps = plannedStepsOf(outDir);
        state = "training";
        live.refresh();
      }
    } finally {
      if (state !== "finished") state = "not followed any more";
      await live.finish();
      await flushOutputs();
    }
  };
  const done = watch();
  return {
    name,
    get metrics() {
      return metrics;
    },
    get experts() {
      return readExpertsCsv(join(outDir, EXPERTS_FILE));
    },
    done,
    async stop() {
      controller.abort();
      await done;
    },
  };
}

/** Infinity if unknown. */
function plannedStepsOf(outDir: string): number {
  const file = join(outDir, "config.yaml");
  if (!existsSync(file)) return Infinity;
  return plannedSteps(loadRunConfig({ file }).config.train) ?? Infinity;
}

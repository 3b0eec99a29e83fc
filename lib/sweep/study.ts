/**
 * A study: the trials of a sweep, their results, and the best one.
 *
 * @module
 */

import { join } from "node:path";
import { loadRunConfig, type RunConfig } from "../config/mod.ts";
import { parseMetrics } from "../metrics/read.ts";
import { type JournalRecord, readJournal } from "./journal.ts";
import type { Course } from "./pruner.ts";
import type { SweepMethod } from "./sampler.ts";
import type { SearchSpace, TrialParameters } from "./space.ts";
import type { Observation } from "./tpe.ts";

/** State of a trial. A "running" trial without a process continues when the sweep is resumed. */
export type TrialState = "running" | "complete" | "pruned" | "failed";

/** The metric at one time. */
export interface CurvePoint {
  /** Optimizer steps done. */
  readonly step: number;
  /** The metric. */
  readonly value: number;
}

/** One run of a sweep. */
export interface Trial {
  /** Its number, from 0. */
  readonly number: number;
  /** Its state. */
  readonly state: TrialState;
  /** Its parameters. */
  readonly parameters: TrialParameters;
  /** The metric at its end, or its last value so far; null if there is none. */
  readonly value: number | null;
  /** The metric over time. */
  readonly curve: readonly CurvePoint[];
  /** Why it failed or was ended early, or null. */
  readonly reason: string | null;
  /** Duration in seconds; null while it runs. */
  readonly seconds: number | null;
  /** Folder of the run. */
  readonly outDir: string;
}

/** Definition of a study. */
export interface StudyDefinition {
  /** Name of the study. */
  readonly name: string;
  /** Method that chooses parameters. */
  readonly method: SweepMethod;
  /** Column of `metrics.csv`, and whether larger or smaller is better. */
  readonly metric: {
    readonly name: string;
    readonly goal: "minimize" | "maximize";
  };
  /** The varied parameters. */
  readonly space: SearchSpace;
  /** Maximum number of trials; null means the whole grid. */
  readonly run_cap: number | null;
}

/**
 * The trials of a sweep. The study of a running sweep is updated as its trials progress.
 *
 * @example
 * ```ts ignore
 * const study = await sweep(loadSweep("configs/sweep/quickstart.yaml"));
 * console.log(study.best?.parameters, study.best?.value);
 * const config = study.bestConfig(); // ready to train
 * ```
 */
export class Study {
  /** Folder of the journal, the trials and the report. */
  readonly outDir: string;
  /** Its definition. */
  readonly definition: StudyDefinition;
  /** Why it ended early, or null. */
  stopped: string | null = null;
  readonly #trials: Trial[] = [];

  /** Creates a study from the records of its journal. */
  constructor(
    outDir: string,
    definition: StudyDefinition,
    records: readonly JournalRecord[] = [],
  ) {
    this.outDir = outDir;
    this.definition = definition;
    for (const record of records) this.apply(record);
  }

  /** All trials, by their number. */
  get trials(): readonly Trial[] {
    return this.#trials;
  }

  /** The best of the completed trials; null if there is none. */
  get best(): Trial | null {
    let best: Trial | null = null;
    for (const trial of this.#trials) {
      if (trial.state !== "complete" || trial.value === null) continue;
      const value = this.lossOf(trial.value);
      if (best === null || value < this.lossOf(best.value ?? NaN)) best = trial;
    }
    return best;
  }

  /** Number of trials in each state. */
  get counts(): Readonly<Record<TrialState, number>> {
    const counts = { running: 0, complete: 0, pruned: 0, failed: 0 };
    for (const { state } of this.#trials) counts[state]++;
    return counts;
  }

  /**
   * The configuration of the best trial, for a new training with it.
   *
   * @param outDir Folder of the new run. Default: "best" in the study's folder.
   * @throws {Error} If no trial is complete.
   */
  bestConfig(outDir: string = join(this.outDir, "best")): RunConfig {
    const { best } = this;
    if (best === null) {
      throw new Error(
        `Cannot tell the best configuration of ${this.outDir}: no trial ran to its end yet`,
      );
    }
    return loadRunConfig({
      file: trialPaths(this.outDir, best.number).config,
      overrides: { out_dir: outDir, resume: false },
    }).config;
  }

  /** The metric, with its sign chosen so that smaller is better. */
  lossOf(value: number): number {
    return this.definition.metric.goal === "minimize" ? value : -value;
  }

  /** The observations that the method bayes learns from. */
  observations(): Observation[] {
    return this.#trials.map(({ parameters, state, value, curve }) => ({
      parameters,
      state,
      loss: value === null ? null : this.lossOf(value),
      iterations: curve.length,
    }));
  }

  /** The courses of all trials but one. */
  coursesBeside(number: number): Course[] {
    return this.#trials.filter((trial) => trial.number !== number).map((
      { curve, state },
    ) => ({
      losses: curve.map(({ value }) => this.lossOf(value)),
      isComplete: state === "complete",
    }));
  }

  /** Applies a record of the journal. */
  apply(record: JournalRecord): void {
    if (record.event === "start") {
      this.#trials[record.trial] = {
        number: record.trial,
        state: "running",
        parameters: record.parameters,
        value: null,
        curve: [],
        reason: null,
        seconds: null,
        outDir: trialPaths(this.outDir, record.trial).run,
      };
    } else if (record.event === "finish") {
      const { state, value, reason, seconds, curve } = record;
      this.#change(record.trial, { state, value, reason, seconds, curve });
    }
  }

  /** Stores what a running trial has measured so far; returns whether anything is new. */
  report(number: number, curve: readonly CurvePoint[]): boolean {
    const before = this.#trials[number]?.curve ?? [];
    const isSame = curve.length === before.length &&
      curve.at(-1)?.value === before.at(-1)?.value;
    if (!isSame) {
      this.#change(number, { curve, value: curve.at(-1)?.value ?? null });
    }
    return !isSame;
  }

  #change(number: number, change: Partial<Trial>): void {
    const trial = this.#trials[number];
    if (trial === undefined) {
      throw new RangeError(
        `Cannot change trial ${number} of ${this.outDir}: it was never started`,
      );
    }
    this.#trials[number] = { ...trial, ...change };
  }
}

/**
 * Opens a study for reading, also while a sweep runs it here or in another process.
 *
 * @param outDir The study's folder.
 * @throws {Error} If there is no study.
 */
export function openStudy(outDir: string): Study {
  let records: JournalRecord[];
  try {
    records = readJournal(outDir);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot open a study in ${outDir}: it has no journal`, {
      cause,
    });
  }
  const head = records.findLast((record) => record.event === "study");
  if (head === undefined) {
    throw new Error(`Cannot open a study in ${outDir}: its journal is empty`);
  }
  const study = new Study(outDir, head, records);
  for (const { number, state } of study.trials) {
    if (state !== "running") continue;
    study.report(number, readCurve(outDir, number, head.metric.name));
  }
  return study;
}

/** Paths of the files of a trial. */
export function trialPaths(
  outDir: string,
  number: number,
): { run: string; config: string; log: string } {
  const path = join(outDir, "trials", String(number).padStart(4, "0"));
  return { run: path, config: `${path}.yaml`, log: `${path}.log` };
}

/** The metric over time that a trial has written so far. */
export function readCurve(
  outDir: string,
  number: number,
  metric: string,
): CurvePoint[] {
  const path = join(trialPaths(outDir, number).run, "metrics.csv");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return parseMetrics(text, { source: path }).flatMap((row) => {
    const { [metric]: value, optimizer_step: step } = row;
    return value === undefined || step === undefined ? [] : [{ step, value }];
  });
}

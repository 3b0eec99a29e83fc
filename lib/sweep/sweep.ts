/**
 * Runs a sweep: chooses trials, runs them as processes, watches them, ends them early, and records them.
 *
 * @module
 */

import { ensureDirectory } from "../files/atomic.ts";
import { join } from "node:path";
import { ConfigError, runConfigToYaml } from "../config/mod.ts";
import { defineSweep, loadSweep, type SweepConfig } from "./config.ts";
import type { SweepInput } from "./input.ts";
import { inspectMachine, planSlots, type Slot } from "./devices.ts";
import { type Journal, type JournalRecord, openJournal } from "./journal.ts";
import {
  DEFAULT_PROGRAM,
  describeFailure,
  startTrial,
  type TrialProcess,
  type TrialProgram,
  waitUntilFree,
} from "./_process.ts";
import { isHopeless } from "./pruner.ts";
import { writeReport } from "./report.ts";
import { suggest } from "./sampler.ts";
import { gridCombination, gridSize, type TrialParameters } from "./space.ts";
import { readCurve, Study, type Trial, trialPaths } from "./study.ts";
import { moveAside, ownConfig, refuseOtherStudy } from "./_resume_checks.ts";
import { trialConfig } from "./trial_config.ts";

/** Options of {@linkcode sweep}. */
export interface SweepOptions {
  /** Called when a trial begins, ends, or has a new value, with the study that will be returned. */
  readonly onUpdate?: (study: Study) => void;
  /** Receives messages for the user. */
  readonly onMessage?: (text: string) => void;
  /** Whether to start anew, moving an earlier study aside, instead of resuming it. Default: false. */
  readonly isNew?: boolean;
  /** Ends the sweep: running trials save, and the same call resumes them. */
  readonly signal?: AbortSignal;
  /** Program that runs a trial instead of the project's own; `--config FILE` is appended. */
  readonly program?: TrialProgram;
  /** Milliseconds between two checks of the trials. Default: 500. */
  readonly pollMs?: number;
}

/** If this many first trials all fail, the sweep itself is considered wrong. */
const MAX_FIRST_FAILURES = 5;
/** Maximum number of draws for one trial, if drawn combinations are impossible. */
const MAX_ATTEMPTS = 1000;
/** Time limit for a trial to save when it is asked to end. */
const SAVE_MS = 120_000;

/**
 * Runs or resumes a sweep: ended trials are not repeated, interrupted trials continue from their checkpoints.
 *
 * @param config A checked sweep, the keys of one, or the path of its YAML file.
 * @returns The study, when all trials have ended or the sweep was aborted.
 * @throws {ConfigError} If the sweep is wrong, or differs from the one in its folder.
 * @throws {Error} If another process runs it, or its first trials all fail.
 * @example
 * ```ts ignore
 * const study = await sweep("configs/sweep/quickstart.yaml", {
 *   onUpdate: ({ counts, best }) => console.log(counts, best?.value),
 * });
 * await train(study.bestConfig());
 * ```
 */
export async function sweep(
  config: SweepConfig | SweepInput | string,
  options: SweepOptions = {},
): Promise<Study> {
  const checked = checkedSweep(config);
  const movedTo = options.isNew ? moveAside(checked.out_dir) : null;
  if (movedTo !== null) {
    options.onMessage?.(`Moved the earlier study to ${movedTo}`);
  }
  for (const notice of checked.notices) options.onMessage?.(notice);
  using journal = await openJournal(checked.out_dir);
  for (const notice of journal.notices) options.onMessage?.(notice);
  const runner = new Runner(checked, journal, options);
  await runner.run();
  const { study } = runner;
  await writeReport(study);
  if (study.stopped !== null) throw new Error(study.stopped);
  return study;
}

/**
 * Returns a checked sweep, given as such, as its keys, or as the path of its YAML file.
 *
 * @throws {ConfigError} If the sweep is wrong.
 */
export function checkedSweep(
  config: SweepConfig | SweepInput | string,
): SweepConfig {
  if (typeof config === "string") return loadSweep(config);
  return "space" in config ? config : defineSweep(config);
}

class Runner {
  readonly study: Study;
  readonly #config: SweepConfig;
  readonly #journal: Journal;
  readonly #options: SweepOptions;
  /** Trials that an earlier process of the sweep began and did not end. */
  readonly #interrupted: number[];
  /** Number of failures before the first success; null once a trial succeeded. */
  #firstFailures: number | null = 0;
  readonly #broken = new AbortController();
  /** Ends the sweep when aborted. */
  readonly #signal: AbortSignal;

  constructor(config: SweepConfig, journal: Journal, options: SweepOptions) {
    const { name, method, metric, space, run_cap } = config;
    const definition = { name, method, metric, space, run_cap };
    this.#config = config;
    this.#journal = journal;
    this.#options = options;
    const { signal } = options;
    this.#signal = AbortSignal.any(
      signal === undefined
        ? [this.#broken.signal]
        : [this.#broken.signal, signal],
    );
    this.study = new Study(config.out_dir, definition, journal.records);
    refuseOtherStudy(this.study, config, journal.records);
    journal.append({ event: "study", version: 1, at: now(), ...definition });
    this.#interrupted = this.study.trials
      .filter(({ state }) => state === "running").map(({ number }) => number);
  }

  /** Runs trials until there are no more, or the sweep is aborted. */
  async run(): Promise<void> {
    const { out_dir } = this.#config;
    await ensureDirectory(join(out_dir, "trials"));
    for (const number of this.#interrupted) {
      const { run } = trialPaths(out_dir, number);
      await waitUntilFree(run, { timeoutMs: SAVE_MS });
    }
    const slots = planSlots(this.#config, await inspectMachine());
    const results = await Promise.allSettled(
      slots.map((slot) =>
        this.#work(slot).catch((error) => {
          // If one loop fails, for example on a full disk, the other trials save and end too.
          this.#broken.abort();
          throw error;
        })
      ),
    );
    const broken = results.find(({ status }) => status === "rejected");
    if (broken?.status === "rejected") throw broken.reason;
  }

  async #work(slot: Slot): Promise<void> {
    for (;;) {
      if (this.#signal.aborted || this.study.stopped !== null) return;
      const number = this.#interrupted.shift() ?? this.#begin();
      if (number === null) return;
      await this.#runTrial(number, slot);
    }
  }

  /** Chooses the next trial and records it; null if there is none. */
  #begin(): number | null {
    const { run_cap } = this.#config;
    const number = this.study.trials.length;
    if (run_cap !== null && number >= run_cap) return null;
    const parameters = this.#choose(number);
    if (parameters === null) return null;
    this.#write({ event: "start", at: now(), trial: number, parameters });
    return number;
  }

  /** Chooses parameters with a valid configuration; null if there are none left. */
  #choose(number: number): TrialParameters | null {
    const { method, space, seed, tpe } = this.#config;
    const isGrid = method === "grid";
    const observations = this.study.observations();
    const used = new Set(
      observations.map(({ parameters }) => JSON.stringify(parameters)),
    );
    const attempts = isGrid ? gridSize(space) : MAX_ATTEMPTS;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const parameters = isGrid
        ? gridCombination(space, attempt)
        : suggest({ method, space, seed, number, attempt, observations, tpe });
      if (parameters === null) return null;
      if (isGrid && used.has(JSON.stringify(parameters))) continue;
      try {
        trialConfig(this.#config.config, parameters);
        return parameters;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }
    if (!isGrid) {
      this.study.stopped =
        `Cannot find parameters for trial ${number}: ${MAX_ATTEMPTS} draws in a row gave impossible configurations: narrow the ranges`;
    }
    return null;
  }

  async #runTrial(number: number, slot: Slot): Promise<void> {
    const { out_dir, config } = this.#config;
    const { program = DEFAULT_PROGRAM } = this.#options;
    const { parameters } = this.#trial(number);
    const paths = trialPaths(out_dir, number);
    writeSynced(
      paths.config,
      runConfigToYaml(ownConfig(config, parameters, paths.run)),
    );
    this.#read(number);
    const startedMs = performance.now();
    const process = startTrial(program, { ...paths, env: slot.env });
    let outcome: Outcome;
    try {
      outcome = await this.#watch(number, process);
    } catch (error) {
      process.stop();
      await process.ended;
      throw error;
    }
    const { status, isHopeless } = outcome;
    if (!status.success && !isHopeless && this.#signal.aborted) return;
    this.#finish(number, {
      ...this.#judge(number, status, isHopeless),
      seconds: (performance.now() - startedMs) / 1000,
    });
  }

  /** Watches a trial until it ends, and asks it to end if it is hopeless or the sweep ends. */
  async #watch(number: number, process: TrialProcess): Promise<Outcome> {
    const { pollMs = 500, onUpdate } = this.#options;
    let judged = this.#trial(number).curve.length;
    let isHopeless = false;
    let stoppedMs = Infinity;
    onUpdate?.(this.study);
    for (;;) {
      const status = await Promise.race([process.ended, sleep(pollMs)]);
      if (this.#read(number)) onUpdate?.(this.study);
      if (status !== null) return { status, isHopeless };
      if (stoppedMs < Infinity) {
        if (performance.now() - stoppedMs > SAVE_MS) process.kill();
        continue;
      }
      isHopeless = this.#isHopeless(number, judged);
      judged = this.#trial(number).curve.length;
      if (!isHopeless && !this.#signal.aborted) continue;
      stoppedMs = performance.now();
      process.stop();
    }
  }

  /** Determines the result of a trial that has ended. */
  #judge(
    number: number,
    status: Deno.CommandStatus,
    isHopeless: boolean,
  ): Pick<Trial, "value" | "reason"> & { state: Ended } {
    const { name } = this.#config.metric;
    const last = this.#trial(number).curve.at(-1);
    const value = last?.value ?? null;
    if (status.success && value !== null && Number.isFinite(value)) {
      return { state: "complete", value, reason: null };
    }
    if (status.success) {
      const reason = last === undefined
        ? `it measured no ${name}`
        : `${name} is ${value} at step ${last.step}`;
      return { state: "failed", value, reason };
    }
    if (isHopeless) {
      const { type } = this.#config.early_terminate ?? { type: "" };
      const reason = `ended early by ${type} at step ${last?.step}`;
      return { state: "pruned", value, reason };
    }
    const { log } = trialPaths(this.#config.out_dir, number);
    return { state: "failed", value, reason: describeFailure(status, log) };
  }

  #finish(
    number: number,
    { state, value, reason, seconds }: {
      state: Ended;
      value: number | null;
      reason: string | null;
      seconds: number;
    },
  ): void {
    const { curve } = this.#trial(number);
    this.#write({
      event: "finish",
      at: now(),
      trial: number,
      state,
      value,
      reason,
      seconds,
      curve,
    });
    if (state !== "failed") this.#firstFailures = null;
    else {
      this.#options.onMessage?.(`Trial ${number} failed: ${reason}`);
      if (this.#firstFailures !== null) this.#firstFailures++;
    }
    if (this.#firstFailures === MAX_FIRST_FAILURES) {
      this.study.stopped =
        `Stopped: the first ${MAX_FIRST_FAILURES} trials all failed, the last with: ${reason}; its log is ${
          trialPaths(this.#config.out_dir, number).log
        }`;
    }
    this.#options.onUpdate?.(this.study);
  }

  /** Whether a trial should end at one of its values from `judged` on. */
  #isHopeless(number: number, judged: number): boolean {
    const { early_terminate } = this.#config;
    if (early_terminate === null) return false;
    const losses = this.#trial(number).curve
      .map(({ value }) => this.study.lossOf(value));
    const others = this.study.coursesBeside(number);
    for (let count = judged + 1; count <= losses.length; count++) {
      if (isHopeless(early_terminate, losses.slice(0, count), others)) {
        return true;
      }
    }
    return false;
  }

  /** Reads a trial's new measurements; returns whether there are any. */
  #read(number: number): boolean {
    const { out_dir, metric } = this.#config;
    return this.study.report(number, readCurve(out_dir, number, metric.name));
  }

  #trial(number: number): Trial {
    const trial = this.study.trials[number];
    if (trial === undefined) {
      throw new RangeError(`There is no trial ${number}`);
    }
    return trial;
  }

  #write(record: JournalRecord): void {
    this.#journal.append(record);
    this.study.apply(record);
  }
}

/** How the process of a trial ended. */
interface Outcome {
  readonly status: Deno.CommandStatus;
  /** Whether it was asked to end early. */
  readonly isHopeless: boolean;
}

type Ended = Exclude<Trial["state"], "running">;

function writeSynced(path: string, text: string): void {
  using file = Deno.openSync(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    done += file.writeSync(bytes.subarray(done));
  }
  file.syncSync();
}

function now(): string {
  return new Date().toISOString();
}

function sleep(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null));
}

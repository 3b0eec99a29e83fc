/**
 * Training in a notebook: with live output, stoppable, in the foreground or in the background of other cells.
 *
 * @module
 */

import { resolve } from "node:path";
import { ensureSetup } from "../../ffi/mod.ts";
import type { RunConfig } from "../config/mod.ts";
import type { GenerateTextOptions } from "../generate/generate.ts";
import {
  type ExpertHistory,
  type MetricsRow,
  readMetrics,
} from "../metrics/mod.ts";
import type { CreateMlp, GPT } from "../model/gpt.ts";
import { preparePictures } from "../plots/picture.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type Dataset, openDataset } from "../train/dataset.ts";
import { placeRun } from "../train/device.ts";
import { Trainer, type TrainSummary } from "../train/trainer.ts";
import { checkedConfig, type ConfigLike } from "./_config.ts";
import { LiveOutput } from "./_live_output.ts";
import { LoadHistory } from "./_load_history.ts";
import { sampleBetweenSteps } from "./_sample.ts";
import { type RunSnapshot, statusOf, viewOfRun } from "./_run_view.ts";
import { showView } from "./page.ts";
import {
  DISPLAY,
  type DisplayBundle,
  flushOutputs,
  isInKernel,
  markShown,
  onStop,
  showError,
} from "./kernel.ts";

/** The state of a run. */
export type RunState =
  | "opening"
  | "training"
  | "paused"
  | "stopped"
  | "finished"
  | "failed";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** Name of the run in figures. Default: its out_dir. */
  readonly name?: string;
  /** Makes custom MLP layers. */
  readonly createMlp?: CreateMlp;
  /** Show the live output. Default: true. */
  readonly show?: boolean;
}

/** The newest run of each folder. */
const runs = new Map<string, Run>();

/**
 * Trains a model, as `deno task train` does, with a live figure in the cell.
 *
 * If awaited, it keeps the cell busy, and the Stop button ends it after saving everything; `run.resume()`
 * continues. If not awaited, it trains while other cells run. A run of this kernel that still trains into
 * the same folder is stopped first.
 *
 * @param config Settings, a checked configuration, or the path of a run's YAML.
 * @throws {ConfigError} if the configuration cannot be used.
 *
 * @example
 * ```ts ignore
 * const run = train({ model_name: "moe-quickstart", train: { max_steps: 200 } });
 * await run;
 * console.log(run.sample("The President"));
 * ```
 */
export function train(
  config: ConfigLike,
  options: TrainOptions = {},
): Run {
  return new Run(checkedConfig(config), options);
}

/** The result of awaiting a run: the same run, which has ended. */
export type EndedRun = Omit<Run, "then">;

/** Type of `then`, which makes a run awaitable. */
export type Then = (
  onEnd: (run: EndedRun) => void,
  onError?: (error: unknown) => void,
) => Promise<void>;

/** A run of this kernel; made by {@linkcode train}. */
export class Run {
  /** Its configuration. */
  readonly config: RunConfig;
  /** Name of the run in figures. */
  readonly name: string;
  /** Rows of metrics, with the columns of metrics.csv. */
  readonly metrics: MetricsRow[] = [];
  /** Messages for the user. */
  readonly messages: string[] = [];
  readonly #options: TrainOptions;
  #state: RunState = "opening";
  #trainer: Trainer | undefined;
  #dataset: Dataset | undefined;
  #summary: TrainSummary | undefined;
  #error: unknown;
  #learningRate: number | null = null;
  readonly #experts = new LoadHistory();
  #isAwaited = false;
  #controller = new AbortController();
  #pause: PromiseWithResolvers<void> | undefined;
  #live: LiveOutput;
  #done: Promise<void>;

  /** Called only by {@linkcode train}. */
  constructor(config: RunConfig, options: TrainOptions) {
    this.config = config;
    this.name = options.name ?? config.out_dir;
    this.#options = options;
    this.#live = this.#show();
    this.#done = this.#run();
  }

  /** The current state. */
  get state(): RunState {
    return this.#state;
  }

  /** Optimizer steps done. */
  get step(): number {
    return this.#trainer?.step ?? 0;
  }

  /** The model, available during training and afterwards. */
  get model(): GPT {
    return this.#opened().model;
  }

  /**
   * Its tokenizer.
   *
   * @throws {Error} if the data are tokens of another tool without a tokenizer.
   */
  get tokenizer(): Tokenizer {
    const { tokenizer, shards } = this.dataset;
    if (tokenizer === undefined) {
      throw new Error(
        `Cannot read or write text: the tokens in ${shards.dir} came without a tokenizer: give tokenizer_dir`,
      );
    }
    return tokenizer;
  }

  /** Its training data. */
  get dataset(): Dataset {
    this.#opened();
    return this.#dataset!;
  }

  /** The experts' loads over the steps of this process. */
  get experts(): ExpertHistory {
    return this.#experts;
  }

  /** Summary of the training, once it has ended. */
  get summary(): TrainSummary | undefined {
    return this.#summary;
  }

  /** Learning rate of the following steps; null means the schedule's. */
  get learningRate(): number | null {
    return this.#learningRate;
  }

  set learningRate(rate: number | null) {
    if (rate !== null && !(rate >= 0 && Number.isFinite(rate))) {
      throw new RangeError(
        `Cannot train with learning rate ${rate}: expected a number from 0 on, or null for the schedule's`,
      );
    }
    this.#learningRate = rate;
    if (this.#trainer !== undefined) this.#trainer.learningRate = rate;
    this.#say(
      rate === null
        ? `step ${this.step}: learning rate by schedule`
        : `step ${this.step}: learning rate ${rate}`,
    );
  }

  /**
   * A run can be awaited: `await run` waits for its end and returns the run, or throws the error that ended it.
   */
  get then(): Then {
    // A promise that is fulfilled with an ended run must not wait for the run again, so an ended run has no
    // `then`. The type cannot express this, because then TypeScript would not allow awaiting a run.
    if (!this.#isActive && this.#state !== "failed") {
      return undefined as unknown as Then;
    }
    return async (onEnd, onError) => {
      this.#isAwaited = true;
      await this.#done;
      if (this.#state === "failed") onError?.(this.#error);
      else onEnd(this);
    };
  }

  get #isActive(): boolean {
    return ["opening", "training", "paused"].includes(this.#state);
  }

  /** Pauses between two steps until `resume`; everything stays in memory. */
  pause(): void {
    if (this.#state !== "training") return;
    this.#pause = Promise.withResolvers();
    this.#become("paused");
  }

  /** Ends the run after the current step and saves it, as the command line saves an interrupted run. */
  async stop(): Promise<void> {
    this.#requestStop();
    await this.#done;
  }

  /** Continues after `pause`, `stop`, the Stop button or an error. */
  resume(): this {
    if (this.#state === "paused") {
      this.#become("training");
      this.#pause?.resolve();
      this.#pause = undefined;
    } else if (this.#state === "stopped" || this.#state === "failed") {
      this.#become("opening");
      this.#isAwaited = false;
      this.#controller = new AbortController();
      this.#live = this.#show();
      this.#done = this.#run();
    }
    return this;
  }

  /**
   * Continues a text with the current model, also during training. Training is not affected.
   */
  sample(prompt: string, options: GenerateTextOptions = {}): string {
    return sampleBetweenSteps(this.model, this.tokenizer, prompt, options);
  }

  /** Stops the run and frees the model, the optimizer and the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#trainer?.[Symbol.dispose]();
    this.#dataset?.[Symbol.dispose]();
    this.#trainer = undefined;
    this.#dataset = undefined;
    const folder = resolve(this.config.out_dir);
    if (runs.get(folder) === this) runs.delete(folder);
  }

  /** The view in a notebook: the state, the numbers and the figure. */
  async [DISPLAY](): Promise<DisplayBundle> {
    return await showView(viewOfRun(this.#snapshot()));
  }

  /** The text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return statusOf(this.#snapshot()).text;
  }

  async #run(): Promise<void> {
    using _stop = onStop(() => this.#requestStop());
    try {
      this.#trainer ??= await this.#open();
      this.#become("training");
      const { signal } = this.#controller;
      this.#summary = await this.#trainer.fit({ signal });
      const wasStopped = this.#summary.reason === "interrupted";
      this.#become(wasStopped ? "stopped" : "finished", { show: false });
    } catch (error) {
      this.#endBy(error);
    }
    try {
      await this.#live.finish();
    } catch (error) {
      showError(`Cannot show the figure of ${this.name}`, error);
    }
    await flushOutputs();
  }

  #endBy(error: unknown): void {
    const { signal } = this.#controller;
    if (signal.aborted && error === signal.reason) {
      this.#become("stopped", { show: false });
      return;
    }
    this.#error = error;
    this.#become("failed", { show: false });
    // A user who works in other cells by now does not see the figure.
    if (!this.#isAwaited) showError(`The run ${this.name} failed`, error);
  }

  async #open(): Promise<Trainer> {
    const folder = resolve(this.config.out_dir);
    const earlier = runs.get(folder);
    if (earlier !== this) await earlier?.[Symbol.asyncDispose]();
    runs.set(folder, this);
    await ensureSetup();
    // Loaded now, and not when the user waits for the run to stop.
    if (isInKernel()) await preparePictures();
    const dataset = this.#dataset ??= await openDataset(this.config, {
      onProgress: ({ phase, bytes, totalBytes }) => {
        const percent = Math.floor(bytes / Math.max(1, totalBytes) * 100);
        this.messages[0] = `Preparing the data: ${phase}, ${percent}%`;
        this.#live.refresh();
      },
      signal: this.#controller.signal,
    });
    this.messages.length = 0;
    const trainer = await Trainer.open(this.config, {
      dataset,
      placement: placeRun(this.config),
      observer: {
        onMetrics: (row) => this.#add(row),
        onValidation: ({ loss, perplexity }, step) =>
          this.#add({
            optimizer_step: step,
            val_loss: loss,
            val_ppl: perplexity,
          }),
        onExpertLoad: (load, step) => this.#experts.add(load, step),
        onMessage: (text) => this.#say(text),
        betweenSteps: () => this.#pause?.promise,
      },
      ...(this.#options.createMlp === undefined
        ? {}
        : { createMlp: this.#options.createMlp }),
    });
    trainer.learningRate = this.#learningRate;
    if (trainer.step > 0) await this.#readEarlierMetrics(trainer);
    return trainer;
  }

  /** Reads the metrics that an earlier process wrote for a resumed run. */
  async #readEarlierMetrics(trainer: Trainer): Promise<void> {
    if (this.config.logger_name === "none") return;
    const rows = await readMetrics(`${this.config.out_dir}/metrics.csv`);
    this.metrics.push(...rows);
    this.#say(`Goes on from step ${trainer.step}`);
  }

  #requestStop(): boolean {
    if (!this.#isActive) return false;
    this.#controller.abort();
    this.#pause?.resolve();
    this.#pause = undefined;
    return true;
  }

  #opened(): Trainer {
    if (this.#trainer !== undefined) return this.#trainer;
    throw new TypeError(
      this.#isActive
        ? "The run is still being opened: await it, or ask again in a moment"
        : "The run has no model: it failed or was stopped before it was opened, or it was disposed",
    );
  }

  #show(): LiveOutput {
    const isShown = this.#options.show ?? true;
    if (isShown) markShown(this);
    return new LiveOutput(() => viewOfRun(this.#snapshot()), isShown);
  }

  #snapshot(): RunSnapshot {
    return {
      name: this.name,
      state: this.#state,
      step: this.step,
      steps: this.#trainer?.plan.steps ?? Infinity,
      rows: this.metrics,
      messages: this.messages,
      ...(this.#state === "failed" ? { error: messageOf(this.#error) } : {}),
    };
  }

  #become(state: RunState, { show = true } = {}): void {
    this.#state = state;
    if (show) this.#live.refresh();
  }

  #add(row: MetricsRow): void {
    this.metrics.push(row);
    this.#live.refresh();
  }

  #say(text: string): void {
    this.messages.push(text);
    this.#live.refresh();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
}

/**
 * A training run: opened from a configuration, new or resumed, and trained until a rule or a signal
 * stops it.
 *
 * @module
 */

import { protectFromInterrupt } from "../../ffi/mod.ts";
import { checkpointName, FINAL_CHECKPOINT } from "../checkpoint/names.ts";
import type { RunConfig, SizedRunConfig } from "../config/mod.ts";
import type { LoaderState } from "../data/mod.ts";
import { evaluateLoss, type Evaluation } from "../evaluate/loss.ts";
import type { MetricsRow } from "../metrics/mod.ts";
import { countParameters } from "../model/count.ts";
import type { GPT } from "../model/gpt.ts";
import { writeTrainingCheckpoint } from "./checkpoint.ts";
import { peakMemoryBytes } from "./memory.ts";
import { type OpenOptions, openRun, type RunParts } from "./open.ts";
import { explainOutOfMemory } from "./out_of_memory.ts";
import type { RunPlan, StopRule } from "./plan.ts";
import { learningRateAt } from "./schedule.ts";

/** Why a run ended. */
export type StopReason = StopRule | "interrupted";

/** Summary of a finished run. */
export interface TrainSummary {
  /** Why the run ended. */
  readonly reason: StopReason;
  /** Optimizer steps done, over all processes of the run. */
  readonly step: number;
  /** Tokens trained on, over all processes of the run. */
  readonly tokens: number;
  /** Seconds of training, over all processes of the run. */
  readonly elapsedSeconds: number;
  /** Tokens per second of this process, excluding validation and saving. */
  readonly tokensPerSecond: number;
  /** Steps skipped because their gradients were not finite. */
  readonly skippedUpdates: number;
  /** The last validation, or null. */
  readonly validation: Evaluation | null;
  /** The checkpoint that the run ended with. */
  readonly checkpoint: string;
  /** Peak memory in bytes. */
  readonly peakMemoryBytes: number;
}

/** A run fails after this many skipped updates in a row. */
const MAX_SKIPPED_IN_A_ROW = 10;
/** Maximum time between two turns of the event loop, which handles signals and timers. */
const TURN_MS = 50;

/**
 * One run. `open` finds every problem with its inputs; `fit` then trains.
 *
 * @example
 * ```ts ignore
 * const config = defineConfig({ model_name: "moe-quickstart", train: { max_steps: 100 } });
 * using dataset = await openDataset(config);
 * using trainer = await Trainer.open(config, { dataset, placement: placeRun(config) });
 * const { validation } = await trainer.fit();
 * ```
 */
export class Trainer {
  /** The run's settings. */
  readonly config: SizedRunConfig;
  /** The model being trained. */
  readonly model: GPT;
  /** How long the run is. */
  readonly plan: RunPlan;
  /** Overrides the learning rate of the following steps; null uses the schedule. */
  learningRate: number | null = null;
  readonly #parts: RunParts;
  #saved: { step: number; path: string } | null;
  #watchedStep: number;
  #skippedInARow = 0;
  /** Position in the data before the batches already loaded for the next step; null if none are loaded. */
  #untaken: LoaderState | null = null;

  /**
   * Builds the model, or resumes from a checkpoint, as the configuration says.
   *
   * @throws {Error} if the checkpoint, the data or the device do not fit the configuration.
   */
  static async open(config: RunConfig, options: OpenOptions): Promise<Trainer> {
    return new Trainer(await openRun(config, options));
  }

  /** Called only by `open`. */
  private constructor(parts: RunParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.model = parts.model;
    this.plan = parts.plan;
    const { resumedFrom } = parts;
    this.#saved = resumedFrom === null
      ? null
      : { step: this.step, path: resumedFrom };
    this.#watchedStep = this.step;
  }

  /** Optimizer steps done. */
  get step(): number {
    return this.#parts.meter.progress.step;
  }

  /** Micro-batches trained on. */
  get iter(): number {
    return this.#parts.meter.iter;
  }

  /**
   * Trains until a stop rule of the configuration applies, or the signal is aborted: then the current step is
   * finished and a checkpoint saved.
   *
   * @throws {Error} if the loss stays non-finite, or a checkpoint cannot be saved.
   */
  async fit(options: { signal?: AbortSignal } = {}): Promise<TrainSummary> {
    try {
      return await this.#fit(options);
    } catch (error) {
      throw explainOutOfMemory(error, this.config, this.#parts.placement);
    }
  }

  async #fit({ signal }: { signal?: AbortSignal }): Promise<TrainSummary> {
    const { train } = this.config;
    await this.#validateIfDue(signal);
    let turnMs = performance.now();
    let reason = this.#reasonToStop(signal);
    while (reason === null) {
      this.#runStep();
      await this.#parts.observer.betweenSteps?.();
      await this.#validateIfDue(signal);
      if (isDue(this.step, train.save_interval ?? 0)) {
        await this.save(checkpointName(this.step));
      }
      if (performance.now() - turnMs > TURN_MS) {
        // Yields to the event loop, so that signals and a notebook's messages are handled.
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnMs = performance.now();
      }
      reason = this.#reasonToStop(signal);
    }
    const path = await this.#finish(reason, signal);
    return {
      ...this.#parts.meter.progress,
      reason,
      tokensPerSecond: this.#parts.meter.tokensPerSecond,
      checkpoint: path,
      peakMemoryBytes: peakMemoryBytes(this.model.device),
    };
  }

  /**
   * Measures the loss on the fixed validation batches.
   *
   * @throws the signal's reason, if it is aborted before the end.
   */
  async validate(
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Evaluation> {
    const { train, eval: { max_iters } } = this.config;
    using _whole = protectFromInterrupt();
    const startedMs = performance.now();
    const evaluation = await evaluateLoss(
      this.model,
      this.#parts.dataset.shards,
      {
        batchSize: train.micro_batch_size,
        sequenceLength: train.max_seq_length,
        maxBatches: max_iters,
        signal,
      },
    );
    this.#parts.meter.addOther((performance.now() - startedMs) / 1000);
    this.#parts.meter.progress.validation = { ...evaluation, step: this.step };
    this.#log({
      ...this.#parts.meter.place(),
      val_loss: evaluation.loss,
      val_ppl: evaluation.perplexity,
    });
    this.#parts.observer.onValidation?.(evaluation, this.step);
    return evaluation;
  }

  /** Saves a checkpoint under a name that LitGPT would give it; returns its path. */
  async save(name: string): Promise<string> {
    using _whole = protectFromInterrupt();
    const startedMs = performance.now();
    this.#watchSkipped();
    for (const logger of this.#parts.loggers) logger.sync();
    this.#parts.experts?.sync();
    const { deno, torch, cuda, commit } = this.#parts.info;
    const { path, warnings } = await this.#parts.store.publish(
      name,
      (draft) =>
        writeTrainingCheckpoint(draft, {
          config: this.config,
          model: this.model,
          optimizer: this.#parts.optimizer,
          tokenizer: this.#parts.dataset.tokenizer,
        }, {
          ...this.#parts.meter.progress,
          loader: this.#untaken ?? this.#parts.loader.state(),
        }),
      {
        step: this.step,
        versions: {
          deno,
          torch,
          ...(cuda === null ? {} : { cuda }),
          commit: commit ?? "unknown",
        },
        replace: true,
      },
    );
    for (const warning of warnings) this.#parts.observer.onMessage?.(warning);
    this.#parts.meter.addOther((performance.now() - startedMs) / 1000);
    this.#saved = { step: this.step, path };
    this.#parts.observer.onCheckpoint?.(path, this.step);
    return path;
  }

  /** Frees the model, the optimizer and the files. */
  [Symbol.dispose](): void {
    this.#parts.owned[Symbol.dispose]();
  }

  #reasonToStop(signal: AbortSignal | undefined): StopReason | null {
    if (signal?.aborted) return "interrupted";
    if (this.step >= this.plan.steps) return this.plan.rule;
    const { max_time } = this.config.train;
    const { elapsedSeconds } = this.#parts.meter.progress;
    return max_time !== null && elapsedSeconds >= max_time ? "max_time" : null;
  }

  /** Validates if it is due, this step has not been validated yet, and the signal is not aborted. */
  async #validateIfDue(
    signal: AbortSignal | undefined,
    { isLast = false } = {},
  ): Promise<void> {
    const { initial_validation, final_validation, interval } = this.config.eval;
    const isWanted = (isLast && final_validation) ||
      (this.step === 0 ? initial_validation : isDue(this.step, interval));
    const isDone = this.#parts.meter.progress.validation?.step === this.step;
    if (!isWanted || isDone || signal?.aborted) return;
    try {
      await this.validate({ signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  async #finish(
    reason: StopReason,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    if (reason === "interrupted") {
      return this.#saved?.step === this.step
        ? this.#saved.path
        : await this.save(checkpointName(this.step));
    }
    await this.#validateIfDue(signal, { isLast: true });
    return await this.save(FINAL_CHECKPOINT);
  }

  #runStep(): void {
    const { accumulationIters, schedule } = this.plan;
    using _whole = protectFromInterrupt();
    const meter = this.#parts.meter;
    const startedMs = performance.now();
    const step = meter.nextStep();
    const { epoch } = this.#untaken ?? this.#loadBatches();
    const lr = this.learningRate ??
      learningRateAt(meter.scheduledIter, schedule);
    this.#parts.trainStep.run(lr);
    this.#untaken = null;
    // The next batches are copied while the device computes.
    if (step < this.plan.steps) this.#loadBatches();
    const isLogged = isDue(step, this.config.train.log_interval);
    // Only reading the loss waits for the device.
    const measured = isLogged ? this.#measure() : {};
    const seconds = (performance.now() - startedMs) / 1000;
    meter.addStep(seconds);
    if (!isLogged) return;
    const row = {
      ...meter.place(),
      ...measured,
      ...meter.speed(),
      epoch,
      iter_time: seconds / accumulationIters,
      learning_rate: lr,
    };
    this.#log(row);
    this.#parts.observer.onMetrics?.(row);
  }

  #loadBatches(): LoaderState {
    const { loader, trainStep } = this.#parts;
    const state = loader.state();
    trainStep.load(() => loader.next());
    return this.#untaken = state;
  }

  #log(row: MetricsRow): void {
    for (const logger of this.#parts.loggers) logger.log(row);
  }

  #measure(): MetricsRow {
    this.#watchSkipped();
    const load = this.model.statistics.read();
    if (load !== undefined) {
      const { iter, step } = this;
      this.#parts.experts?.log(load, { iter, optimizer_step: step });
      this.#parts.observer.onExpertLoad?.(load, step);
    }
    return {
      loss: this.#parts.trainStep.loss.item(),
      grad_norm: this.#parts.optimizer.gradNorm.item(),
      skipped_updates: this.#parts.meter.progress.skippedUpdates,
      ...(load === undefined ? {} : {
        expert_load_max_over_mean: load.maxOverMean,
        router_entropy: load.entropy,
      }),
    };
  }

  /** Counts the updates that were skipped since the last call. */
  #watchSkipped(): void {
    const { optimizer, trainStep, meter, observer } = this.#parts;
    const skipped = optimizer.skipped.item();
    const steps = this.step - this.#watchedStep;
    this.#watchedStep = this.step;
    this.#skippedInARow = skipped === steps ? this.#skippedInARow + skipped : 0;
    if (skipped === 0) return;
    optimizer.skipped.zero_();
    meter.progress.skippedUpdates += skipped;
    const which = steps === 1
      ? `the update of step ${this.step}`
      : `${skipped} of the updates of the last ${steps} steps, up to step ${this.step}`;
    observer.onMessage?.(
      `Skipped ${which}: loss ${trainStep.loss.item()}, gradient norm ${optimizer.gradNorm.item()}`,
    );
    if (this.#skippedInARow >= MAX_SKIPPED_IN_A_ROW) {
      throw new Error(
        `Cannot go on: ${this.#skippedInARow} updates in a row were skipped because loss or gradients are not finite; no weight was changed by them: lower optimizer.init_args.lr or train.max_norm, or use precision 32-true`,
      );
    }
  }
}

function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Describes a run's model in one line: parameters, layers and experts. */
export function describeModel(config: RunConfig): string {
  const { total, active } = countParameters(config.model_config, {
    tieEmbeddings: config.train.tie_embeddings,
  });
  const { n_expert, n_expert_per_token, n_layer, n_embd } = config.model_config;
  const experts = n_expert > 0
    ? `, ${n_expert_per_token} of ${n_expert} experts a token`
    : "";
  const count = (value: number) => value.toLocaleString("en-US");
  return `${count(total)} parameters, ${
    count(active)
  } active; ${n_layer} layers of ${n_embd}${experts}`;
}

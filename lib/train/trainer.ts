/**
 * A training run: opened from a configuration, new or resumed, and trained until a rule or a signal
 * stops it.
 *
 * @module
 */

import { join } from "node:path";
import { manualSeed, protectFromInterrupt } from "../../ffi/mod.ts";
import { resolveResume, type ResumePoint } from "../checkpoint/find.ts";
import {
  CHECKPOINT_FILES,
  checkpointName,
  FINAL_CHECKPOINT,
} from "../checkpoint/names.ts";
import { loadTensors } from "../checkpoint/state.ts";
import type { CheckpointStore } from "../checkpoint/store.ts";
import { type RunConfig, runConfigToYaml } from "../config/mod.ts";
import { BatchLoader } from "../data/mod.ts";
import { evaluateLoss, type Evaluation } from "../evaluate/loss.ts";
import {
  type MetricsLogger,
  type MetricsRow,
  openMetricsCsv,
  openTensorBoard,
} from "../metrics/mod.ts";
import { countParameters } from "../model/count.ts";
import type { ExpertLoad } from "../model/balance.ts";
import type { CreateMlp, GPT } from "../model/gpt.ts";
import type { AdamW } from "../optimizer/adamw.ts";
import { buildForTraining } from "./build.ts";
import {
  readTrainingCheckpoint,
  type RunProgress,
  writeTrainingCheckpoint,
} from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import type { Placement } from "./device.ts";
import { peakMemoryBytes } from "./memory.ts";
import { Meter } from "./meter.ts";
import { openOutDir } from "./out_dir.ts";
import { planRun, type RunPlan, type StopRule } from "./plan.ts";
import { collectRunInfo, type RunInfo } from "./run_info.ts";
import { learningRateOfStep } from "./schedule.ts";
import { TrainStep } from "./step.ts";

/** What a run tells while it goes on. */
export interface TrainObserver {
  /** A row of metrics was written. */
  onMetrics?(row: MetricsRow): void;
  /** What the experts did since the last row of metrics. */
  onExpertLoad?(load: ExpertLoad, step: number): void;
  /** Between two steps; training goes on when the promise is fulfilled. */
  betweenSteps?(): Promise<void> | void;
  /** The model was validated. */
  onValidation?(evaluation: Evaluation, step: number): void;
  /** A checkpoint is safely on disk. */
  onCheckpoint?(path: string, step: number): void;
  /** Something the user should know. */
  onMessage?(text: string): void;
}

/** Options of {@linkcode Trainer.open}. */
export interface OpenOptions {
  /** The tokens to train on; disposed by who opened it. */
  readonly dataset: Dataset;
  /** Where and how to compute. */
  readonly placement: Placement;
  /** Told what happens. */
  readonly observer?: TrainObserver;
  /** Makes layers of one's own. Default: those of the configuration. */
  readonly createMlp?: CreateMlp;
}

/** Why a run ended. */
export type StopReason = StopRule | "interrupted";

/** What a run did. */
export interface TrainSummary {
  /** Why the run ended. */
  readonly reason: StopReason;
  /** Optimizer steps done, over all processes of the run. */
  readonly step: number;
  /** Tokens trained on, over all processes of the run. */
  readonly tokens: number;
  /** Seconds of training, over all processes of the run. */
  readonly elapsedSeconds: number;
  /** Tokens a second of this process, validation and saving left out. */
  readonly tokensPerSecond: number;
  /** Steps skipped because their gradients were not finite. */
  readonly skippedUpdates: number;
  /** The last validation, or null. */
  readonly validation: Evaluation | null;
  /** The checkpoint that the run ended with. */
  readonly checkpoint: string;
  /** Most memory taken, in bytes. */
  readonly peakMemoryBytes: number;
}

/** After so many skipped updates in a row a run has failed. */
const MAX_SKIPPED_IN_A_ROW = 10;
/** How long JavaScript may be kept from signals and timers. */
const TURN_MS = 50;

/**
 * One run. Everything that can be wrong is found while it is opened; `fit` then trains.
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
  readonly config: RunConfig;
  /** The model being trained. */
  readonly model: GPT;
  /** How long the run is. */
  readonly plan: RunPlan;
  /** Learning rate of the steps that follow; null is the schedule's. */
  learningRate: number | null = null;
  readonly #dataset: Dataset;
  readonly #optimizer: AdamW;
  readonly #trainStep: TrainStep;
  readonly #loader: BatchLoader;
  readonly #store: CheckpointStore;
  readonly #loggers: readonly MetricsLogger[];
  readonly #info: RunInfo;
  readonly #observer: TrainObserver;
  readonly #meter: Meter;
  #savedStep: number | null;
  #validation: Evaluation | null = null;
  #skippedInARow = 0;

  /**
   * Builds the model, or goes on from a checkpoint, as the configuration says.
   *
   * @throws {Error} if the checkpoint, the data or the device do not fit the configuration.
   */
  static async open(
    config: RunConfig,
    { dataset, placement, observer = {}, createMlp }: OpenOptions,
  ): Promise<Trainer> {
    const resume = await resolveResume(config.resume, config.out_dir);
    for (const warning of resume?.warnings ?? []) {
      observer.onMessage?.(warning);
    }
    const { store, movedTo } = await openOutDir(config, {
      isNew: resume === null,
    });
    if (movedTo !== null) {
      observer.onMessage?.(`Moved the earlier run to ${movedTo}`);
    }
    for (const warning of store.warnings) observer.onMessage?.(warning);

    const { model, optimizer } = buildForTraining(
      config,
      placement,
      createMlp === undefined ? {} : { createMlp },
    );
    manualSeed(config.seed);
    const progress = await start(config, { model, optimizer }, resume);
    return new Trainer(config, {
      dataset,
      placement,
      observer,
      model,
      optimizer,
      store,
      progress,
      info: await collectRunInfo(),
    });
  }

  /** Called by `open` alone. */
  private constructor(
    config: RunConfig,
    parts: Required<Omit<OpenOptions, "createMlp">> & {
      model: GPT;
      optimizer: AdamW;
      store: CheckpointStore;
      progress: RunProgress | null;
      info: RunInfo;
    },
  ) {
    const { train, optimization } = config;
    const { model, placement, progress } = parts;
    this.config = config;
    this.model = model;
    this.#dataset = parts.dataset;
    this.#optimizer = parts.optimizer;
    this.#store = parts.store;
    this.#info = parts.info;
    this.#observer = parts.observer;
    this.#loader = new BatchLoader(parts.dataset.shards, {
      split: "train",
      batchSize: train.micro_batch_size,
      sequenceLength: train.max_seq_length,
      seed: config.data.init_args.seed,
    });
    this.plan = planRun(config, this.#loader.batchesPerEpoch);
    this.#trainStep = new TrainStep(model, parts.optimizer, {
      microBatchSize: train.micro_batch_size,
      sequenceLength: train.max_seq_length,
      accumulationIters: this.plan.accumulationIters,
      biasUpdateRate: config.model_config.router_bias_update_rate,
      captured: optimization.compile &&
        optimization.compile_mode !== "default" && placement.device !== "cpu",
      dynamic: optimization.compile_dynamic,
      fullgraph: optimization.compile_fullgraph,
      onMessage: (message) => this.#observer.onMessage?.(message),
    });
    if (progress !== null) restoreLoader(this.#loader, progress.loader);
    this.#meter = new Meter(config, this.plan, {
      placement,
      resumed: progress,
    });
    this.#savedStep = progress?.step ?? null;
    this.#loggers = openLoggers(
      config,
      progress === null ? {} : { resumeAtIter: this.iter + 1 },
    );
    Deno.writeTextFileSync(
      join(config.out_dir, "config.yaml"),
      runConfigToYaml(config),
    );
    Deno.writeTextFileSync(
      join(config.out_dir, "run.json"),
      JSON.stringify({ ...parts.info, placement }, null, 2) + "\n",
    );
  }

  /** Optimizer steps done. */
  get step(): number {
    return this.#meter.progress.step;
  }

  /** Micro-batches trained on. */
  get iter(): number {
    return this.#meter.iter;
  }

  /**
   * Trains until a rule of the configuration says stop, or the signal does: then the step that runs is
   * finished and saved.
   *
   * @throws {Error} if the loss stays non-finite, or a checkpoint cannot be saved.
   */
  async fit({ signal }: { signal?: AbortSignal } = {}): Promise<TrainSummary> {
    const { eval: evaluation, train } = this.config;
    if (evaluation.initial_validation && this.step === 0) {
      await this.validate();
    }
    let turnMs = performance.now();
    let reason = this.#reasonToStop(signal);
    while (reason === null) {
      this.#runStep();
      await this.#observer.betweenSteps?.();
      if (isDue(this.step, evaluation.interval)) await this.validate();
      if (isDue(this.step, train.save_interval ?? 0)) {
        await this.save(checkpointName(this.step));
      }
      if (performance.now() - turnMs > TURN_MS) {
        // A turn of the event loop: signals arrive, notebooks stay alive.
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnMs = performance.now();
      }
      reason = this.#reasonToStop(signal);
    }
    const path = await this.#finish(reason);
    return {
      ...this.#meter.progress,
      reason,
      tokensPerSecond: this.#meter.tokensPerSecond,
      validation: this.#validation,
      checkpoint: path,
      peakMemoryBytes: peakMemoryBytes(this.model.device),
    };
  }

  /** Measures the loss on the fixed validation batches. */
  async validate(): Promise<Evaluation> {
    const { train, eval: { max_iters } } = this.config;
    using _whole = protectFromInterrupt();
    const startedMs = performance.now();
    const evaluation = await evaluateLoss(this.model, this.#dataset.shards, {
      batchSize: train.micro_batch_size,
      sequenceLength: train.max_seq_length,
      maxBatches: max_iters,
    });
    this.#meter.addOther((performance.now() - startedMs) / 1000);
    this.#validation = evaluation;
    this.#log({
      ...this.#meter.place(),
      val_loss: evaluation.loss,
      val_ppl: evaluation.perplexity,
    });
    this.#observer.onValidation?.(evaluation, this.step);
    return evaluation;
  }

  /** Saves a checkpoint under a name that LitGPT would give it; returns its path. */
  async save(name: string): Promise<string> {
    using _whole = protectFromInterrupt();
    const startedMs = performance.now();
    for (const logger of this.#loggers) logger.sync();
    const { deno, torch } = this.#info;
    const { path, warnings } = await this.#store.publish(
      name,
      (draft) =>
        writeTrainingCheckpoint(draft, {
          config: this.config,
          model: this.model,
          optimizer: this.#optimizer,
          tokenizer: this.#dataset.tokenizer,
        }, { ...this.#meter.progress, loader: this.#loader.state() }),
      {
        step: this.step,
        versions: { deno, torch, commit: this.#info.commit ?? "unknown" },
        replace: true,
      },
    );
    for (const warning of warnings) this.#observer.onMessage?.(warning);
    this.#meter.addOther((performance.now() - startedMs) / 1000);
    this.#savedStep = this.step;
    this.#observer.onCheckpoint?.(path, this.step);
    return path;
  }

  /** Frees the model, the optimizer and the files. */
  [Symbol.dispose](): void {
    this.#trainStep[Symbol.dispose]();
    this.#optimizer[Symbol.dispose]();
    this.model[Symbol.dispose]();
    for (const logger of this.#loggers) logger[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }

  #reasonToStop(signal: AbortSignal | undefined): StopReason | null {
    if (signal?.aborted) return "interrupted";
    if (this.step >= this.plan.steps) return this.plan.rule;
    const { max_time } = this.config.train;
    const { elapsedSeconds } = this.#meter.progress;
    return max_time !== null && elapsedSeconds >= max_time ? "max_time" : null;
  }

  async #finish(reason: StopReason): Promise<string> {
    if (reason === "interrupted") {
      const name = checkpointName(this.step);
      return this.#savedStep === this.step
        ? join(this.config.out_dir, name)
        : await this.save(name);
    }
    const { final_validation, interval } = this.config.eval;
    const isFresh = this.#validation !== null && isDue(this.step, interval);
    if (final_validation && !isFresh) await this.validate();
    return await this.save(FINAL_CHECKPOINT);
  }

  #runStep(): void {
    const { accumulationIters, schedule } = this.plan;
    using _whole = protectFromInterrupt();
    const meter = this.#meter;
    const startedMs = performance.now();
    const step = ++meter.progress.step;
    const epoch = this.#loader.epoch;
    const lr = this.learningRate ??
      learningRateOfStep(step, accumulationIters, schedule);
    this.#trainStep.run(() => this.#loader.next(), lr);
    meter.progress.tokens += meter.tokensPerStep;
    const isLogged = isDue(step, this.config.train.log_interval);
    // Reading the loss is what waits for the device.
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
    this.#observer.onMetrics?.(row);
  }

  #log(row: MetricsRow): void {
    for (const logger of this.#loggers) logger.log(row);
  }

  #measure(): MetricsRow {
    const loss = this.#trainStep.loss.item();
    const gradNorm = this.#optimizer.gradNorm.item();
    const skipped = this.#optimizer.skipped.item();
    this.#watchSkipped(skipped, loss, gradNorm);
    const load = this.model.statistics.read();
    if (load !== undefined) this.#observer.onExpertLoad?.(load, this.step);
    return {
      loss,
      grad_norm: gradNorm,
      skipped_updates: this.#meter.progress.skippedUpdates,
      ...(load === undefined ? {} : {
        expert_load_max_over_mean: load.maxOverMean,
        router_entropy: load.entropy,
      }),
    };
  }

  #watchSkipped(skipped: number, loss: number, gradNorm: number): void {
    this.#optimizer.skipped.zero_();
    this.#meter.progress.skippedUpdates += skipped;
    this.#skippedInARow = skipped === 0 ? 0 : this.#skippedInARow + skipped;
    if (skipped === 0) return;
    this.#observer.onMessage?.(
      `Skipped the update of step ${this.step}: loss ${loss}, gradient norm ${gradNorm}`,
    );
    if (this.#skippedInARow >= MAX_SKIPPED_IN_A_ROW) {
      throw new Error(
        `Cannot go on: ${this.#skippedInARow} updates in a row were skipped because loss or gradients are not finite; no weight was changed by them: lower optimizer.init_args.lr or train.max_norm, or use precision 32-true`,
      );
    }
  }
}

/** `metrics.csv` unless there are to be no logs, and TensorBoard's event files on request. */
function openLoggers(
  { out_dir, logger_name }: RunConfig,
  options: { resumeAtIter?: number },
): MetricsLogger[] {
  if (logger_name === "none") return [];
  const csv = openMetricsCsv(join(out_dir, "metrics.csv"), options);
  return logger_name === "csv"
    ? [csv]
    : [csv, openTensorBoard(join(out_dir, "tensorboard"), options)];
}

/** Fills model and optimizer: from a checkpoint, from given weights, or with fresh draws. */
async function start(
  config: RunConfig,
  parts: { model: GPT; optimizer: AdamW },
  resume: ResumePoint | null,
): Promise<RunProgress | null> {
  if (resume !== null) return await readTrainingCheckpoint(resume.path, parts);
  const { initial_checkpoint_dir } = config;
  if (initial_checkpoint_dir === null) {
    parts.model.weights.initialize();
  } else {
    const path = join(initial_checkpoint_dir, CHECKPOINT_FILES.weights);
    await loadTensors(path, parts.model.weights.named);
  }
  return null;
}

/** Puts the data where it stood. What an imported run was given counts as the first samples of this order. */
function restoreLoader(
  loader: BatchLoader,
  state: RunProgress["loader"],
): void {
  if (!("samples" in state)) return loader.restore(state);
  const samplesPerEpoch = loader.batchesPerEpoch * loader.batchSize;
  loader.restore({
    ...loader.state(),
    epoch: Math.floor(state.samples / samplesPerEpoch),
    position: state.samples % samplesPerEpoch,
  });
}

function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Parameters of a run's model, as people count them. */
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

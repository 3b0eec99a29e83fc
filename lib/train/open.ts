/**
 * Opens a run and finds every problem with its inputs before training starts.
 *
 * @module
 */

import { join } from "node:path";
import { manualSeed } from "../../ffi/mod.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import {
  requireCheckpoint,
  resolveResume,
  type ResumePoint,
} from "../checkpoint/find.ts";
import { CheckpointError } from "../checkpoint/manifest.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import { loadTensors } from "../checkpoint/state.ts";
import type { CheckpointStore } from "../checkpoint/store.ts";
import {
  type RunConfig,
  runConfigToYaml,
  type SizedRunConfig,
} from "../config/mod.ts";
import { BatchLoader } from "../data/mod.ts";
import {
  EXPERTS_FILE,
  type ExpertsCsv,
  type MetricsLogger,
  openExpertsCsv,
  openMetricsCsv,
  openTensorBoard,
} from "../metrics/mod.ts";
import type { CreateMlp, GPT } from "../model/gpt.ts";
import type { AdamW } from "../optimizer/adamw.ts";
import { buildForTraining, buildStep } from "./build.ts";
import { describeChanges } from "./changes.ts";
import {
  checkResumable,
  readTrainingCheckpoint,
  type SavedProgress,
} from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import type { Placement } from "./device.ts";
import { beginPeakMemory } from "./memory.ts";
import { Meter } from "./meter.ts";
import { fixMicroBatchSize } from "./micro_batch.ts";
import type { TrainObserver } from "./observer.ts";
import { moveEarlierRun, openOutDir } from "./out_dir.ts";
import { explainOutOfMemory } from "./out_of_memory.ts";
import { planRun, type RunPlan } from "./plan.ts";
import { collectRunInfo, type RunInfo } from "./run_info.ts";
import type { TrainStep } from "./step.ts";

/** Options of `Trainer.open`. */
export interface OpenOptions {
  /** The tokens to train on; the caller disposes of them. */
  readonly dataset: Dataset;
  /** Where and how to compute. */
  readonly placement: Placement;
  /** Receives the events of the run. */
  readonly observer?: TrainObserver;
  /** Makes custom MLP layers. Default: those of the configuration. */
  readonly createMlp?: CreateMlp;
}

/** Everything a run consists of. */
export interface RunParts extends Required<Omit<OpenOptions, "createMlp">> {
  readonly config: SizedRunConfig;
  readonly plan: RunPlan;
  readonly model: GPT;
  readonly optimizer: AdamW;
  readonly trainStep: TrainStep;
  readonly loader: BatchLoader;
  readonly store: CheckpointStore;
  readonly loggers: readonly MetricsLogger[];
  /** The file for expert loads, or null. */
  readonly experts: ExpertsCsv | null;
  readonly info: RunInfo;
  readonly meter: Meter;
  /** The checkpoint that the run resumes from, or null. */
  readonly resumedFrom: string | null;
  /** Resources that are freed with the run. */
  readonly owned: DisposableStack;
}

/**
 * Builds the model, or resumes from a checkpoint, as the configuration says. After an error, nothing stays
 * open.
 *
 * @throws {Error} if the checkpoint, the data or the device do not fit the configuration.
 */
export async function openRun(
  config: RunConfig,
  options: OpenOptions,
): Promise<RunParts> {
  using owned = new DisposableStack();
  try {
    const parts = await open(config, options, owned);
    return { ...parts, owned: owned.move() };
  } catch (error) {
    throw explainOutOfMemory(error, config, options.placement);
  }
}

async function open(
  given: RunConfig,
  { dataset, placement, observer = {}, ...layers }: OpenOptions,
  owned: DisposableStack,
): Promise<Omit<RunParts, "owned">> {
  const say = (text: string) => observer.onMessage?.(text);
  const origin = await originOf(given);
  const { resume } = origin;
  resume?.warnings.forEach(say);
  const config = sized(given, { dataset, placement, ...layers });
  if (config !== given) {
    say(`train.micro_batch_size auto: ${config.train.micro_batch_size}`);
  }
  beginPeakMemory(placement.device);
  const changes = resume && describeChanges(resume.path, config);
  const loader = new BatchLoader(dataset.shards, {
    split: "train",
    batchSize: config.train.micro_batch_size,
    sequenceLength: config.train.max_seq_length,
    seed: config.data.init_args.seed,
  });
  const locked = owned.use(await openOutDir(config));
  locked.warnings.forEach(say);

  const { model, optimizer } = buildForTraining(config, placement, layers);
  owned.use(model);
  owned.use(optimizer);
  manualSeed(config.seed);
  const resumed = await start({ model, optimizer }, origin);
  if (resume && resumed) restoreLoader(loader, resumed.loader, resume.path);
  if (changes !== null) say(changes);
  const plan = planRun(
    config,
    loader.batchesPerEpoch,
    resumed === null ? {} : { start: resumed },
  );
  const trainStep = owned.use(buildStep(config, {
    model,
    optimizer,
    placement,
    iters: plan.accumulationIters,
    onMessage: say,
  }));
  // All inputs have been checked at this point.
  const { store, movedTo } = resume === null
    ? await moveEarlierRun(locked, config)
    : { store: locked, movedTo: null };
  owned.use(store);
  if (movedTo !== null) say(`Moved the earlier run to ${movedTo}`);
  const meter = new Meter(config, plan, { placement, resumed });
  const info = await writeRunInfo(config, placement);
  const from = resumed === null ? {} : { resumeAtIter: meter.iter + 1 };
  const loggers = openLoggers(config, from);
  loggers.forEach((logger) => owned.use(logger));
  const experts = config.logger_name === "none"
    ? null
    : owned.use(openExpertsCsv(join(config.out_dir, EXPERTS_FILE), from));
  return {
    config,
    dataset,
    placement,
    observer,
    plan,
    model,
    optimizer,
    trainStep,
    loader,
    store,
    loggers,
    experts,
    info,
    meter,
    resumedFrom: resume?.path ?? null,
  };
}

/** Writes the run's configuration and the versions that it uses: OUT/config.yaml and OUT/run.json. */
async function writeRunInfo(
  config: SizedRunConfig,
  placement: Placement,
): Promise<RunInfo> {
  const info = await collectRunInfo();
  const yaml = runConfigToYaml(config);
  await writeFileAtomic(join(config.out_dir, "config.yaml"), yaml);
  const { operators: _, ...where } = placement;
  const json = JSON.stringify({ ...info, placement: where }, null, 2);
  await writeFileAtomic(join(config.out_dir, "run.json"), `${json}\n`);
  return info;
}

/** Opens `metrics.csv`, unless logs are switched off, and TensorBoard's event files on request. */
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

/** What a run starts from: a checkpoint to resume, a file of weights, or neither. */
interface Origin {
  readonly resume: ResumePoint | null;
  readonly weights: string | null;
}

/** Finds what the run starts from, and checks its integrity. */
async function originOf(config: RunConfig): Promise<Origin> {
  const resume = await resolveResume(config.resume, config.out_dir);
  if (resume !== null) checkResumable(resume.path);
  if (config.initial_checkpoint_dir === null) return { resume, weights: null };
  const { weights } = CHECKPOINT_FILES;
  const dir = await requireCheckpoint(config.initial_checkpoint_dir, {
    action: "start from",
    isNeeded: (name) => name === weights,
    foreign: weights,
  });
  return { resume, weights: join(dir, weights) };
}

/** The configuration with a micro-batch that fits device and data. */
function sized(
  config: RunConfig,
  { dataset, placement, ...layers }: OpenOptions,
): SizedRunConfig {
  const { length } = dataset.shards.train;
  const windows = Math.floor(length / (config.train.max_seq_length + 1));
  return fixMicroBatchSize(config, placement, { windows, ...layers });
}

/** Fills model and optimizer: from a checkpoint, from given weights, or with fresh draws. */
async function start(
  parts: { model: GPT; optimizer: AdamW },
  { resume, weights }: Origin,
): Promise<SavedProgress | null> {
  if (resume !== null) return await readTrainingCheckpoint(resume.path, parts);
  if (weights === null) parts.model.weights.initialize();
  else await loadTensors(weights, parts.model.weights.named);
  return null;
}

/**
 * Restores the position in the data. The samples of an imported run count as the first ones of this order.
 *
 * @throws {CheckpointError} if the checkpoint belongs to other data.
 */
function restoreLoader(
  loader: BatchLoader,
  state: SavedProgress["loader"],
  path: string,
): void {
  const here = loader.state();
  if ("samples" in state) {
    const samplesPerEpoch = loader.batchesPerEpoch * loader.batchSize;
    loader.restore({
      ...here,
      epoch: Math.floor(state.samples / samplesPerEpoch),
      position: state.samples % samplesPerEpoch,
    });
    return;
  }
  if (state.tokens !== here.tokens) {
    throw new CheckpointError(
      `Cannot resume from ${path}: its data were others, or were prepared otherwise: give the same, or start a new run from its weights with --initial-checkpoint-dir ${path}`,
    );
  }
  loader.restore(state);
}

/**
 * `deno task train`: from a configuration to a trained model, an evaluation and a sample.
 *
 * @module
 */

import { buildInfo, ensureSetup } from "../../ffi/mod.ts";
import {
  checkPaths,
  helpText,
  loadRunConfig,
  type RunConfig,
  runConfigToYaml,
  type SizedRunConfig,
} from "../config/mod.ts";
import { bigramBaseline, type PrepareProgress } from "../data/mod.ts";
import { encodePrompt, generateText } from "../generate/generate.ts";
import type { MetricsRow } from "../metrics/mod.ts";
import {
  createProgress,
  formatBytes,
  formatCount,
  formatDuration,
  type Progress,
  type ProgressMode,
} from "../progress/mod.ts";
import { type Dataset, openDataset } from "../train/dataset.ts";
import { placeRun, settingsWithoutEffect } from "../train/device.ts";
import type { TrainObserver } from "../train/observer.ts";
import { describeModel, Trainer, type TrainSummary } from "../train/trainer.ts";
import { runCommand } from "./_command.ts";
import { onSignals } from "./_signals.ts";

/** No bigram baseline is computed for larger training sets, because fitting it would take too long. */
const MAX_BIGRAM_TOKENS = 2 ** 25;
/** Length of the sample at the end, and of the text that it continues. */
const SAMPLE_TOKENS = 100;
const PROMPT_TOKENS = 16;

async function main(argv: readonly string[]): Promise<number> {
  const run = loadRunConfig({ argv });
  const { config, notices, printConfig, help } = run;
  if (help) {
    console.log(helpText());
    return 0;
  }
  if (printConfig) {
    console.log(runConfigToYaml(config));
    return 0;
  }
  checkPaths(run);
  for (const notice of notices) console.log(notice);
  // Nothing is loaded before this point, so that a wrong configuration is refused at once.
  await ensureSetup();
  const mode: ProgressMode = config.log.progress ? "auto" : "none";
  const placement = placeRun(config);
  console.log(
    `Device   ${placement.description}, libtorch ${buildInfo().torch}`,
  );
  for (const notice of settingsWithoutEffect(config, placement.device)) {
    console.log(notice);
  }
  console.log(`Model    ${describeModel(config)}`);
  using dataset = await prepare(config, mode);
  const { shards } = dataset;
  console.log(
    `Data     ${shards.name}: ${
      formatCount(shards.train.length)
    } tokens to train on, ${formatCount(shards.val.length)} to validate on`,
  );

  const display = new TrainDisplay(mode);
  using trainer = await Trainer.open(config, {
    dataset,
    placement,
    observer: display,
  });
  console.log(
    `Run      ${config.out_dir}: ${
      trainer.plan.steps === Infinity
        ? `${config.train.max_time} s`
        : `${trainer.plan.steps} steps`
    } of ${
      formatCount(config.train.global_batch_size * config.train.max_seq_length)
    } tokens${trainer.step > 0 ? `, from step ${trainer.step} on` : ""}`,
  );
  display.start(trainer);
  const { summary, exitCode } = await fitUntilSignal(trainer)
    .finally(() => display.finish());
  if (exitCode !== 0) {
    console.log(
      `Interrupted at step ${summary.step}, saved in ${summary.checkpoint}: go on with --resume auto`,
    );
    return exitCode;
  }
  await summarize(trainer.config, dataset, summary);
  showSample(trainer, dataset);
  return 0;
}

/** Trains; a signal finishes the step and saves. Before and after, when nothing can be lost, it just ends the process. */
async function fitUntilSignal(
  trainer: Trainer,
): Promise<{ summary: TrainSummary; exitCode: number }> {
  using signals = onSignals(["SIGINT", "SIGTERM"]);
  const summary = await trainer.fit({ signal: signals.signal });
  return { summary, exitCode: signals.exitCode };
}

async function prepare(
  config: RunConfig,
  mode: ProgressMode,
): Promise<Dataset> {
  let progress: Progress | undefined;
  const onProgress = ({ phase, bytes, totalBytes }: PrepareProgress) => {
    progress ??= createProgress({ label: "prepare", unit: "byte", mode });
    progress.update({ done: bytes, total: totalBytes, note: phase });
  };
  try {
    return await openDataset(config, { onProgress });
  } finally {
    progress?.finish();
  }
}

/** Shows a run on the terminal: one live line, messages above it. */
class TrainDisplay implements TrainObserver {
  readonly #mode: ProgressMode;
  #progress: Progress | undefined;

  constructor(mode: ProgressMode) {
    this.#mode = mode;
  }

  start(trainer: Trainer): void {
    const { steps } = trainer.plan;
    this.#progress = createProgress({
      label: "train",
      unit: "step",
      done: trainer.step,
      mode: this.#mode,
      ...(steps === Infinity ? {} : { total: steps }),
    });
  }

  onMetrics(row: MetricsRow): void {
    this.#progress?.update(
      {
        done: row.optimizer_step,
        loss: row.loss,
        learningRate: row.learning_rate,
        tokensPerSecond: row.tokens_per_second,
        remainingSeconds: row.remaining_time,
        ...(row.mfu === undefined ? {} : { mfu: row.mfu }),
      } as Parameters<Progress["update"]>[0],
    );
  }

  onValidation(
    { loss, perplexity }: { loss: number; perplexity: number },
    step: number,
  ): void {
    this.#progress?.update({ valLoss: loss });
    this.onMessage(
      `step ${step}: val loss ${loss.toFixed(4)}, perplexity ${
        perplexity.toFixed(1)
      }`,
    );
  }

  onMessage(text: string): void {
    if (this.#progress === undefined) console.log(text);
    else this.#progress.log(text);
  }

  finish(): void {
    this.#progress?.finish();
  }
}

async function summarize(
  config: SizedRunConfig,
  dataset: Dataset,
  summary: TrainSummary,
): Promise<void> {
  const { validation } = summary;
  // A run that was already complete when it was resumed has no speed.
  const speed = Number.isNaN(summary.tokensPerSecond)
    ? "nothing was left to train"
    : `${formatCount(summary.tokensPerSecond)} tok/s`;
  console.log(
    `\nTrained  ${summary.step} steps, ${
      formatCount(summary.tokens)
    } tokens in ${
      formatDuration(summary.elapsedSeconds)
    } (${speed}, peak memory ${formatBytes(summary.peakMemoryBytes)})`,
  );
  if (summary.skippedUpdates > 0) {
    console.log(
      `Skipped  ${summary.skippedUpdates} updates whose gradients were not finite`,
    );
  }
  if (validation !== null) {
    const baseline = await bigramLine(config, dataset, validation.batches);
    console.log(
      `Val loss ${validation.loss.toFixed(4)}, perplexity ${
        validation.perplexity.toFixed(1)
      }${baseline}`,
    );
  }
  const metrics = config.logger_name === "none"
    ? ""
    : `; metrics in ${config.out_dir}`;
  console.log(`Saved    ${summary.checkpoint}${metrics}`);
}

/** The loss of a bigram model of the same data on the same validation tokens. */
async function bigramLine(
  { train }: SizedRunConfig,
  { shards }: Dataset,
  batches: number,
): Promise<string> {
  if (shards.train.length > MAX_BIGRAM_TOKENS) return "";
  const { loss } = await bigramBaseline(shards, {
    sequenceLength: train.max_seq_length,
    maxWindows: batches * train.micro_batch_size,
  });
  return ` (a bigram model of the same data: ${loss.toFixed(4)}, ${
    Math.exp(loss).toFixed(1)
  })`;
}

function showSample(trainer: Trainer, { tokenizer, shards }: Dataset): void {
  // Tokens of other tools may have no tokenizer.
  if (tokenizer === undefined) return;
  const { maxSeqLength } = trainer.model;
  // The start of a validation window is a prompt that was not trained on.
  const length = Math.min(PROMPT_TOKENS, maxSeqLength >> 1, shards.val.length);
  const ids = new Int32Array(length);
  shards.val.copyTo(0, ids);
  const prompt = tokenizer.decode(ids).trimEnd();
  const room = maxSeqLength - encodePrompt(tokenizer, prompt).length;
  // A short context length leaves no room for a text.
  if (prompt === "" || room < 1) return;
  const pieces = generateText(trainer.model, tokenizer, prompt, {
    maxNewTokens: Math.min(SAMPLE_TOKENS, room),
    seed: 1234,
  });
  console.log(`\nSample (the prompt is from the validation text)\n`);
  console.log(`${prompt}|${[...pieces].join("")}`);
}

if (import.meta.main) await runCommand(main);

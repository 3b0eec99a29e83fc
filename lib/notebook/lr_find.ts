/**
 * Searches for a learning rate in a notebook.
 *
 * @module
 */

import { ensureSetup, manualSeed } from "../../ffi/mod.ts";
import { isSized, type RunConfig } from "../config/mod.ts";
import { GPT } from "../model/gpt.ts";
import { learningRateFigure } from "../plots/training.ts";
import { buildForTraining } from "../train/build.ts";
import { type Dataset, openDataset } from "../train/dataset.ts";
import { placeRun } from "../train/device.ts";
import {
  findLearningRate,
  type FindLearningRateOptions,
  type FoundLearningRate,
} from "../train/find_learning_rate.ts";
import { checkedConfig, type ConfigLike } from "./_config.ts";
import { onStop } from "./kernel.ts";
import { Plot } from "./plot.ts";

/** The result of {@linkcode lrFind}; shown as a figure on a cell's last line. */
export class LearningRateSearch extends Plot {
  /** The learning rates that were tried, ascending. */
  readonly rates: readonly number[];
  /** Smoothed training loss at each learning rate. */
  readonly losses: readonly number[];
  /** Suggested learning rate; null if the loss never fell. */
  readonly suggestion: number | null;

  /** Called only by {@linkcode lrFind}. */
  constructor(found: FoundLearningRate) {
    const { suggestion } = found;
    super(
      learningRateFigure(found),
      suggestion === null
        ? "No learning rate made the loss fall"
        : `Suggested learning rate: ${suggestion.toExponential(2)}`,
    );
    this.rates = found.rates;
    this.losses = found.losses;
    this.suggestion = suggestion;
  }
}

/**
 * fastai's `lr_find`: trains for up to 100 steps with a rising learning rate, and suggests the one in the
 * middle of the loss's longest descent. A model that is given has its weights back afterwards; a
 * configuration gets a fresh model, with its own optimizer and batches.
 *
 * @throws {ConfigError} if the configuration cannot be used.
 *
 * @example
 * ```ts ignore
 * const search = await lrFind({ model_name: "moe-quickstart" });
 * console.log(search.suggestion);
 * ```
 */
export async function lrFind(
  model: GPT,
  data: Pick<Dataset, "shards">,
  options?: FindLearningRateOptions,
): Promise<LearningRateSearch>;
/** The same for a configuration. */
export async function lrFind(
  config: ConfigLike,
  options?: FindLearningRateOptions,
): Promise<LearningRateSearch>;
export async function lrFind(
  subject: GPT | ConfigLike,
  second?: Pick<Dataset, "shards"> | FindLearningRateOptions,
  third?: FindLearningRateOptions,
): Promise<LearningRateSearch> {
  const controller = new AbortController();
  using _stop = onStop(() => {
    controller.abort();
    return true;
  });
  const { signal } = controller;
  if (!(subject instanceof GPT)) {
    const options = second as FindLearningRateOptions | undefined;
    return new LearningRateSearch(
      await search(checkedConfig(subject), { signal, ...options }),
    );
  }
  const { shards } = second as Pick<Dataset, "shards">;
  return new LearningRateSearch(
    await findLearningRate(subject, shards, { signal, ...third }),
  );
}

async function search(
  config: RunConfig,
  options: FindLearningRateOptions,
): Promise<FoundLearningRate> {
  await ensureSetup();
  const { signal } = options;
  using dataset = await openDataset(config, signal ? { signal } : {});
  const { model, optimizer } = buildForTraining(config, placeRun(config));
  try {
    manualSeed(config.seed);
    model.weights.initialize();
    return await findLearningRate(model, dataset.shards, {
      ...(isSized(config) ? { batchSize: config.train.micro_batch_size } : {}),
      sequenceLength: config.train.max_seq_length,
      createOptimizer: () => optimizer,
      ...options,
    });
  } finally {
    optimizer[Symbol.dispose]();
    model[Symbol.dispose]();
  }
}

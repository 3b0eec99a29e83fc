/**
 * The learning-rate range test (Smith 2017) with fastai's stopping rule and suggestion.
 *
 * @module
 */

import {
  noGrad,
  protectFromInterrupt,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import { BatchLoader, type TokenShards } from "../data/mod.ts";
import type { GPT } from "../model/gpt.ts";
import { AdamW } from "../optimizer/adamw.ts";
import { TrainStep } from "./step.ts";

/** Options of {@linkcode findLearningRate}. */
export interface FindLearningRateOptions {
  /** Sequences of a step. Default: 8. */
  readonly batchSize?: number;
  /** Tokens of a sequence. Default: the model's maximum. */
  readonly sequenceLength?: number;
  /** The first learning rate. Default: 1e-7. */
  readonly from?: number;
  /** The last learning rate, unless the loss explodes before. Default: 10. */
  readonly to?: number;
  /** Steps between the two; the learning rate grows by a constant factor. Default: 100. */
  readonly steps?: number;
  /** Makes the optimizer. Default: AdamW with its defaults and gradients of norm 1 at most. */
  readonly createOptimizer?: (model: GPT) => AdamW;
  /** Ends the search; the measurements so far are returned. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode findLearningRate} measured. */
export interface FoundLearningRate {
  /** The learning rates that were tried, rising. */
  readonly rates: readonly number[];
  /** Smoothed training loss after each. */
  readonly losses: readonly number[];
  /** The suggested learning rate, in the middle of the longest descent; null if the loss never fell. */
  readonly suggestion: number | null;
}

/** fastai's smoothing of the loss. */
const SMOOTHING = 0.98;
/** The search ends when the loss exceeds the best one by this factor. */
const EXPLODED = 4;

/**
 * Trains for a few steps with a rising learning rate and records the loss. The weights are restored
 * afterwards, even after an error.
 *
 * @throws {RangeError} if `from`, `to` or `steps` make no rising sequence, or there is too little data.
 *
 * @example
 * ```ts ignore
 * const { suggestion } = await findLearningRate(model, dataset.shards);
 * ```
 */
export async function findLearningRate(
  model: GPT,
  shards: TokenShards,
  options: FindLearningRateOptions = {},
): Promise<FoundLearningRate> {
  const { from = 1e-7, to = 10, steps = 100, signal } = options;
  if (!(from > 0 && to > from && Number.isInteger(steps) && steps > 1)) {
    throw new RangeError(
      `Cannot search from ${from} to ${to} in ${steps} steps: expected 0 < from < to and 2 steps or more`,
    );
  }
  const { batchSize = 8, sequenceLength = model.maxSeqLength } = options;
  const loader = new BatchLoader(shards, {
    split: "train",
    batchSize,
    sequenceLength,
  });
  using weights = new Snapshot(model);
  using optimizer = options.createOptimizer?.(model) ??
    new AdamW(model.weights.parameters, { maxNorm: 1 });
  using step = new TrainStep(model, optimizer, {
    microBatchSize: batchSize,
    sequenceLength,
    accumulationIters: 1,
    biasUpdateRate: 0,
    captured: false,
  });
  const rates: number[] = [];
  const losses: number[] = [];
  let average = 0;
  try {
    for (let i = 0; i < steps && !signal?.aborted; i++) {
      const rate = from * (to / from) ** (i / (steps - 1));
      const loss = runStep(step, loader, rate);
      average = SMOOTHING * average + (1 - SMOOTHING) * loss;
      const smooth = average / (1 - SMOOTHING ** (i + 1));
      if (!Number.isFinite(smooth)) break;
      rates.push(rate);
      losses.push(smooth);
      if (smooth > EXPLODED * Math.min(...losses)) break;
      // Yields to the event loop, so that signals and a notebook's messages are handled.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } finally {
    using _whole = protectFromInterrupt();
    weights.restore();
    model.statistics.read();
  }
  return { rates, losses, suggestion: suggest(rates, losses) };
}

function runStep(step: TrainStep, loader: BatchLoader, rate: number): number {
  using _whole = protectFromInterrupt();
  step.load(() => loader.next());
  step.run(rate);
  return step.loss.item();
}

/**
 * fastai's "valley": the middle of the longest decreasing subsequence of the loss (not necessarily of adjacent
 * values). The first tenth, where the loss is flat, and the last five values, where it explodes, are ignored.
 */
export function suggest(
  allRates: readonly number[],
  allLosses: readonly number[],
): number | null {
  const first = Math.floor(allRates.length / 10);
  const rates = allRates.slice(first, -5);
  const losses = allLosses.slice(first, -5);
  // lengths[i] is the length of the longest descent that ends at i.
  const lengths = losses.map(() => 1);
  let end = 0;
  for (const [i, loss] of losses.entries()) {
    for (let j = 0; j < i; j++) {
      if (loss < losses[j]! && lengths[i]! < lengths[j]! + 1) {
        lengths[i] = lengths[j]! + 1;
      }
      if (lengths[end]! < lengths[i]!) end = i;
    }
  }
  const longest = lengths[end];
  if (longest === undefined || longest < 2) return null;
  const start = end - longest;
  const third = (end - start) / 3;
  const index = start + Math.trunc(third) + Math.trunc(third / 2);
  return rates[Math.max(0, index)] ?? null;
}

/** The weights and buffers of a model at one moment. */
class Snapshot implements Disposable {
  readonly #copies: readonly (readonly [Tensor, Tensor])[];

  constructor(model: GPT) {
    const tensors = new Set(model.weights.named.map(({ tensor }) => tensor));
    this.#copies = noGrad(() =>
      [...tensors].map((tensor) =>
        [tensor, scope(() => tensor.detach().clone())] as const
      )
    );
  }

  restore(): void {
    noGrad(() => {
      for (const [tensor, copy] of this.#copies) tensor.copy_(copy);
    });
  }

  [Symbol.dispose](): void {
    for (const [, copy] of this.#copies) copy.dispose();
  }
}

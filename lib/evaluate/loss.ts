/**
 * The loss of a model on held-out tokens.
 *
 * @module
 */

import { noGrad, scope, tensor, zeros } from "../../ffi/mod.ts";
import { BatchLoader, type TokenShards } from "../data/mod.ts";
import type { GPT } from "../model/gpt.ts";

/** Options of {@linkcode evaluateLoss}. */
export interface EvaluateOptions {
  /** Sequences computed at once. */
  readonly batchSize: number;
  /** Tokens of a sequence. */
  readonly sequenceLength: number;
  /** Batches from the start of the split; all of them unless told. */
  readonly maxBatches?: number;
  /** Which tokens. Default: val. */
  readonly split?: "train" | "val";
  /** Called after each batch. */
  readonly onBatch?: (done: number, all: number) => void;
}

/** How well a model predicts tokens. */
export interface Evaluation {
  /** Mean cross-entropy in nats a token. */
  readonly loss: number;
  /** `exp(loss)`. */
  readonly perplexity: number;
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** Batches they came in. */
  readonly batches: number;
}

/**
 * Mean loss over the first batches of a split, in the order of the text: the same ones each time, so
 * that numbers can be compared. Statistics of the experts are left as they were.
 *
 * @throws {RangeError} if the split is too small for one batch.
 */
export async function evaluateLoss(
  model: GPT,
  shards: TokenShards,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { batchSize, sequenceLength: T, split = "val" } = options;
  const loader = new BatchLoader(shards, {
    split,
    batchSize: fittingBatch(shards, options),
    sequenceLength: T,
    shuffle: false,
  });
  const wanted = Math.ceil(
    (options.maxBatches ?? Infinity) * batchSize / loader.batchSize,
  );
  const batches = Math.min(loader.batchesPerEpoch, wanted);
  const shape = [loader.batchSize, T + 1];
  using sum = zeros([], { device: model.device });
  for (let i = 0; i < batches; i++) {
    noGrad(() =>
      scope(() => {
        const batch = tensor(loader.next(), { shape, device: model.device });
        const targets = batch.narrow(1, 1, T).to("int64");
        sum.add_(model.loss(batch.narrow(1, 0, T), targets));
      })
    );
    options.onBatch?.(i + 1, batches);
    // A turn of the event loop: signals arrive, notebooks stay alive.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const loss = sum.item() / batches;
  return {
    loss,
    perplexity: Math.exp(loss),
    tokens: batches * loader.batchSize * T,
    batches,
  };
}

/** A small split is evaluated in one batch of what it has. */
function fittingBatch(shards: TokenShards, options: EvaluateOptions): number {
  const { batchSize, sequenceLength, split = "val" } = options;
  const windows = Math.floor(shards[split].length / (sequenceLength + 1));
  return Math.max(1, Math.min(batchSize, windows));
}

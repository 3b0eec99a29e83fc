/**
 * The loss of a model on held-out tokens.
 *
 * @module
 */

import { noGrad, scope, tensor, zeros } from "../../ffi/mod.ts";
import { BatchLoader, type TokenShards } from "../data/mod.ts";
import type { GPT } from "../model/gpt.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Options of {@linkcode evaluateLoss}. */
export interface EvaluateOptions {
  /** Sequences in a batch. */
  readonly batchSize: number;
  /** Tokens of each sequence. */
  readonly sequenceLength: number;
  /** Batches from the start of the split. Default: all of its sequences. */
  readonly maxBatches?: number;
  /** The split to evaluate. Default: val. */
  readonly split?: "train" | "val";
  /** Called after each batch with its tokens, `[B, T + 1]` row by row. */
  readonly onBatch?: (done: number, all: number, batch: Int32Array) => void;
  /** Ends the evaluation, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How well a model predicts tokens. */
export interface Evaluation {
  /** Mean cross-entropy in nats a token. */
  readonly loss: number;
  /** `exp(loss)`. */
  readonly perplexity: number;
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** Number of batches. */
  readonly batches: number;
}

/**
 * Mean loss over the first sequences of a split, in the order of the text: always the same sequences, so
 * that results can be compared. The last batch may be smaller. The statistics of the experts are not
 * changed.
 *
 * @throws {RangeError} if the split is too small for one sequence.
 */
export async function evaluateLoss(
  model: GPT,
  shards: TokenShards,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { sequenceLength: T } = options;
  const loaders = loadersOf(shards, options);
  const batches = loaders.reduce((sum, { times }) => sum + times, 0);
  using sum = zeros([], { device: model.device });
  let [done, sequences] = [0, 0];
  for (const { loader, times } of loaders) {
    const shape = [loader.batchSize, T + 1];
    for (let i = 0; i < times; i++) {
      const tokens = loader.next();
      noGrad(() =>
        scope(() => {
          const batch = tensor(tokens, { shape, device: model.device });
          const targets = batch.narrow(1, 1, T).to("int64");
          const loss = model.loss(batch.narrow(1, 0, T), targets);
          sum.add_(loss, loader.batchSize);
        })
      );
      sequences += loader.batchSize;
      options.onBatch?.(++done, batches, tokens);
      // Yields to the event loop, so that signals and a notebook's messages are handled.
      await new Promise((resolve) => setTimeout(resolve, 0));
      options.signal?.throwIfAborted();
    }
  }
  const loss = sum.item() / sequences;
  return {
    loss,
    perplexity: Math.exp(loss),
    tokens: sequences * T,
    batches,
  };
}

/** A loader for the full batches, and one for the remaining sequences. */
function loadersOf(
  shards: TokenShards,
  { batchSize, sequenceLength, split = "val", maxBatches }: EvaluateOptions,
): { loader: BatchLoader; times: number }[] {
  const open = (size: number) =>
    new BatchLoader(shards, {
      split,
      batchSize: size,
      sequenceLength,
      shuffle: false,
    });
  const { windows } = open(1);
  const wanted = Math.min(windows, (maxBatches ?? Infinity) * batchSize);
  const full = Math.floor(wanted / batchSize);
  const left = wanted - full * batchSize;
  const loaders = full === 0 ? [] : [{ loader: open(batchSize), times: full }];
  if (left > 0) {
    const loader = open(left);
    const position = full * batchSize;
    loader.restore({ ...loader.state(), position });
    loaders.push({ loader, times: 1 });
  }
  return loaders;
}

/** How well a model predicts text, independent of the tokenizer. */
export interface TextEvaluation extends Evaluation {
  /** UTF-8 bytes of the tokens that were predicted. */
  readonly bytes: number;
  /** Bits per byte of text, for comparing models with different tokenizers. */
  readonly bitsPerByte: number;
}

/**
 * {@linkcode evaluateLoss}, also measured per byte of text.
 *
 * @param model The model.
 * @param data The tokens and their tokenizer.
 * @param options Which tokens, and the batch size.
 * @throws {RangeError} as {@linkcode evaluateLoss}.
 */
export async function evaluateText(
  model: GPT,
  { shards, tokenizer }: {
    readonly shards: TokenShards;
    readonly tokenizer: Tokenizer;
  },
  options: EvaluateOptions,
): Promise<TextEvaluation> {
  const rowLength = options.sequenceLength + 1;
  const bytesOf = byteCounter(tokenizer);
  let bytes = 0;
  const evaluation = await evaluateLoss(model, shards, {
    ...options,
    onBatch(done, all, batch) {
      for (let start = 0; start < batch.length; start += rowLength) {
        bytes += bytesOf(batch.subarray(start + 1, start + rowLength));
      }
      options.onBatch?.(done, all, batch);
    },
  });
  const bits = evaluation.loss * evaluation.tokens / Math.LN2;
  return { ...evaluation, bytes, bitsPerByte: bits / bytes };
}

/** Returns a function that counts the UTF-8 bytes that tokens stand for. */
function byteCounter(tokenizer: Tokenizer): (ids: Int32Array) => number {
  if (tokenizer.tokenBytes === undefined) {
    // Without `tokenBytes`, the text of a token can depend on its neighbours.
    const encoder = new TextEncoder();
    return (ids) => encoder.encode(tokenizer.decode(ids)).length;
  }
  return (ids) =>
    ids.reduce((sum, id) => sum + tokenizer.tokenBytes!(id).length, 0);
}

/**
 * A baseline for the validation loss: the loss of a bigram model on the same
 * tokens. The model uses interpolated Kneser-Ney smoothing:
 *
 *     p(b | a) = max(n(a, b) - D, 0) / n(a) + D * f(a) / n(a) * q(b)
 *     q(b)     = max(p(b) - D, 0) / P + D * s / P * 1 / vocabulary
 *
 * n counts in the training tokens, f(a) is the number of different tokens that
 * follow a, p(b) the number of different tokens that precede b, P the number of
 * different pairs, s the number of tokens with p(b) > 0, and D = n1 / (n1 + 2 n2),
 * where n1 and n2 are the numbers of pairs seen once and twice. After a token
 * that was never seen, p(b | a) is q(b).
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../files/atomic.ts";
import { PairCounts, type Tokens } from "./_pair_counts.ts";
import type { TokenShards } from "./shards.ts";

export type { Tokens } from "./_pair_counts.ts";

/** Which tokens to count and which to evaluate. */
export interface BigramOptions {
  /** T of the windows of T + 1 validation tokens, as the loader cuts them. */
  sequenceLength: number;
  /** How many of those windows, from the start. Default: all. */
  maxWindows?: number;
  /** How many training tokens are counted at most, from the start. Default 2^25. */
  maxTrainTokens?: number;
}

/** The loss of the bigram model. */
export interface BigramBaseline {
  /** Mean negative log-likelihood, in nats per token. */
  loss: number;
  /** Validation tokens that were predicted. */
  valTokens: number;
  /** Training tokens that were counted. */
  trainTokens: number;
}

/** The discount D if no pair was seen exactly once, as in generated text. */
const FALLBACK_DISCOUNT = 0.75;

const Cached = z.object({
  train: z.string(),
  val: z.string(),
  loss: z.number(),
  valTokens: z.int(),
  trainTokens: z.int(),
});

/**
 * Fits a bigram model to the training tokens and evaluates it on the validation
 * windows. The result is stored in the folder, if that is a prepared one.
 *
 * @param shards Opened token shards.
 * @param options Which windows to evaluate.
 * @returns The loss, comparable with the model's validation loss.
 * @throws {RangeError} If there is no validation window.
 *
 * @example
 * ```ts
 * import { bigramBaseline } from "./bigram.ts";
 * import { openShards } from "./shards.ts";
 *
 * const shards = await openShards("data/prepared/corpus-0123456789ab");
 * const { loss } = await bigramBaseline(shards, { sequenceLength: 256 });
 * ```
 */
export async function bigramBaseline(
  shards: TokenShards,
  options: BigramOptions,
): Promise<BigramBaseline> {
  const { sequenceLength, maxTrainTokens = 2 ** 25 } = options;
  const windows = Math.min(
    Math.floor(shards.val.length / (sequenceLength + 1)),
    options.maxWindows ?? Infinity,
  );
  if (windows < 1) {
    throw new RangeError(
      `The validation tokens in ${shards.dir} are too few for a window of ${sequenceLength} + 1: ${shards.val.length} there`,
    );
  }
  const of = { train: shards.train.fingerprint, val: shards.val.fingerprint };
  const name = `bigram-${sequenceLength}-${windows}-${maxTrainTokens}.json`;
  const path = shards.isPrepared ? join(shards.dir, name) : undefined;
  const cached = path && await readCached(path);
  if (cached && cached.train === of.train && cached.val === of.val) {
    const { loss, valTokens, trainTokens } = cached;
    return { loss, valTokens, trainTokens };
  }

  const train = shards.train.blocks(maxTrainTokens);
  const probability = bigramModel(train, shards.vocabSize);
  let sum = 0;
  const window = new Int32Array(sequenceLength + 1);
  for (let index = 0; index < windows; index++) {
    shards.val.copyTo(index * window.length, window);
    for (let place = 1; place < window.length; place++) {
      sum += Math.log(probability(window[place - 1]!, window[place]!));
    }
  }
  const valTokens = windows * sequenceLength;
  const result = {
    loss: -sum / valTokens,
    valTokens,
    trainTokens: Math.min(shards.train.length, maxTrainTokens),
  };
  // The stored result only saves time: failing to write it is not an error.
  if (path !== undefined) {
    await writeFileAtomic(path, JSON.stringify({ ...of, ...result }) + "\n")
      .catch(() => {});
  }
  return result;
}

/**
 * Fits the bigram model.
 *
 * @param train Training tokens: consecutive parts of one sequence.
 * @param vocabSize All tokens are below this.
 * @returns The probability that `next` follows `previous`; the sum over all
 * `next` is 1.
 */
export function bigramModel(
  train: Iterable<Tokens>,
  vocabSize: number,
): (previous: number, next: number) => number {
  const pairs = new PairCounts(vocabSize);
  const timesFirst = new Float64Array(vocabSize);
  let previous: number | undefined;
  for (const part of train) {
    for (let place = 0; place < part.length; place++) {
      const next = part[place]!;
      if (previous !== undefined) {
        pairs.add(previous, next);
        timesFirst[previous]!++;
      }
      previous = next;
    }
  }

  const followers = new Float64Array(vocabSize);
  const predecessors = new Float64Array(vocabSize);
  let distinctPairs = 0;
  let seenOnce = 0;
  let seenTwice = 0;
  pairs.forEach((previous, next, count) => {
    followers[previous]!++;
    predecessors[next]!++;
    distinctPairs++;
    if (count === 1) seenOnce++;
    if (count === 2) seenTwice++;
  });
  const preceded = predecessors.filter((count) => count > 0).length;
  const discount = seenOnce > 0
    ? seenOnce / (seenOnce + 2 * seenTwice)
    : FALLBACK_DISCOUNT;

  const unigram = (next: number) =>
    distinctPairs === 0 ? 1 / vocabSize : (
      Math.max(predecessors[next]! - discount, 0) +
      discount * preceded / vocabSize
    ) / distinctPairs;
  return (previous, next) => {
    const times = timesFirst[previous]!;
    if (times === 0) return unigram(next);
    const kept = Math.max(pairs.count(previous, next) - discount, 0);
    return (kept + discount * followers[previous]! * unigram(next)) / times;
  };
}

async function readCached(path: string) {
  try {
    return Cached.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch {
    return undefined;
  }
}

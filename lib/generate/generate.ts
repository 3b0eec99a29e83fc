/**
 * Generates text with a model, token by token.
 *
 * @module
 */

import { manualSeed } from "../../ffi/mod.ts";
import type { GPT } from "../model/gpt.ts";
import { textStream, type Tokenizer } from "../tokenizer/mod.ts";
import { Decoder } from "./decoder.ts";
import { checkSampleOptions, type SampleOptions } from "./sample.ts";

/** Options of {@linkcode generateTokens}. */
export interface GenerateOptions extends SampleOptions {
  /** Maximum number of tokens to add. Default: 50. */
  readonly maxNewTokens?: number;
  /** Seeds the random generators first: the same seed gives the same text. */
  readonly seed?: number;
  /** Tokens that end the text; they are not yielded. */
  readonly stopIds?: readonly number[];
  /** Called for each yielded token; its text may be yielded later, with the token that completes it. */
  readonly onToken?: (id: number, sample: number) => void;
}

/**
 * Continues a sequence of tokens, yielding each as it is drawn. Keys and values are cached, so a new token
 * costs the computation of one position.
 *
 * @throws {RangeError} if the prompt is empty, has ids outside the model's vocabulary, or is too long together
 * with the tokens to be added.
 */
export function* generateTokens(
  model: GPT,
  prompt: Int32Array,
  options: GenerateOptions = {},
): Generator<number> {
  for (const { id } of generateSamples(model, prompt, options)) yield id;
}

/** Options of {@linkcode generateSamples}. */
export interface GenerateSamplesOptions extends GenerateOptions {
  /** Number of continuations. Default: 1. */
  readonly samples?: number;
  /** Called after each token; returns whether to end that sample. */
  readonly isDone?: (sample: number) => boolean;
}

/** A token of one of several continuations. */
export interface SampledToken {
  /** Index of the continuation, from 0. */
  readonly sample: number;
  /** The token. */
  readonly id: number;
}

/**
 * Continues a sequence of tokens several times at once: each forward pass computes the next token of
 * all. A continuation that has ended stays in the batch until all have ended.
 *
 * @throws {RangeError} as {@linkcode generateTokens}, or if `samples` is not a positive integer.
 */
export function* generateSamples(
  model: GPT,
  prompt: Int32Array,
  options: GenerateSamplesOptions = {},
): Generator<SampledToken> {
  const { maxNewTokens = 50, stopIds = [], samples = 1 } = options;
  checkSampleOptions(options);
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new RangeError(
      `num_samples is ${samples}: expected a positive integer`,
    );
  }
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new RangeError(
      `max_new_tokens is ${maxNewTokens}: expected an integer of at least 0`,
    );
  }
  checkPrompt(prompt, model.config.padded_vocab_size);
  const length = prompt.length + maxNewTokens;
  if (length > model.maxSeqLength) {
    throw new RangeError(
      `A prompt of ${prompt.length} tokens and ${maxNewTokens} new ones make ${length}, the model reads at most ${model.maxSeqLength}: ask for fewer new tokens or shorten the prompt`,
    );
  }
  if (options.seed !== undefined) manualSeed(options.seed);
  using decoder = new Decoder(model, { ...options, length });
  const running = new Set(Array.from({ length: samples }, (_, i) => i));
  for (let i = 0; i < maxNewTokens && running.size > 0; i++) {
    const tokens = i === 0 ? decoder.start(prompt) : decoder.next();
    for (const sample of running) {
      const id = tokens[sample]!;
      if (stopIds.includes(id)) {
        running.delete(sample);
        continue;
      }
      options.onToken?.(id, sample);
      yield { sample, id };
      if (options.isDone?.(sample)) running.delete(sample);
    }
  }
}

function checkPrompt(prompt: Int32Array, vocabSize: number): void {
  if (prompt.length === 0) {
    throw new RangeError("The prompt has no tokens: give it a text");
  }
  const unknown = prompt.find((id) => id < 0 || id >= vocabSize);
  if (unknown === undefined) return;
  throw new RangeError(
    `The prompt has the id ${unknown}, and the model knows ${vocabSize}: encode it with the model's own tokenizer`,
  );
}

/** Encodes a prompt as documents were encoded for training: with a leading bos, if the tokenizer has one. */
export function encodePrompt(tokenizer: Tokenizer, prompt: string): Int32Array {
  return tokenizer.encode(prompt, { bos: tokenizer.bosId !== undefined });
}

/** Options of {@linkcode generateText}. */
export interface GenerateTextOptions extends GenerateOptions {
  /** Strings that end the text; they are not yielded. */
  readonly stop?: readonly string[];
}

/**
 * Continues a text, yielding pieces of it as they become complete. It ends at the tokenizer's eos, at a
 * stop text, or after `maxNewTokens`.
 *
 * @throws {RangeError} as {@linkcode generateTokens}.
 */
export function* generateText(
  model: GPT,
  tokenizer: Tokenizer,
  prompt: string,
  options: GenerateTextOptions = {},
): Generator<string> {
  const pieces = generateTexts(model, tokenizer, prompt, options);
  for (const { text } of pieces) yield text;
}

/** A piece of one of several texts. */
export interface SampledText {
  /** Index of the text, from 0. */
  readonly sample: number;
  /** The part of the text that became complete. */
  readonly text: string;
}

/**
 * Continues a text several times at once, yielding pieces of all of them as they become complete; each
 * ends as in {@linkcode generateText}.
 *
 * @example
 * ```ts ignore
 * const texts = ["", "", ""];
 * for (const { sample, text } of generateTexts(model, tokenizer, "Call me", { samples: 3 })) {
 *   texts[sample] += text;
 * }
 * ```
 *
 * @throws {RangeError} as {@linkcode generateSamples}.
 */
export function* generateTexts(
  model: GPT,
  tokenizer: Tokenizer,
  prompt: string,
  options: GenerateTextOptions & { readonly samples?: number } = {},
): Generator<SampledText> {
  const { stop = [], samples = 1, ...rest } = options;
  if (stop.includes("")) {
    throw new RangeError("A stop text is empty: expected a character or more");
  }
  const ids = encodePrompt(tokenizer, prompt);
  const stopIds = [...(options.stopIds ?? [])];
  if (tokenizer.eosId !== undefined) stopIds.push(tokenizer.eosId);
  const texts = Array.from(
    { length: samples },
    () => untilStop(textStream(tokenizer, ids), stop),
  );
  const tokens = generateSamples(model, ids, {
    ...rest,
    samples,
    stopIds,
    isDone: (sample) => texts[sample]!.isDone(),
  });
  for (const { sample, id } of tokens) {
    const text = texts[sample]!.push(id);
    if (text !== "") yield { sample, text };
  }
  for (const [sample, { end }] of texts.entries()) {
    const text = end();
    if (text !== "") yield { sample, text };
  }
}

/** Yields a text up to the first stop text; a possible beginning of a stop text is held back. */
function untilStop(
  stream: ReturnType<typeof textStream>,
  stop: readonly string[],
) {
  let held = "";
  let isDone = false;
  return {
    isDone: () => isDone,
    push(id: number): string {
      held += stream.push(id);
      const found = firstIndexOf(held, stop);
      isDone = found >= 0;
      const safe = isDone ? found : held.length - longestBeginning(held, stop);
      const text = held.slice(0, safe);
      held = isDone ? "" : held.slice(safe);
      return text;
    },
    end: () => isDone ? "" : held + stream.end(),
  };
}

function firstIndexOf(text: string, stop: readonly string[]): number {
  const found = stop.map((each) => text.indexOf(each))
    .filter((index) => index >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Length of the longest end of a text that is the beginning of a stop text. */
function longestBeginning(text: string, stop: readonly string[]): number {
  let longest = 0;
  for (const each of stop) {
    const most = Math.min(each.length - 1, text.length);
    for (let length = most; length > longest; length--) {
      if (text.endsWith(each.slice(0, length))) longest = length;
    }
  }
  return longest;
}

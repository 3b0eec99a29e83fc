/**
 * Text from a model, token by token.
 *
 * @module
 */

import { manualSeed, noGrad, scope, tensor } from "../../ffi/mod.ts";
import type { GPT } from "../model/gpt.ts";
import { KvCache } from "../model/kv_cache.ts";
import { textStream, type Tokenizer } from "../tokenizer/mod.ts";
import {
  checkSampleOptions,
  type SampleOptions,
  sampleToken,
} from "./sample.ts";

/** Options of {@linkcode generateTokens}. */
export interface GenerateOptions extends SampleOptions {
  /** Most tokens to add. Default: 50. */
  readonly maxNewTokens?: number;
  /** Seeds the generators first: the same seed gives the same text. */
  readonly seed?: number;
  /** Tokens that end the text; they are not given. */
  readonly stopIds?: readonly number[];
  /** Called for each token that is given: text may wait for the next one to be complete. */
  readonly onToken?: (id: number) => void;
}

/**
 * Continues a sequence of tokens, yielding each as it is drawn. Keys and values are kept, so that a
 * token costs one position.
 *
 * @throws {RangeError} if the prompt is empty, or too long with what is to be added.
 */
export function* generateTokens(
  model: GPT,
  prompt: Int32Array,
  options: GenerateOptions = {},
): Generator<number> {
  const { maxNewTokens = 50, stopIds = [] } = options;
  checkSampleOptions(options);
  if (prompt.length === 0) throw new RangeError("The prompt has no tokens");
  const length = prompt.length + maxNewTokens;
  if (length > model.maxSeqLength) {
    throw new RangeError(
      `A prompt of ${prompt.length} tokens and ${maxNewTokens} new ones make ${length}, the model reads at most ${model.maxSeqLength}: ask for fewer new tokens or shorten the prompt`,
    );
  }
  if (options.seed !== undefined) manualSeed(options.seed);
  using cache = new KvCache(model.config, {
    batchSize: 1,
    length,
    device: model.device,
    dtype: model.dtypes.compute,
  });
  let tokens = prompt;
  for (let i = 0; i < maxNewTokens; i++) {
    const id = noGrad(() =>
      scope(() => {
        const ids = tensor(Int32Array.from(tokens), {
          shape: [1, tokens.length],
          device: model.device,
        });
        const logits = model.forward(ids, cache);
        return sampleToken(logits.select(1, tokens.length - 1), options).item();
      })
    );
    if (stopIds.includes(id)) return;
    options.onToken?.(id);
    yield id;
    tokens = Int32Array.of(id);
  }
}

/** Options of {@linkcode generateText}. */
export interface GenerateTextOptions extends GenerateOptions {
  /** Texts that end the text; they are not given. */
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
  const { stop = [], ...rest } = options;
  const canBegin = tokenizer.bosId !== undefined;
  const ids = tokenizer.encode(prompt, { bos: canBegin });
  const stream = textStream(tokenizer, ids);
  const stopIds = [...(options.stopIds ?? [])];
  if (tokenizer.eosId !== undefined) stopIds.push(tokenizer.eosId);
  // Text that could be the beginning of a stop text is held back.
  let held = "";
  for (const id of generateTokens(model, ids, { ...rest, stopIds })) {
    held += stream.push(id);
    const end = firstIndexOf(held, stop);
    if (end >= 0) {
      if (end > 0) yield held.slice(0, end);
      return;
    }
    const safe = held.length - longestBeginning(held, stop);
    if (safe > 0) yield held.slice(0, safe);
    held = held.slice(safe);
  }
  held += stream.end();
  if (held !== "") yield held;
}

function firstIndexOf(text: string, stop: readonly string[]): number {
  const found = stop.map((each) => text.indexOf(each))
    .filter((index) => index >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** How much of the end of a text may begin a stop text. */
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

/**
 * GPT-2's tokenizer: 50,257 ids, built in.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { decodeBytes } from "./_bytes.ts";
import {
  addedTokenPattern,
  IdBuffer,
  splitAtAddedTokens,
  WordCache,
} from "./_word_cache.ts";
import {
  applyBosAndEos,
  type EncodeOptions,
  type Tokenizer,
} from "./tokenizer.ts";

const VOCAB_SIZE = 50257;
const END_OF_TEXT_ID = 50256;
const END_OF_TEXT = addedTokenPattern(
  new Map([["<|endoftext|>", END_OF_TEXT_ID]]),
);

/**
 * Merging one word takes time quadratic in its length. Words this long are no
 * words (a line of base64, a genome); they are cut, which moves a token border
 * or two and nothing else.
 */
const MAX_WORD_LENGTH = 2048;

/**
 * Loads GPT-2's tokenizer (r50k_base), whose table arrives with npm.
 *
 * @returns The tokenizer; `<|endoftext|>` (50256) begins and ends documents.
 *
 * @example
 * ```ts
 * import { loadGpt2Tokenizer } from "./gpt2.ts";
 *
 * const tokenizer = await loadGpt2Tokenizer();
 * tokenizer.encode("Hello world"); // Int32Array [ 15496, 995 ]
 * ```
 */
export async function loadGpt2Tokenizer(): Promise<Tokenizer> {
  // Dynamic: the table takes a tenth of a second that other tokenizers need not pay.
  const [encoding, { default: ranks }, { R50K_TOKEN_SPLIT_REGEX }] =
    await Promise.all([
      import("gpt-tokenizer/encoding/r50k_base"),
      import("gpt-tokenizer/bpeRanks/r50k_base"),
      import("gpt-tokenizer/encodingParams/constants"),
    ]);
  const encodeOptions = { disallowedSpecial: new Set<string>() };
  const cache = new WordCache({
    words: (text) => cutLongWords(text.match(R50K_TOKEN_SPLIT_REGEX) ?? []),
    encodeWord: (word) => encoding.encode(word, encodeOptions),
  });
  const utf8 = new TextEncoder();
  const bytes = ranks.map((token) =>
    typeof token === "string" ? utf8.encode(token) : Uint8Array.from(token)
  );
  const none = new Uint8Array(0);
  const tokenBytes = (id: number): Uint8Array => bytes[id] ?? none;

  const tokenizer = {
    source: "gpt2",
    vocabSize: VOCAB_SIZE,
    bosId: END_OF_TEXT_ID,
    eosId: END_OF_TEXT_ID,
    useBos: false,
    fingerprint: createHash("sha256").update("gpt2 r50k_base").digest("hex"),
    files: [],
    encode(text: string, options?: EncodeOptions): Int32Array {
      const ids = new IdBuffer(text.length >> 1);
      splitAtAddedTokens(text, END_OF_TEXT).forEach((section, index) => {
        if (typeof section === "number") ids.append([section]);
        else cache.encode(section, index, ids);
      });
      return applyBosAndEos(ids.ids(), tokenizer, options);
    },
    decode: (ids: ArrayLike<number>) => decodeBytes(ids, tokenBytes),
    tokenBytes,
  };
  return tokenizer;
}

function cutLongWords(words: readonly string[]): readonly string[] {
  if (words.every((word) => word.length <= MAX_WORD_LENGTH)) return words;
  return words.flatMap((word) => {
    const pieces = [];
    for (let start = 0; start < word.length;) {
      let end = start + MAX_WORD_LENGTH;
      if (/[\ud800-\udbff]/.test(word[end - 1] ?? "")) end++;
      pieces.push(word.slice(start, end));
      start = end;
    }
    return pieces;
  });
}

/**
 * GPT-2's tokenizer: 50,257 ids, built in.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { joinPairs, type Ranks } from "./_byte_pairs.ts";
import { bytesAsText, decodeBytes } from "./_bytes.ts";
import { withUnicodeSpaces } from "./_exact.ts";
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
  const [{ default: tokens }, { R50K_TOKEN_SPLIT_REGEX }] = await Promise.all([
    import("gpt-tokenizer/bpeRanks/r50k_base"),
    import("gpt-tokenizer/encodingParams/constants"),
  ]);
  const pattern = withUnicodeSpaces(R50K_TOKEN_SPLIT_REGEX);
  const utf8 = new TextEncoder();
  const ranks: Ranks = new Map(
    tokens.map((token, id) => [
      bytesAsText(typeof token === "string" ? utf8.encode(token) : token),
      id,
    ]),
  );
  const cache = new WordCache({
    words: (text) => text.match(pattern) ?? [],
    encodeWord(word) {
      const bytes = bytesAsText(utf8.encode(word));
      const whole = ranks.get(bytes);
      if (whole !== undefined) return [whole];
      let start = 0;
      return joinPairs(bytes, ranks).map((end) => {
        const id = ranks.get(bytes.slice(start, end))!;
        start = end;
        return id;
      });
    },
  });
  const none = new Uint8Array(0);
  const known: Uint8Array[] = [];
  const tokenBytes = (id: number): Uint8Array => {
    const token = tokens[id];
    if (token === undefined) return none;
    return known[id] ??= typeof token === "string"
      ? utf8.encode(token)
      : Uint8Array.from(token);
  };

  const tokenizer = {
    source: "gpt2",
    vocabSize: VOCAB_SIZE,
    bosId: END_OF_TEXT_ID,
    eosId: END_OF_TEXT_ID,
    useBos: false,
    fingerprint: createHash("sha256").update("gpt2 r50k_base, Unicode spaces")
      .digest("hex"),
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

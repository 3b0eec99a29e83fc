/**
 * GPT-2's tokenizer as the `tokenizer.json` that other tools read.
 *
 * @module
 */

import { joinPairs, type Ranks } from "./_byte_pairs.ts";
import { byteLevelSymbol, bytesAsText } from "./_bytes.ts";

const END_OF_TEXT = "<|endoftext|>";

/** The files of a tokenizer directory, by name. */
export interface TokenizerFiles {
  /** The whole tokenizer. */
  "tokenizer.json": string;
  /** Its class and special tokens. */
  "tokenizer_config.json": string;
}

/**
 * Writes the built-in tokenizer `gpt2` as the directory that Hugging Face's
 * tools, LitGPT and `loadTokenizer` read.
 *
 * @returns The content of each file.
 *
 * @example
 * ```ts
 * import { gpt2TokenizerFiles } from "./gpt2_json.ts";
 *
 * for (const [name, text] of Object.entries(await gpt2TokenizerFiles())) {
 *   await Deno.writeTextFile(`/tmp/${name}`, text);
 * }
 * ```
 */
export async function gpt2TokenizerFiles(): Promise<TokenizerFiles> {
  const { default: tokens } = await import("gpt-tokenizer/bpeRanks/r50k_base");
  const utf8 = new TextEncoder();
  const bytes = tokens.map((token) =>
    bytesAsText(typeof token === "string" ? utf8.encode(token) : token)
  );
  const ranks: Ranks = new Map(bytes.map((token, id) => [token, id]));
  const symbols = bytes.map((token) =>
    Array.from(token, (byte) => byteLevelSymbol(byte.charCodeAt(0))).join("")
  );
  const merges = bytes.flatMap((token, id) => {
    if (token.length === 1) return [];
    // What remains of it when only earlier merges are done is the pair.
    const [middle] = joinPairs(token, ranks, id);
    const symbol = symbols[id]!;
    return [[symbol.slice(0, middle), symbol.slice(middle)]];
  });
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{
      id: symbols.length,
      content: END_OF_TEXT,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
      special: true,
    }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(
        [...symbols, END_OF_TEXT].map((token, id) => [token, id]),
      ),
      merges,
    },
  };
  const config = {
    add_prefix_space: false,
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    unk_token: END_OF_TEXT,
    model_max_length: 1024,
    tokenizer_class: "GPT2Tokenizer",
  };
  return {
    "tokenizer.json": JSON.stringify(tokenizer),
    "tokenizer_config.json": JSON.stringify(config, null, 2),
  };
}

/**
 * Any Hugging Face `tokenizer.json` directory.
 *
 * @module
 */

import {
  ByteLevelPreTokenizer,
  SequencePreTokenizer,
  Tokenizer as Engine,
} from "@huggingface/tokenizers";
import { createHash } from "node:crypto";
import { byteLevelTokenBytes, decodeBytes } from "./_bytes.ts";
import { readTokenizerDirectory } from "./_directory.ts";
import { makeExact } from "./_exact.ts";
import {
  addedTokenPattern,
  IdBuffer,
  splitAtAddedTokens,
  WordCache,
  type WordEncoder,
} from "./_word_cache.ts";
import {
  applyBosAndEos,
  type EncodeOptions,
  type Tokenizer,
} from "./tokenizer.ts";

/**
 * Loads a Hugging Face tokenizer from its directory: `tokenizer.json`, with
 * bos, eos and `add_bos_token` from `tokenizer_config.json`, and the ids of
 * `generation_config.json` where that names none.
 *
 * @param directory The directory.
 * @returns The tokenizer.
 * @throws {Error} If the directory, `tokenizer.json` or a named token is missing.
 * @throws {SyntaxError} If a file is no valid JSON or no tokenizer.
 *
 * @example
 * ```ts
 * import { loadHuggingFaceTokenizer } from "./huggingface.ts";
 *
 * const tokenizer = await loadHuggingFaceTokenizer("data/tokenizer");
 * const ids = tokenizer.encode("Call me Ishmael.", { bos: true });
 * ```
 */
export async function loadHuggingFaceTokenizer(
  directory: string,
): Promise<Tokenizer> {
  const found = await readTokenizerDirectory(directory);
  let engine: Engine;
  try {
    engine = new Engine(found.tokenizer, { eos_token: found.eosToken });
    makeExact(engine);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot load the tokenizer from ${directory}: tokenizer.json is not one that can be used: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      { cause },
    );
  }
  const idOf = (key: "bos_token" | "eos_token", token: string | undefined) => {
    if (token === undefined) return undefined;
    const id = engine.token_to_id(token);
    if (id !== undefined) return id;
    throw new RangeError(
      `Cannot load the tokenizer from ${directory}: ${key} ${
        JSON.stringify(token)
      } of tokenizer_config.json is not in tokenizer.json`,
    );
  };
  const bosId = idOf("bos_token", found.bosToken) ?? found.generationBosId;
  const eosId = idOf("eos_token", found.eosToken) ?? found.generationEosId;

  const encodePlain = plainEncoder(engine);
  const base = {
    source: directory,
    vocabSize: vocabSizeOf(engine),
    bosId,
    eosId,
    useBos: found.useBos,
    fingerprint: createHash("sha256")
      .update(found.tokenizerText)
      .update(JSON.stringify([bosId ?? null, eosId ?? null, found.useBos]))
      .digest("hex"),
    files: found.files,
    encode: (text: string, options?: EncodeOptions) =>
      applyBosAndEos(encodePlain(text, options), base, options),
  };
  const special = new Set(
    [...engine.get_added_tokens_decoder()]
      .filter(([, token]) => token.special)
      .map(([id]) => id),
  );
  if (found.decoderType === "ByteLevel") {
    const tokenBytes = byteTable(engine, special);
    return {
      ...base,
      tokenBytes,
      decode: (ids) => decodeBytes(ids, tokenBytes),
    };
  }
  return {
    ...base,
    decode(ids) {
      const known = Array.from(ids)
        .filter((id) =>
          engine.id_to_token(id) !== undefined && !special.has(id)
        );
      if (known.length === 0) return "";
      return engine.decode(known, { clean_up_tokenization_spaces: false });
    },
  };
}

function vocabSizeOf(engine: Engine): number {
  let highest = -1;
  for (const id of engine.get_vocab().values()) {
    highest = Math.max(highest, id);
  }
  return highest + 1;
}

/** Bytes of each id, made when first asked for. */
function byteTable(
  engine: Engine,
  special: ReadonlySet<number>,
): (id: number) => Uint8Array {
  const none = new Uint8Array(0);
  const known: Uint8Array[] = [];
  return (id) =>
    known[id] ??= special.has(id)
      ? none
      : byteLevelTokenBytes(engine.id_to_token(id) ?? "");
}

/** Text to ids as the tokenizer's own pipeline has it, template included. */
function plainEncoder(
  engine: Engine,
): (text: string, options?: EncodeOptions) => Int32Array {
  const added = [...engine.get_added_tokens_decoder().values()];
  const pattern = addedTokenPattern(
    new Map(added.map((token) => [token.content, token.id])),
  );
  const [prefix, suffix] = template(engine);
  const framed = (
    options: EncodeOptions | undefined,
    append: (ids: IdBuffer) => void,
    capacity: number,
  ): Int32Array => {
    const ids = new IdBuffer(capacity);
    if (options?.begins ?? true) ids.append(prefix);
    append(ids);
    if (options?.ends ?? true) ids.append(suffix);
    return ids.ids();
  };
  const slow = (text: string, options?: EncodeOptions) =>
    framed(options, (ids) => {
      ids.append(engine.encode(text, { add_special_tokens: false }).ids);
    }, text.length >> 1);
  // Added tokens that are sought in normalised text, or that swallow the spaces
  // beside them, are left to the library.
  if (added.some((token) => token.normalized && engine.normalizer !== null)) {
    return slow;
  }
  const greedy = added.filter((token) => token.lstrip || token.rstrip);
  const cache = new WordCache(wordEncoder(engine));
  return (text, options) => {
    if (greedy.some((token) => text.includes(token.content))) {
      return slow(text, options);
    }
    const sectionsBefore = options?.begins ?? true ? 0 : 1;
    return framed(options, (ids) => {
      splitAtAddedTokens(text, pattern).forEach((section, index) => {
        if (typeof section === "number") ids.append([section]);
        else {
          const normal = engine.normalizer?.(section) ?? section;
          if (normal.length > 0) {
            cache.encode(normal, sectionsBefore + index, ids);
          }
        }
      });
    }, text.length >> 1);
  };
}

/** What the post-processor puts before and after a text, such as `[CLS]` and `[SEP]`. */
function template(engine: Engine): [number[], number[]] {
  const mark = "\u0000";
  const tokens = engine.post_processor?.([mark], null, true).tokens ?? [mark];
  const at = tokens.indexOf(mark);
  const ids = (part: string[]) =>
    part.map((token) => engine.token_to_id(token)!);
  return [ids(tokens.slice(0, at)), ids(tokens.slice(at + 1))];
}

function wordEncoder(engine: Engine): WordEncoder {
  const { pre_tokenizer: preTokenizer, model } = engine;
  const bytesOf = new ByteLevelPreTokenizer({
    type: "ByteLevel",
    add_prefix_space: false,
    use_regex: false,
  });
  const encodePieces = (pieces: string[]): number[] =>
    model!(pieces).map((token) => {
      const id = engine.token_to_id(token) ?? model!.unk_token_id;
      if (id !== undefined) return id;
      throw new RangeError(
        `Cannot encode ${
          JSON.stringify(pieces.join("").slice(0, 40))
        }: the tokenizer has no id for it and no unknown token`,
      );
    });
  // Words are remembered as text, which spares writing them out byte by byte.
  const encodeBytes = (word: string) => encodePieces(bytesOf(word));

  if (
    preTokenizer instanceof ByteLevelPreTokenizer && preTokenizer.use_regex
  ) {
    const { add_prefix_space: prefixed, pattern } = preTokenizer;
    return {
      words: (text) =>
        (prefixed && !text.startsWith(" ") ? ` ${text}` : text)
          .match(pattern) ?? [],
      encodeWord: encodeBytes,
    };
  }
  if (preTokenizer instanceof SequencePreTokenizer) {
    const steps = preTokenizer.tokenizers;
    const last = steps.at(-1);
    if (
      last instanceof ByteLevelPreTokenizer && !last.use_regex &&
      !last.add_prefix_space
    ) {
      return {
        words: (text, section_index) =>
          steps.slice(0, -1).reduce<string[]>(
            (words, step) => step?.(words, { section_index }) ?? words,
            [text],
          ),
        encodeWord: encodeBytes,
      };
    }
  }
  return {
    words: (text, section_index) =>
      preTokenizer?.(text, { section_index }) ?? [text],
    encodeWord: (word) => encodePieces([word]),
  };
}

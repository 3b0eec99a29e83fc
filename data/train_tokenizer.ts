/**
 * Trains the tokenizer of the quick start: a byte-level BPE of 4,096 ids on the
 * training split of the default corpus. Its output is committed; run it only to
 * make another one.
 *
 * ```sh
 * deno run -A data/train_tokenizer.ts            # writes data/tokenizer/
 * deno run -A data/train_tokenizer.ts other/dir
 * ```
 *
 * Id 0 is `<|endoftext|>`, ids 1 to 256 are the byte symbols, so that any text
 * can be encoded, and the rest are merges in the order they were learnt.
 *
 * @module
 */

import { join } from "node:path";
import { loadCorpus } from "../lib/data/corpus.ts";

/** A 64 MB native addon, so it is named here and not among everybody's imports. */
const TRAINER = "npm:tokenizers@0.23.2";

/** What is used of it. */
interface Trainer {
  BPE: { empty(): unknown };
  Tokenizer: new (model: unknown) => {
    setPreTokenizer(preTokenizer: unknown): void;
    train(files: string[]): void;
    save(path: string): void;
  };
  byteLevelAlphabet(): string[];
  byteLevelPreTokenizer(addPrefixSpace: boolean, useRegex: boolean): unknown;
}

const VOCAB_SIZE = 4096;
const END_OF_TEXT = "<|endoftext|>";

/** Merges in the order they were learnt; far more than are kept. */
async function learnMerges(
  { BPE, byteLevelPreTokenizer, Tokenizer }: Trainer,
  texts: string[],
): Promise<[string, string][]> {
  const folder = await Deno.makeTempDir();
  try {
    const files = await Promise.all(texts.map(async (text, index) => {
      const file = join(folder, `${String(index).padStart(5, "0")}.txt`);
      await Deno.writeTextFile(file, text);
      return file;
    }));
    const tokenizer = new Tokenizer(BPE.empty());
    tokenizer.setPreTokenizer(byteLevelPreTokenizer(false, true));
    tokenizer.train(files);
    const trained = join(folder, "tokenizer.json");
    tokenizer.save(trained);
    return JSON.parse(await Deno.readTextFile(trained)).model.merges;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function tokenizerJson(
  alphabet: string[],
  merges: [string, string][],
): object {
  const kept = merges.slice(0, VOCAB_SIZE - 1 - alphabet.length);
  const symbols = [
    END_OF_TEXT,
    ...alphabet,
    ...kept.map(([left, right]) => left + right),
  ];
  if (new Set(symbols).size !== VOCAB_SIZE) {
    throw new Error(
      `Expected ${VOCAB_SIZE} different symbols, got ${new Set(symbols).size}`,
    );
  }
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{
      id: 0,
      content: END_OF_TEXT,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }],
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: null,
    decoder: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(symbols.map((symbol, id) => [symbol, id])),
      merges: kept.map(([left, right]) => `${left} ${right}`),
    },
  };
}

/** JSON in plain ASCII, laid out as `deno fmt` does. */
function toJson(value: unknown): string {
  const escape = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 2)
    .replace(/[\u0080-\uffff]/g, escape) + "\n";
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? join(import.meta.dirname!, "tokenizer");
  const documents = await loadCorpus();
  const train = documents.filter((document) => document.split === "train");
  const trainer: Trainer = await import(TRAINER);
  const merges = await learnMerges(
    trainer,
    train.map((document) => document.text),
  );
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "tokenizer.json"),
    toJson(tokenizerJson(trainer.byteLevelAlphabet().sort(), merges)),
  );
  await Deno.writeTextFile(
    join(folder, "tokenizer_config.json"),
    toJson({
      add_bos_token: true,
      bos_token: END_OF_TEXT,
      clean_up_tokenization_spaces: false,
      eos_token: END_OF_TEXT,
      model_max_length: 1_000_000,
      tokenizer_class: "PreTrainedTokenizerFast",
    }),
  );
  console.log(`Wrote ${VOCAB_SIZE} tokens to ${folder}`);
}

/**
 * `deno task prepare`: converts text to token shards before training.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { z } from "zod";
import {
  type DatasetRequest,
  prepareDataset,
  type PreparedDataset,
} from "../data/mod.ts";
import { createProgress, formatCount } from "../progress/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import {
  type Command,
  integer,
  number,
  positive,
  readArguments,
  runCommand,
  UsageError,
} from "./_command.ts";
import { onSignals } from "./_signals.ts";

const options = z.object({
  val: z.string().optional()
    .describe("File or folder to validate on; part of PATH unless given"),
  tokenizer_dir: z.string().default("data/tokenizer")
    .describe("Folder of tokenizer.json, or gpt2"),
  out_dir: z.string().optional()
    .describe("Where the shards go; below data/prepared unless given"),
  data_path: z.string().default("data/tinystories")
    .describe("Where TinyStories is downloaded to"),
  text_field: z.string().default("text")
    .describe("Column that holds the text, in files that have columns"),
  eos: z.boolean().default(false)
    .describe("End each document with eos; it begins with bos anyway"),
  val_fraction: number.pipe(z.number().min(0).max(0.5)).default(0.05)
    .describe("Part of the text to validate on, without --val"),
  seed: integer.pipe(z.int().min(0)).default(42).describe(
    "Seed of what is held out",
  ),
  padded_vocab_size: positive.optional()
    .describe("Rows of the model's embedding, which the ids have to fit"),
  workers: positive.optional().describe("Threads; all cores unless given"),
});

const command: Command<typeof options> = {
  usage: "prepare [PATH | TinyStories | hf://datasets/OWNER/NAME] [options]",
  summary:
    "Turns a file or folder of .txt, .jsonl, .json, .csv or .parquet, here or on the Hugging Face hub, into token shards; without a name, the default corpus.",
  options,
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options, words } = read;
  if (words.length > 1) {
    throw new UsageError(`Unexpected ${words[1]}: give one file or folder`);
  }
  const tokenizer = await loadTokenizer(options.tokenizer_dir);
  using signals = onSignals(
    ["SIGINT", "SIGTERM"],
    "keeping what is done",
  );
  using progress = createProgress({ label: "prepare", unit: "byte" });
  const { out_dir, workers, padded_vocab_size } = options;
  let prepared: PreparedDataset;
  try {
    prepared = await prepareDataset(requestOf(words[0], options), {
      tokenizer,
      eos: options.eos,
      valFraction: options.val_fraction,
      seed: options.seed,
      signal: signals.signal,
      ...(out_dir === undefined ? {} : { outDir: out_dir }),
      ...(workers === undefined ? {} : { workers }),
      ...(padded_vocab_size === undefined
        ? {}
        : { maxVocab: padded_vocab_size }),
      onProgress: ({ bytes, totalBytes, phase }) =>
        progress.update({ done: bytes, total: totalBytes, note: phase }),
    });
  } catch (error) {
    if (!signals.signal.aborted) throw error;
    progress.finish();
    console.log("Interrupted: the same command goes on from here");
    return signals.exitCode;
  }
  const { dir, manifest, reused } = prepared;
  progress.finish();
  const { splits } = manifest;
  console.log(
    `${reused ? "Unchanged" : "Prepared"}: ${dir}, ${
      formatCount(splits.train.tokens)
    } tokens to train on, ${formatCount(splits.val.tokens)} to validate on`,
  );
  return 0;
}

function requestOf(
  name: string | undefined,
  { val, text_field, data_path }: z.infer<typeof options>,
): DatasetRequest {
  const isClass = (wanted: string) => name === wanted && !existsSync(name);
  if (name === undefined || isClass("Corpus")) return { kind: "corpus" };
  if (isClass("TinyStories")) {
    return { kind: "tinystories", dataPath: data_path };
  }
  return {
    kind: "files",
    train: name,
    textField: text_field,
    ...(val === undefined ? {} : { val }),
  };
}

if (import.meta.main) await runCommand(main);

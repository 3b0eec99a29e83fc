/**
 * `deno task evaluate`: the loss of a checkpoint on held-out text.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import {
  type DataConfig,
  loadModelConfig,
  loadRunConfig,
  type ModelConfig,
  type RunConfig,
} from "../config/mod.ts";
import { MANIFEST, readManifest } from "../data/manifest.ts";
import { evaluateText, type TextEvaluation } from "../evaluate/loss.ts";
import { loadModel } from "../model/load.ts";
import { createProgress } from "../progress/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import { openDataset, openText, type TextDataset } from "../train/dataset.ts";
import {
  type Command,
  positive,
  readArguments,
  runCommand,
  UsageError,
} from "./_command.ts";
import {
  checkpointDir,
  checkpointTokenizer,
  placeCheckpoint,
  placementOptions,
} from "./_checkpoint.ts";

const options = z.object({
  data: z.string().optional()
    .describe(
      "File or folder of text, or of prepared tokens; the data of the checkpoint's run unless given",
    ),
  split: z.enum(["train", "val"]).optional()
    .describe("Part of the tokens: val or train; of --data TEXT, all of it"),
  batch_size: positive.default(8).describe("Sequences computed at once"),
  max_batches: positive.optional().describe("Stop after so many batches"),
  max_seq_length: positive.optional()
    .describe("Tokens of a sequence; those of the run unless given"),
  tokenizer_dir: z.string().optional()
    .describe("Where the tokenizer is, if not in the checkpoint"),
  json: z.boolean().default(false).describe("Print the result as JSON"),
  ...placementOptions,
});

const command: Command<typeof options> = {
  usage: "evaluate CHECKPOINT_DIR [options]",
  summary:
    "Measures loss, perplexity and bits per byte of a checkpoint. The same command gives the same numbers.",
  options,
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options, words } = read;
  const isText = options.data !== undefined && !isTokens(options.data);
  if (isText && options.split === "val") {
    throw new UsageError(
      "--split is val: a text that --data gives is evaluated as a whole: leave out --split",
    );
  }
  const split = options.split ?? (isText ? "train" : "val");
  const dir = await checkpointDir(words);
  const config = loadModelConfig(join(dir, CHECKPOINT_FILES.modelConfig));
  const run = runOf(dir);
  const length = options.max_seq_length ?? run?.train.max_seq_length ??
    config.block_size;
  if (length > config.block_size) {
    throw new UsageError(
      `--max-seq-length is ${length}: the model reads at most ${config.block_size} tokens`,
    );
  }
  await ensureSetup();
  using dataset = await openData(dir, { config, run, options });
  using model = await loadModel(dir, placeCheckpoint(config, options));
  using progress = createProgress({ label: "evaluate", unit: "batch" });
  const tokens = dataset.shards[split].length;
  const evaluation = await evaluateText(model, dataset, {
    batchSize: options.batch_size,
    // A short text is evaluated as one short sequence.
    sequenceLength: Math.max(1, Math.min(length, tokens - 1)),
    split,
    ...(options.max_batches === undefined
      ? {}
      : { maxBatches: options.max_batches }),
    onBatch: (done, total) => progress.update({ done, total }),
  });
  progress.finish();
  console.log(options.json ? jsonOf(evaluation) : textOf(evaluation));
  return 0;
}

function jsonOf(evaluation: TextEvaluation): string {
  const { loss, perplexity, bitsPerByte, tokens, bytes, batches } = evaluation;
  return JSON.stringify({
    loss,
    perplexity,
    bits_per_byte: bitsPerByte,
    tokens,
    bytes,
    batches,
  });
}

function textOf(evaluation: TextEvaluation): string {
  const { loss, perplexity, bitsPerByte, tokens, bytes } = evaluation;
  const count = (value: number) => value.toLocaleString("en-US");
  return `Loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(2)}, ${
    bitsPerByte.toFixed(4)
  } bits per byte over ${count(tokens)} tokens (${count(bytes)} bytes)`;
}

/** The settings of the checkpoint's run; null for a model that was not trained here. */
function runOf(dir: string): RunConfig | null {
  const file = join(dir, CHECKPOINT_FILES.config);
  return existsSync(file) ? loadRunConfig({ file }).config : null;
}

async function openData(
  dir: string,
  { config, run, options }: {
    config: ModelConfig;
    run: RunConfig | null;
    options: { data?: string | undefined; tokenizer_dir?: string | undefined };
  },
): Promise<TextDataset> {
  const tokenizer = await checkpointTokenizer(dir, options.tokenizer_dir);
  const place = { model_config: config, tokenizer_dir: tokenizer.source };
  const { data } = options;
  if (data === undefined) {
    if (run === null) {
      throw new UsageError(
        `${dir} does not say what it was trained on: give a text with --data`,
      );
    }
    return { ...await openDataset({ ...run, ...place }), tokenizer };
  }
  if (!isTokens(data)) {
    return await openText(data, tokenizer, {
      maxVocab: config.padded_vocab_size,
    });
  }
  await refuseOtherTokenizer(data, tokenizer);
  const tokens: DataConfig = {
    class_path: "TokenFiles",
    init_args: { data_path: data, seed: 0 },
  };
  return { ...await openDataset({ data: tokens, ...place }), tokenizer };
}

/** Whether a folder contains tokens, of `deno task prepare` or of another tool. */
function isTokens(path: string): boolean {
  if (!existsSync(path) || !Deno.statSync(path).isDirectory) return false;
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  return names.includes(MANIFEST) ||
    names.some((name) => name.endsWith(".bin"));
}

/** Refuses tokens of another tokenizer; only this project's folders record their tokenizer. */
async function refuseOtherTokenizer(
  dir: string,
  { source, fingerprint }: Tokenizer,
): Promise<void> {
  if (!existsSync(join(dir, MANIFEST))) return;
  const made = (await readManifest(dir)).tokenizer;
  if (made.fingerprint === fingerprint) return;
  throw new RangeError(
    `Cannot use the tokens in ${dir}: they are of another tokenizer, ${made.source}, not of ${source}: give the text itself, or prepare it with that tokenizer`,
  );
}

if (import.meta.main) await runCommand(main);

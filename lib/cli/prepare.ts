/**
 * `deno task prepare`: text to token shards, ahead of training.
 *
 * @module
 */

import { z } from "zod";
import { prepareDataset } from "../data/mod.ts";
import { createProgress, formatCount } from "../progress/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import {
  type Command,
  integer,
  readArguments,
  runCommand,
} from "./_command.ts";

const options = z.object({
  val: z.string().optional()
    .describe("File or folder to validate on; part of PATH unless given"),
  tokenizer_dir: z.string().default("data/tokenizer")
    .describe("Folder of tokenizer.json, or gpt2"),
  out_dir: z.string().optional()
    .describe("Where the shards go; below data/prepared unless given"),
  workers: integer.optional().describe("Threads; all cores unless given"),
});

const command: Command<typeof options> = {
  usage: "prepare [PATH] [options]",
  summary:
    "Turns a file or folder of .txt, .jsonl, .json, .csv or .parquet into token shards; without PATH, the default corpus.",
  options,
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options: { val, tokenizer_dir, out_dir, workers }, words } = read;
  const [train] = words;
  const tokenizer = await loadTokenizer(tokenizer_dir);
  using progress = createProgress({ label: "prepare", unit: "byte" });
  const { dir, manifest, reused } = await prepareDataset(
    train === undefined
      ? { kind: "corpus" }
      : { kind: "files", train, ...(val === undefined ? {} : { val }) },
    {
      tokenizer,
      ...(out_dir === undefined ? {} : { outDir: out_dir }),
      ...(workers === undefined ? {} : { workers }),
      onProgress: ({ bytes, totalBytes, phase }) =>
        progress.update({ done: bytes, total: totalBytes, note: phase }),
    },
  );
  progress.finish();
  const { splits } = manifest;
  console.log(
    `${reused ? "Unchanged" : "Prepared"}: ${dir}, ${
      formatCount(splits.train.tokens)
    } tokens to train on, ${formatCount(splits.val.tokens)} to validate on`,
  );
  return 0;
}

if (import.meta.main) await runCommand(main);

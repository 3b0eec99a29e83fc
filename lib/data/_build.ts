/**
 * Builds the shards of a prepared folder in a separate folder, and resumes an
 * interrupted build.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { Tokenizer } from "../tokenizer/mod.ts";
import {
  type BatchEncoder,
  type EncodedBatch,
  inlineEncoder,
  type TokenType,
  workerEncoder,
} from "./_encoder.ts";
import { type Batch, batches, mapInOrder } from "./_batches.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { ShardWriter, type WriterState } from "./_shard_writer.ts";
import { holdOutTail } from "./_tail.ts";
import type { TextSource } from "./_text_source.ts";
import type { Manifest, SourceEntry, Split } from "./manifest.ts";
import type { SourceFile } from "./sources.ts";

/** How far a preparation has come. */
export interface PrepareProgress {
  /** `downloading` the input, `waiting` for another preparation of the same folder, `hashing` the input, `encoding` it. */
  phase: "downloading" | "waiting" | "hashing" | "encoding";
  /** Bytes of input done. */
  bytes: number;
  /** Total bytes of input; 0 while unknown. */
  totalBytes: number;
  /** Tokens so far. */
  tokens: number;
  /** Documents so far. */
  documents: number;
}

/** What to build, and how. */
export interface Build {
  /** The folder to build in. */
  dir: string;
  /** The key that its manifest will have. */
  key: string;
  source: TextSource;
  files: readonly SourceFile[];
  sources: readonly SourceEntry[];
  tokenizer: Tokenizer;
  bos: boolean;
  eos: boolean;
  dtype: TokenType;
  valFraction: number;
  seed: number;
  workers: number;
  shardTokens: number;
  checkpointBytes: number;
  signal: AbortSignal | undefined;
  onProgress: (progress: PrepareProgress) => void;
}

/** What was built. */
export type BuildResult = Pick<Manifest, "emptyDocuments" | "splits">;

/** File in the build folder that records how far a build has come. */
export const JOURNAL = "journal.json";

/** With less input than this, starting a worker takes longer than its work. */
const MIN_BYTES_PER_WORKER = 1 << 23;

const WriterStateSchema: z.ZodType<WriterState> = z.object({
  documents: z.int(),
  textBytes: z.int(),
  shards: z.array(z.object({
    file: z.string(),
    tokens: z.int(),
    size: z.int(),
    sha256: z.string(),
  })),
  openTokens: z.int(),
});

const JournalSchema = z.object({
  key: z.string(),
  shardTokens: z.int(),
  sources: z.array(z.string()),
  pieces: z.int(),
  train: WriterStateSchema,
  val: WriterStateSchema,
});

type Journal = z.infer<typeof JournalSchema>;

/**
 * Encodes all text of a source into shards.
 *
 * @param build What to build, and where.
 * @returns The entries of the manifest that describe the shards.
 */
export async function buildShards(build: Build): Promise<BuildResult> {
  const journal = await readJournal(build);
  const writers = journal && await resumeWriters(build, journal);
  if (writers) return await encodeAll(build, writers, journal.pieces);
  await Deno.remove(build.dir, { recursive: true }).catch(() => {});
  await Deno.mkdir(build.dir, { recursive: true });
  return await encodeAll(build, createWriters(build), 0);
}

type Writers = Record<Split, ShardWriter> & Disposable;

async function encodeAll(
  build: Build,
  writers: Writers,
  piecesBefore: number,
): Promise<BuildResult> {
  using _ = writers;
  const { train, val } = writers;
  const { totalBytes, pieces } = await build.source.open(build.files);
  using encoder = startEncoder(build, totalBytes);
  let checkpointBytes = 0;
  let emptyDocuments = 0;
  const encoded = mapInOrder(
    batches(pieces, build, piecesBefore),
    encoder.concurrency,
    async (batch) => ({
      ...batch,
      ...await encoder.encode(
        batch.pieces.map(({ text, begins, ends }) => ({ text, begins, ends })),
      ),
    }),
  );
  for await (const batch of encoded) {
    write(batch, writers);
    const { done } = batch;
    emptyDocuments = done.emptyDocuments;
    build.onProgress({
      phase: "encoding",
      bytes: Math.round(done.bytes),
      totalBytes,
      tokens: train.tokens + val.tokens,
      documents: done.documents,
    });
    const due = done.bytes - checkpointBytes >= build.checkpointBytes;
    if (due || build.signal?.aborted) {
      checkpointBytes = done.bytes;
      await writeJournal(build, {
        pieces: done.pieces,
        train: train.checkpoint(),
        val: val.checkpoint(),
      });
    }
    build.signal?.throwIfAborted();
  }
  return { emptyDocuments, splits: await finish(build, writers) };
}

function write(batch: Batch & EncodedBatch, writers: Writers): void {
  let offset = 0;
  batch.pieces.forEach((piece, index) => {
    const length = batch.lengths[index]!;
    const writer = writers[piece.split];
    writer.append(batch.ids.subarray(offset, offset + length));
    writer.count(batch.textBytes[index]!, piece.ends);
    offset += length;
  });
}

async function finish(
  { dir, dtype, tokenizer, valFraction, source }: Build,
  { train, val }: Writers,
): Promise<BuildResult["splits"]> {
  const trainEntry = train.finish();
  if (trainEntry.tokens + val.tokens === 0) {
    throw new Error(`Cannot prepare ${source.name}: there is no text in it`);
  }
  if (val.tokens > 0) {
    if (trainEntry.tokens > 0) return { train: trainEntry, val: val.finish() };
    throw new Error(
      `Cannot prepare ${source.name}: there is no text to train on`,
    );
  }
  if (source.hasVal) {
    throw new Error(
      `Cannot prepare ${source.name}: there is no text in the validation files`,
    );
  }
  if (valFraction === 0) return { train: trainEntry, val: val.finish() };
  if (trainEntry.tokens < 2) {
    throw new Error(
      `Cannot prepare ${source.name}: one token is too little to hold out a part for validation`,
    );
  }
  const tokens = Math.max(1, Math.floor(trainEntry.tokens * valFraction));
  const options = { dir, dtype, tokens, tokenizer };
  const kept = await holdOutTail(trainEntry, val, options);
  return { train: kept, val: val.finish() };
}

function startEncoder(
  { tokenizer, bos, eos, dtype, workers: maxWorkers }: Build,
  totalBytes: number,
): BatchEncoder {
  const settings = { bos, eos, dtype };
  const workers = Math.min(
    maxWorkers,
    Math.floor(totalBytes / MIN_BYTES_PER_WORKER),
  );
  return workers > 1
    ? workerEncoder(tokenizer, settings, workers)
    : inlineEncoder(tokenizer, settings);
}

function createWriters(build: Build): Writers {
  return writersOf(
    ShardWriter.create({ ...build, split: "train" }),
    ShardWriter.create({ ...build, split: "val" }),
  );
}

async function resumeWriters(
  build: Build,
  journal: Journal,
): Promise<Writers | undefined> {
  const resume = (split: Split) =>
    ShardWriter.resume({ ...build, split }, journal[split]);
  const train = await resume("train");
  const val = await resume("val");
  if (train && val) return writersOf(train, val);
  train?.[Symbol.dispose]();
  val?.[Symbol.dispose]();
  return undefined;
}

function writersOf(train: ShardWriter, val: ShardWriter): Writers {
  return {
    train,
    val,
    [Symbol.dispose]() {
      train[Symbol.dispose]();
      val[Symbol.dispose]();
    },
  };
}

async function readJournal(build: Build): Promise<Journal | undefined> {
  let journal: Journal;
  try {
    const text = await Deno.readTextFile(join(build.dir, JOURNAL));
    journal = JournalSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { key, shardTokens } = build;
  const same = journal.key === key && journal.shardTokens === shardTokens &&
    JSON.stringify(journal.sources) === JSON.stringify(hashes(build));
  return same ? journal : undefined;
}

async function writeJournal(
  build: Build,
  state: Pick<Journal, "pieces" | "train" | "val">,
): Promise<void> {
  const { key, shardTokens } = build;
  const journal: Journal = {
    key,
    shardTokens,
    sources: hashes(build),
    ...state,
  };
  await writeFileAtomic(join(build.dir, JOURNAL), JSON.stringify(journal));
}

function hashes({ sources }: Build): string[] {
  return sources.map(({ path, sha256 }) => `${sha256} ${path}`);
}

/**
 * Prepares text as token shards, unless that was done before.
 *
 * A prepared folder holds `train-00000.bin`, `val-00000.bin` and so on (ids as
 * little-endian `uint16`, or `uint32` for more than 65,536 of them) and
 * `manifest.json`, which records what they were made from. The folder is reused
 * as long as sources, tokenizer and settings are the same, and prepared again
 * when any of them has changed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { diskFileSystem } from "../files/atomic.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import {
  type Build,
  buildShards,
  JOURNAL,
  type PrepareProgress,
} from "./_build.ts";
import { hashSources, manifestIfReady } from "./_inputs.ts";
import type { TextSource } from "./_text_source.ts";
import {
  FORMAT_VERSION,
  MANIFEST,
  type Manifest,
  writeManifest,
} from "./manifest.ts";

export type { PrepareProgress } from "./_build.ts";
export type { OpenSource, SplitPiece, TextSource } from "./_text_source.ts";

const MAX_WORKERS = 8;
const LOCK_POLL_MS = 200;

/** How to prepare text. */
export interface PrepareOptions {
  /** Encodes the text. */
  tokenizer: Tokenizer;
  /** Where prepared folders are. Default `data/prepared`. */
  root?: string;
  /** The prepared folder itself. Default: a folder below `root`, named after source and settings. */
  outDir?: string;
  /** Rows of the model's embedding (`padded_vocab_size`): the tokenizer must not have more ids. */
  maxVocab?: number;
  /** Begin each document with bos. Default true. */
  bos?: boolean;
  /** End each document with eos. Default false. */
  eos?: boolean;
  /** Fraction of the documents, or of the text, held out for validation; 0 is none. Default 0.05. */
  valFraction?: number;
  /** Decides which documents are held out. Default 42. */
  seed?: number;
  /** Threads that encode. Default: all cores, at most 8, because one thread reads the text for all. */
  workers?: number;
  /** Tokens of a full shard file. Default 2^27. */
  shardTokens?: number;
  /** Bytes of input between two points from which an interrupted preparation can resume. Default 64 MiB. */
  checkpointBytes?: number;
  /** Stops the preparation; the finished part is kept, so that the next call resumes it. */
  signal?: AbortSignal;
  /** Called several times per second as the preparation proceeds. */
  onProgress?: (progress: PrepareProgress) => void;
}

/** A prepared folder of token shards. */
export interface PreparedDataset {
  /** The folder. */
  dir: string;
  /** What it holds. */
  manifest: Manifest;
  /** Whether an existing folder was reused. */
  reused: boolean;
}

/**
 * Prepares the text of a source, unless that was done already.
 *
 * @param source Where the text comes from.
 * @param options How to prepare it.
 * @returns The prepared folder.
 * @throws {RangeError} If the tokenizer lacks a required bos or eos token or has
 * more ids than the model, or an option is out of range.
 * @throws {Error} If the text cannot be read, or there is none.
 */
export async function prepareData(
  source: TextSource,
  options: PrepareOptions,
): Promise<PreparedDataset> {
  const plan = planOf(source, options);
  let files = await source.list();
  const { dir, build: { key, signal }, onProgress } = plan;
  const ready = await manifestIfReady(dir, { key, files });
  if (ready) return { dir, manifest: ready, reused: true };

  await refuseForeignFolder(dir);
  await Deno.mkdir(dirname(dir), { recursive: true });
  using _lock = await lock(dirname(dir), plan.build);
  // The process that held the lock may have prepared the same data.
  files = await source.list();
  const readyNow = await manifestIfReady(dir, { key, files });
  if (readyNow) return { dir, manifest: readyNow, reused: true };

  const sources = await hashSources(files, (bytes, totalBytes) => {
    signal?.throwIfAborted();
    onProgress({
      phase: "hashing",
      bytes,
      totalBytes,
      tokens: 0,
      documents: 0,
    });
  });
  const result = await buildShards({ ...plan.build, files, sources });
  const manifest: Manifest = { ...plan.manifest, sources, ...result };
  await publish(plan.build.dir, dir, manifest);
  return { dir, manifest, reused: false };
}

interface Plan {
  dir: string;
  onProgress: (progress: PrepareProgress) => void;
  build: Omit<Build, "files" | "sources">;
  manifest: Omit<Manifest, "sources" | "splits" | "emptyDocuments">;
}

function planOf(source: TextSource, options: PrepareOptions): Plan {
  const {
    tokenizer,
    root = join("data", "prepared"),
    bos = true,
    eos = false,
    valFraction = 0.05,
    seed = 42,
    workers = Math.min(navigator.hardwareConcurrency, MAX_WORKERS),
    shardTokens = 2 ** 27,
    checkpointBytes = 2 ** 26,
    onProgress = () => {},
  } = options;
  checkOptions({ ...options, bos, eos, valFraction, seed });
  const settings = { source: source.identity, bos, eos, valFraction, seed };
  const key = createHash("sha256").update(JSON.stringify({
    version: FORMAT_VERSION,
    tokenizer: tokenizer.fingerprint,
    settings,
  })).digest("hex").slice(0, 12);
  const dir = options.outDir ?? join(root, `${source.name}-${key}`);
  const dtype = tokenizer.vocabSize > 2 ** 16 ? "uint32" : "uint16";
  return {
    dir,
    onProgress,
    build: {
      dir: join(dirname(dir), `.${basename(resolve(dir))}.partial`),
      key,
      source,
      tokenizer,
      bos,
      eos,
      dtype,
      valFraction,
      seed,
      workers,
      shardTokens,
      checkpointBytes,
      signal: options.signal,
      onProgress,
    },
    manifest: {
      format: "moebius-tokens",
      version: FORMAT_VERSION,
      name: source.name,
      key,
      dtype,
      tokenizer: {
        source: tokenizer.source,
        fingerprint: tokenizer.fingerprint,
        vocabSize: tokenizer.vocabSize,
        bosId: tokenizer.bosId ?? null,
        eosId: tokenizer.eosId ?? null,
      },
      settings,
    },
  };
}

function checkOptions(
  { tokenizer, maxVocab, bos, eos, valFraction, seed }:
    & PrepareOptions
    & Required<Pick<PrepareOptions, "bos" | "eos" | "valFraction" | "seed">>,
): void {
  if (maxVocab !== undefined && tokenizer.vocabSize > maxVocab) {
    throw new RangeError(
      `The tokenizer ${tokenizer.source} has ${tokenizer.vocabSize} ids, but the model's padded_vocab_size is ${maxVocab}: choose another tokenizer or a larger vocabulary`,
    );
  }
  if (!(valFraction >= 0 && valFraction <= 0.5)) {
    throw new RangeError(
      `Expected a valFraction from 0 to 0.5, got ${valFraction}`,
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `Expected a seed that is an integer from 0 up, got ${seed}`,
    );
  }
  // Throws early if bos or eos is missing.
  tokenizer.encode("", { bos, eos });
}

/** Moves a built folder to its final place atomically; the manifest is written last. */
async function publish(
  built: string,
  dir: string,
  manifest: Manifest,
): Promise<void> {
  await Deno.remove(join(built, JOURNAL)).catch(() => {});
  await writeManifest(built, manifest);
  const parent = dirname(dir);
  const old = join(parent, `.${basename(resolve(dir))}.old`);
  await Deno.remove(old, { recursive: true }).catch(() => {});
  if (existsSync(dir)) await Deno.rename(dir, old);
  await Deno.rename(built, dir);
  await diskFileSystem.syncDirectory(parent);
  await Deno.remove(old, { recursive: true }).catch(() => {});
}

async function refuseForeignFolder(dir: string): Promise<void> {
  if (!existsSync(dir) || existsSync(join(dir, MANIFEST))) return;
  const { isDirectory } = await Deno.stat(dir);
  if (isDirectory && (await Array.fromAsync(Deno.readDir(dir))).length === 0) {
    return;
  }
  throw new Error(
    `Cannot prepare data in ${dir}: it ${
      isDirectory ? "holds other files" : "is a file"
    } and would be replaced: choose another folder`,
  );
}

/** Allows one preparation at a time in a folder; the system releases the lock of a process that dies. */
async function lock(
  folder: string,
  { signal, onProgress }: Pick<Build, "signal" | "onProgress">,
): Promise<Disposable> {
  using owned = new DisposableStack();
  const directory = owned.use(await Deno.open(folder, { read: true }));
  while (!await directory.tryLock(true)) {
    signal?.throwIfAborted();
    onProgress({
      phase: "waiting",
      bytes: 0,
      totalBytes: 0,
      tokens: 0,
      documents: 0,
    });
    // Polled, because a blocking wait for the lock could not be aborted by the signal.
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  return owned.move();
}

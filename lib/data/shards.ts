/**
 * Opens prepared folders.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { hashFile } from "../files/read.ts";
import { type TokenPart, tokenPart } from "./_token_parts.ts";
import { readManifest, type ShardEntry, type Split } from "./manifest.ts";

/** How to open a prepared folder. */
export interface OpenShardsOptions {
  /**
   * Returns a file's bytes, for example as a memory map, which must stay valid as
   * long as the shards are used. Default: reads the whole file.
   */
  map?: (path: string) => Uint8Array;
  /** Compare each file's SHA-256 with the manifest, and not only its size. Default false. */
  verify?: boolean;
}

/** Options of {@linkcode TokenSequence}. */
export interface TokenSequenceOptions {
  /** SHA-256 (hexadecimal) that changes whenever the tokens change. */
  fingerprint: string;
  /**
   * Every id that is copied out must be below this. Not set if the ids are known
   * to be valid.
   */
  vocabSize?: number;
  /** Name of the tokens in messages. */
  name?: string;
}

const BLOCK_TOKENS = 1 << 16;

/** The tokens of one split as one sequence, across all files. */
export class TokenSequence {
  /** Number of tokens. */
  readonly length: number;
  /** SHA-256 (hexadecimal) that changes whenever the tokens change. */
  readonly fingerprint: string;
  readonly #parts: readonly TokenPart[];
  readonly #starts: readonly number[];
  readonly #vocabSize: number | undefined;
  readonly #name: string;

  /**
   * Joins parts into one sequence.
   *
   * @param parts The tokens, file by file.
   * @param options Their fingerprint, vocabulary size and name.
   */
  constructor(parts: readonly TokenPart[], options: TokenSequenceOptions) {
    this.#parts = parts;
    this.fingerprint = options.fingerprint;
    this.#vocabSize = options.vocabSize;
    this.#name = options.name ?? "the tokens";
    const starts = [];
    let length = 0;
    for (const part of parts) {
      starts.push(length);
      length += part.length;
    }
    this.#starts = starts;
    this.length = length;
  }

  /**
   * Copies tokens out.
   *
   * @param start Index of the first token.
   * @param target Receives the tokens; its length is the number of tokens copied.
   * @throws {RangeError} If the sequence ends before `target` is full, or an id
   * is outside the vocabulary.
   */
  copyTo(start: number, target: Int32Array): void {
    if (start < 0 || start + target.length > this.length) {
      throw new RangeError(
        `Cannot copy tokens ${start} to ${
          start + target.length
        }: there are ${this.length}`,
      );
    }
    let index = this.#starts.findLastIndex((partStart) => partStart <= start);
    let copied = 0;
    while (copied < target.length) {
      const part = this.#parts[index]!;
      const from = start + copied - this.#starts[index]!;
      const count = Math.min(part.length - from, target.length - copied);
      part.copyTo(from, target.subarray(copied, copied + count));
      copied += count;
      index++;
    }
    if (this.#vocabSize !== undefined) this.#check(start, target);
  }

  /**
   * Yields the tokens block by block.
   *
   * @param limit Maximum number of tokens, from the start. Default: all.
   * @yields Blocks of tokens; each is valid until the next is requested.
   */
  *blocks(limit: number = Infinity): Generator<Int32Array> {
    const length = Math.min(this.length, limit);
    const buffer = new Int32Array(Math.min(BLOCK_TOKENS, length));
    for (let start = 0; start < length; start += buffer.length) {
      const block = buffer.subarray(0, length - start);
      this.copyTo(start, block);
      yield block;
    }
  }

  #check(start: number, ids: Int32Array): void {
    const vocabSize = this.#vocabSize!;
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index]!;
      if (id >= 0 && id < vocabSize) continue;
      throw new RangeError(
        `Token ${start + index} of ${this.#name} is ${
          id < 0 ? "negative or far too large" : id
        }, but the model's padded_vocab_size is ${vocabSize}: choose a model with a larger vocabulary, or other data`,
      );
    }
  }
}

/** Token shards, opened. */
export interface TokenShards {
  /** Their folder. */
  readonly dir: string;
  /** Name of the data. */
  readonly name: string;
  /** All ids are below this. */
  readonly vocabSize: number;
  /** Whether `prepareDataset` made the folder, so that files about the tokens may be added to it. */
  readonly isPrepared: boolean;
  /** The tokens to train on. */
  readonly train: TokenSequence;
  /** The tokens held out for validation. */
  readonly val: TokenSequence;
}

/**
 * Opens a prepared folder.
 *
 * @param dir The folder.
 * @param options How to map its files, and whether to check their hashes.
 * @returns Its tokens.
 * @throws {Error} If the manifest or a file is missing or damaged.
 *
 * @example
 * ```ts
 * import { openShards } from "./shards.ts";
 *
 * const shards = await openShards("data/prepared/corpus-0123456789ab");
 * console.log(shards.train.length);
 * ```
 */
export async function openShards(
  dir: string,
  options: OpenShardsOptions = {},
): Promise<TokenShards> {
  refuseBigEndian();
  const manifest = await readManifest(dir);
  const { train, val } = manifest.splits;
  for (const shard of [...train.shards, ...val.shards]) {
    await checkShard(dir, shard, options.verify ?? false);
  }
  const { map = (path) => Deno.readFileSync(path) } = options;
  const sequence = (split: Split) => {
    const { shards } = manifest.splits[split];
    const hash = createHash("sha256").update(manifest.dtype);
    for (const { sha256 } of shards) hash.update(sha256);
    return new TokenSequence(
      shards.map(({ file }) => tokenPart(map(join(dir, file)), manifest.dtype)),
      { fingerprint: hash.digest("hex"), name: `${dir}, ${split}` },
    );
  };
  return {
    dir,
    name: manifest.name,
    vocabSize: manifest.tokenizer.vocabSize,
    isPrepared: true,
    train: sequence("train"),
    val: sequence("val"),
  };
}

/** Files hold little-endian ids and are mapped without conversion. */
export function refuseBigEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return;
  throw new Error("Token shards need a little-endian machine");
}

async function checkShard(
  dir: string,
  { file, size, sha256 }: ShardEntry,
  verify: boolean,
): Promise<void> {
  const wrong = (what: string) =>
    new Error(
      `Cannot read token shards in ${dir}: ${file} ${what}: delete the folder and run \`deno task prepare\``,
    );
  const stat = await Deno.stat(join(dir, file)).catch(() => undefined);
  if (stat === undefined) throw wrong("is missing");
  if (stat.size !== size) {
    throw wrong(`has ${stat.size} bytes, expected ${size}`);
  }
  if (verify && (await hashFile(join(dir, file))).sha256 !== sha256) {
    throw wrong("is damaged, its SHA-256 is not the manifest's");
  }
}

export type { TokenPart } from "./_token_parts.ts";

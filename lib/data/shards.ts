/**
 * Opens prepared folders.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { hashFile } from "./_files.ts";
import {
  type Manifest,
  readManifest,
  type ShardEntry,
  type Split,
} from "./manifest.ts";

/** How to open a prepared folder. */
export interface OpenShardsOptions {
  /**
   * Gives a file's bytes; the place for a memory map, which must stay as long
   * as the shards are used. Default: reads the whole file.
   */
  map?: (path: string) => Uint8Array;
  /** Also compare each file's SHA-256 with the manifest. Default false: only sizes. */
  verify?: boolean;
}

/** The tokens of one split as one sequence, whatever files they lie in. */
export class TokenSequence {
  /** Tokens in all. */
  readonly length: number;
  /** The tokens, file by file; not to be written to. */
  readonly parts: readonly (Uint16Array | Uint32Array)[];
  /** SHA-256 (hexadecimal) that differs whenever the tokens do. */
  readonly fingerprint: string;
  readonly #starts: readonly number[];

  /**
   * Joins parts to one sequence.
   *
   * @param parts The tokens, file by file.
   * @param fingerprint What tells them from other tokens.
   */
  constructor(
    parts: readonly (Uint16Array | Uint32Array)[],
    fingerprint: string,
  ) {
    this.parts = parts;
    this.fingerprint = fingerprint;
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
   * @param start The first token.
   * @param target Where they go; as many as it holds are copied.
   * @throws {RangeError} If the sequence ends before `target` is full.
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
      const part = this.parts[index]!;
      const from = start + copied - this.#starts[index]!;
      const piece = part.subarray(from, from + target.length - copied);
      target.set(piece, copied);
      copied += piece.length;
      index++;
    }
  }
}

/** A prepared folder, opened. */
export interface TokenShards {
  /** The folder. */
  readonly dir: string;
  /** What it holds. */
  readonly manifest: Manifest;
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
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
    throw new Error("Token shards need a little-endian machine");
  }
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
      shards.map(({ file }) => tokensOf(map(join(dir, file)), manifest.dtype)),
      hash.digest("hex"),
    );
  };
  return { dir, manifest, train: sequence("train"), val: sequence("val") };
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
  if (verify && await hashFile(join(dir, file)) !== sha256) {
    throw wrong("is damaged, its SHA-256 is not the manifest's");
  }
}

function tokensOf(
  bytes: Uint8Array,
  dtype: Manifest["dtype"],
): Uint16Array | Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  return dtype === "uint16"
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint32Array(buffer, byteOffset, byteLength / 4);
}

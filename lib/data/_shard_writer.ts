/**
 * Writes the tokens of one split into shard files.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { type TokenArray, tokenArray, type TokenType } from "./_encoder.ts";
import { readChunks } from "./_files.ts";
import type { ShardEntry, Split, SplitEntry } from "./manifest.ts";

/** State of a writer, from which it can resume after an interruption. */
export interface WriterState {
  documents: number;
  textBytes: number;
  /** Shards that are complete. */
  shards: ShardEntry[];
  /** Tokens in the last, incomplete shard. */
  openTokens: number;
}

/** Options of {@linkcode ShardWriter}. */
export interface ShardWriterOptions {
  dir: string;
  split: Split;
  dtype: TokenType;
  /** Tokens of a full shard. */
  shardTokens: number;
}

const BUFFER_TOKENS = 1 << 18;

/** Appends tokens to numbered files and computes the files' hashes. */
export class ShardWriter {
  readonly #options: ShardWriterOptions;
  readonly #buffer: TokenArray;
  #buffered = 0;
  #file: Deno.FsFile | undefined;
  #hash: Hash = createHash("sha256");
  #state: WriterState;

  private constructor(options: ShardWriterOptions, state: WriterState) {
    this.#options = options;
    this.#buffer = tokenArray(options.dtype, BUFFER_TOKENS);
    this.#state = state;
  }

  /** Starts with nothing. */
  static create(options: ShardWriterOptions): ShardWriter {
    return new ShardWriter(options, {
      documents: 0,
      textBytes: 0,
      shards: [],
      openTokens: 0,
    });
  }

  /**
   * Resumes from a state; anything written after that state is cut off.
   * Returns undefined if the files do not match the state.
   */
  static async resume(
    options: ShardWriterOptions,
    state: WriterState,
  ): Promise<ShardWriter | undefined> {
    const writer = new ShardWriter(options, structuredClone(state));
    for (const { file, size } of state.shards) {
      const stat = await Deno.stat(join(options.dir, file)).catch(() => null);
      if (stat?.size !== size) return undefined;
    }
    return await writer.#reopen(state.openTokens) ? writer : undefined;
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#state.shards.reduce((sum, shard) => sum + shard.tokens, 0) +
      this.#state.openTokens + this.#buffered;
  }

  /** Counts the text of a piece, and a document if the piece is its last. */
  count(textBytes: number, ends: boolean): void {
    this.#state.textBytes += textBytes;
    if (ends) this.#state.documents++;
  }

  append(ids: TokenArray): void {
    const { shardTokens } = this.#options;
    let taken = 0;
    while (taken < ids.length) {
      const room = Math.min(
        this.#buffer.length - this.#buffered,
        shardTokens - this.#state.openTokens - this.#buffered,
      );
      const part = ids.subarray(taken, taken + room);
      this.#buffer.set(part, this.#buffered);
      this.#buffered += part.length;
      taken += part.length;
      if (part.length === room) this.#drain();
      if (this.#state.openTokens === shardTokens) this.#closeShard();
    }
  }

  /** Flushes everything written so far to the storage device and returns the state. */
  checkpoint(): WriterState {
    this.#drain();
    this.#file?.syncSync();
    return structuredClone(this.#state);
  }

  /** Ends the last shard. */
  finish(): SplitEntry {
    this.#drain();
    if (this.#state.openTokens > 0) this.#closeShard();
    const { documents, textBytes, shards } = this.#state;
    return { tokens: this.tokens, documents, textBytes, shards };
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #name(): string {
    return shardName(this.#options.split, this.#state.shards.length);
  }

  #drain(): void {
    if (this.#buffered === 0) return;
    const path = join(this.#options.dir, this.#name());
    this.#file ??= Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
    });
    const bytes = bytesOf(this.#buffer.subarray(0, this.#buffered));
    for (let offset = 0; offset < bytes.length;) {
      offset += this.#file.writeSync(bytes.subarray(offset));
    }
    this.#hash.update(bytes);
    this.#state.openTokens += this.#buffered;
    this.#buffered = 0;
  }

  #closeShard(): void {
    this.#file!.syncSync();
    this.#file!.close();
    this.#file = undefined;
    const { shards, openTokens: tokens } = this.#state;
    shards.push({
      file: this.#name(),
      tokens,
      size: tokens * this.#buffer.BYTES_PER_ELEMENT,
      sha256: this.#hash.digest("hex"),
    });
    this.#hash = createHash("sha256");
    this.#state.openTokens = 0;
  }

  async #reopen(tokens: number): Promise<boolean> {
    if (tokens === 0) return true;
    const path = join(this.#options.dir, this.#name());
    const size = tokens * this.#buffer.BYTES_PER_ELEMENT;
    const stat = await Deno.stat(path).catch(() => null);
    if (stat === null || stat.size < size) return false;
    await Deno.truncate(path, size);
    for await (const chunk of readChunks(path)) this.#hash.update(chunk);
    this.#file = await Deno.open(path, { append: true });
    return true;
  }
}

/** The name of a shard, such as `train-00000.bin`. */
function shardName(split: Split, index: number): string {
  return `${split}-${String(index).padStart(5, "0")}.bin`;
}

/** The bytes of tokens as they are stored: little-endian, as on every supported machine. */
export function bytesOf(tokens: TokenArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
}

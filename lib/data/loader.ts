/**
 * Batches of tokens, in an order that can be resumed exactly.
 *
 * @module
 */

import type { Split } from "./manifest.ts";
import { permutation, Random } from "./random.ts";
import type { TokenSequence, TokenShards } from "./shards.ts";

/** Options of {@linkcode BatchLoader}. */
export interface BatchLoaderOptions {
  /** Which tokens. */
  split: Split;
  /** Rows of a batch (B). */
  batchSize: number;
  /** Tokens the model sees at a time (T); a row has one more, the last target. */
  sequenceLength: number;
  /** Decides the order together with the epoch. Default 42. */
  seed?: number;
  /** Use a new order in each epoch, instead of always that of the text. Default true. */
  shuffle?: boolean;
}

/** Position of a loader: plain JSON, for checkpoints. */
export interface LoaderState {
  /** Finished epochs. */
  epoch: number;
  /** Windows used in the current epoch. */
  position: number;
  /** As the loader's options were. */
  seed: number;
  /** As the loader's options were. */
  shuffle: boolean;
  /** As the loader's options were. */
  split: Split;
  /** As the loader's options were. */
  sequenceLength: number;
  /** Fingerprint of the tokens. */
  tokens: string;
}

/**
 * Cuts tokens into non-overlapping windows of T + 1, and returns them in batches
 * of B: each window once per epoch, in an order drawn anew for every epoch.
 * Tokens and windows that do not fill a window or a batch are omitted.
 *
 * @example
 * ```ts
 * import { BatchLoader } from "./loader.ts";
 * import { openShards } from "./shards.ts";
 *
 * const shards = await openShards("data/prepared/corpus-0123456789ab");
 * const loader = new BatchLoader(shards, {
 *   split: "train",
 *   batchSize: 8,
 *   sequenceLength: 256,
 * });
 * const tokens_BS = loader.next(); // Int32Array of 8 * 257
 * ```
 */
export class BatchLoader {
  /** Rows of a batch (B). */
  readonly batchSize: number;
  /** Tokens the model sees at a time (T). */
  readonly sequenceLength: number;
  /** Number of windows of T + 1 tokens. */
  readonly windows: number;
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number;
  readonly #tokens: TokenSequence;
  readonly #split: Split;
  readonly #seed: number;
  readonly #shuffle: boolean;
  readonly #batch: Int32Array<ArrayBuffer>;
  #order: Uint32Array | undefined;
  #epoch = 0;
  #position = 0;

  /**
   * Starts at the first batch of the first epoch.
   *
   * @param shards Opened token shards.
   * @param options Which tokens, and the size of a batch.
   * @throws {RangeError} If there are not enough tokens for one batch, or a
   * size is not a positive integer.
   */
  constructor(shards: TokenShards, options: BatchLoaderOptions) {
    const { split, batchSize, sequenceLength } = options;
    for (const [name, value] of Object.entries({ batchSize, sequenceLength })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new RangeError(`Expected a positive ${name}, got ${value}`);
      }
    }
    this.batchSize = batchSize;
    this.sequenceLength = sequenceLength;
    this.#tokens = shards[split];
    this.#split = split;
    this.#seed = options.seed ?? 42;
    this.#shuffle = options.shuffle ?? true;
    this.windows = Math.floor(this.#tokens.length / (sequenceLength + 1));
    this.batchesPerEpoch = Math.floor(this.windows / batchSize);
    if (this.batchesPerEpoch === 0) {
      throw new RangeError(
        `The ${split} tokens in ${shards.dir} are too few for one batch: ${this.#tokens.length} there, ${
          batchSize * (sequenceLength + 1)
        } needed (${batchSize} x (${sequenceLength} + 1)): use more text, a smaller batch or a shorter sequence`,
      );
    }
    this.#batch = new Int32Array(batchSize * (sequenceLength + 1));
  }

  /** Finished epochs: 0 until the last batch of the first epoch has been returned. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Windows used in the current epoch. */
  get position(): number {
    return this.#position;
  }

  /**
   * Returns the next batch in a buffer that the next call overwrites.
   *
   * @returns Tokens `[B, T + 1]`, row by row.
   */
  next(): Int32Array<ArrayBuffer> {
    const rowLength = this.sequenceLength + 1;
    this.#order ??= this.#shuffle
      ? permutation(this.windows, new Random(this.#seed, this.#epoch))
      : undefined;
    for (let row = 0; row < this.batchSize; row++) {
      const place = this.#position + row;
      const window = this.#order?.[place] ?? place;
      this.#tokens.copyTo(
        window * rowLength,
        this.#batch.subarray(row * rowLength, (row + 1) * rowLength),
      );
    }
    this.#position += this.batchSize;
    this.#finishEpoch();
    return this.#batch;
  }

  /** The loader's position. */
  state(): LoaderState {
    return {
      epoch: this.#epoch,
      position: this.#position,
      seed: this.#seed,
      shuffle: this.#shuffle,
      split: this.#split,
      sequenceLength: this.sequenceLength,
      tokens: this.#tokens.fingerprint,
    };
  }

  /**
   * Moves to a saved position. The batch size may differ: the sequence of windows
   * stays the same.
   *
   * @param state A result of `state()`.
   * @throws {Error} If the state belongs to other tokens or another order.
   */
  restore(state: LoaderState): void {
    const mine = this.state();
    const differing = (
      ["tokens", "split", "sequenceLength", "seed", "shuffle"] as const
    ).filter((key) => mine[key] !== state[key]);
    if (differing.length > 0) {
      const list = differing.map((key) =>
        `${key} (${state[key]} then, ${mine[key]} now)`
      );
      throw new Error(
        `Cannot resume the data where it was: it differs in ${list.join(", ")}`,
      );
    }
    const { epoch, position } = state;
    if (
      !Number.isSafeInteger(epoch) || epoch < 0 ||
      !Number.isSafeInteger(position) || position < 0 ||
      position > this.windows
    ) {
      throw new RangeError(
        `Cannot resume the data at window ${position} of epoch ${epoch}: there are ${this.windows} windows`,
      );
    }
    this.#epoch = epoch;
    this.#position = position;
    this.#order = undefined;
    this.#finishEpoch();
  }

  #finishEpoch(): void {
    if (this.#position + this.batchSize <= this.windows) return;
    this.#epoch++;
    this.#position = 0;
    this.#order = undefined;
  }
}

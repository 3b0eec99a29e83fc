/**
 * The state of several continuations of a prompt: their keys and values, and their last tokens, which are kept
 * on the device.
 *
 * @module
 */

import {
  capture,
  type CudaGraph,
  empty,
  keep,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from "../../ffi/mod.ts";
import { canDecode, decodePosition } from "../model/decode.ts";
import type { GPT } from "../model/gpt.ts";
import { KvCache } from "../model/kv_cache.ts";
import { type SampleOptions, sampleToken } from "./sample.ts";

/** Options of {@linkcode Decoder}. */
export interface DecoderOptions extends SampleOptions {
  /** Continuations of the prompt. Default: 1. */
  readonly samples?: number;
  /** Maximum number of positions, including those of the prompt. */
  readonly length: number;
}

/** Passes before a capture, in which libraries initialise themselves. */
const REHEARSALS = 2;

/**
 * Draws tokens, one for each continuation at a time. Where `canDecode` allows it, a step is the replay of one
 * captured CUDA graph and the reading of its tokens; elsewhere it is a call of `GPT.forward`.
 *
 * @example
 * ```ts ignore
 * using decoder = new Decoder(model, { length: 128, temperature: 0 });
 * const ids = [...decoder.start(prompt)];
 * while (ids.length < 20) ids.push(...decoder.next());
 * ```
 */
export class Decoder {
  readonly #model: GPT;
  readonly #options: DecoderOptions;
  readonly #cache: KvCache;
  readonly #tokens: Tensor;
  readonly #position: Tensor;
  readonly #isCaptured: boolean;
  #graph: CudaGraph<void> | undefined;

  /** Allocates the memory for all positions. */
  constructor(model: GPT, options: DecoderOptions) {
    const { samples = 1, length } = options;
    const { device, dtypes } = model;
    this.#model = model;
    this.#options = options;
    this.#cache = new KvCache(model.config, {
      batchSize: samples,
      length,
      device,
      dtype: dtypes.compute,
    });
    this.#tokens = keep(empty([samples, 1], { dtype: "int64", device }));
    this.#position = keep(empty([], { dtype: "int32", device }));
    this.#isCaptured = canDecode(model, samples);
  }

  /** Whether steps replay a CUDA graph. */
  get isCaptured(): boolean {
    return this.#isCaptured;
  }

  /**
   * Reads the prompt, once for all continuations, and draws the first token of each.
   *
   * @throws {RangeError} if the prompt does not fit.
   */
  start(prompt: Int32Array): Int32Array<ArrayBuffer> {
    const samples = this.#tokens.size(0);
    noGrad(() =>
      scope(() => {
        const { device } = this.#model;
        const ids = tensor(Int32Array.from(prompt), {
          shape: [1, prompt.length],
          device,
        });
        const logits = this.#model.forward(ids, this.#cache, { last: true });
        this.#draw(logits.select(1, 0).expand(samples, logits.size(2)));
      })
    );
    return this.#read();
  }

  /**
   * Draws the next token of each continuation.
   *
   * @throws {RangeError} if no position is left.
   */
  next(): Int32Array<ArrayBuffer> {
    const cache = this.#cache;
    if (cache.position >= cache.length) {
      throw new RangeError(
        `Cannot read ${
          cache.position + 1
        } positions: the limit is ${cache.length}`,
      );
    }
    if (this.#isCaptured) {
      this.#graph ??= this.#record();
      this.#graph.replay();
      cache.position++;
    } else {
      noGrad(() =>
        scope(() => {
          const logits = this.#model.forward(this.#tokens, cache);
          this.#draw(logits.select(1, 0));
        })
      );
    }
    return this.#read();
  }

  #record(): CudaGraph<void> {
    return noGrad(() => {
      this.#model.weights.refresh();
      scope(() => void this.#position.fill_(this.#cache.position));
      for (let i = 0; i < REHEARSALS; i++) scope(() => void this.#drawn());
      return capture(() => {
        this.#tokens.copy_(this.#drawn());
        this.#position.add_(1);
      });
    });
  }

  /** Writes the keys and values of the last tokens and draws the next ones. Running it again repeats the same. */
  #drawn(): Tensor {
    const logits = decodePosition(this.#model, this.#tokens.view(-1), {
      cache: this.#cache,
      position: this.#position,
    });
    return sampleToken(logits, this.#options);
  }

  #draw(logits_NV: Tensor): void {
    this.#tokens.copy_(sampleToken(logits_NV, this.#options));
  }

  #read(): Int32Array<ArrayBuffer> {
    return Int32Array.from(this.#tokens.toArray(), Number);
  }

  /** Frees the graph and the memory. */
  [Symbol.dispose](): void {
    this.#graph?.[Symbol.dispose]();
    this.#cache[Symbol.dispose]();
    this.#tokens.dispose();
    this.#position.dispose();
  }
}

/**
 * Keys and values of the positions a model has read, so that a forward pass computes only the new positions.
 *
 * @module
 */

import {
  type Device,
  type DType,
  empty,
  keep,
  type Tensor,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";

/** The part of a cache that one attention layer uses. */
export interface LayerCache {
  /** Keys, with room for all positions. */
  readonly keys: Tensor;
  /** Values, with room for all positions. */
  readonly values: Tensor;
  /**
   * Stores new keys and values [B, G, T, D]; returns those of all positions so far [B, G, S, D]. With B = 1 they
   * are stored for every sequence of the cache, so that a prompt is read once for all of its continuations.
   */
  append(k_BGTD: Tensor, v_BGTD: Tensor): [k_BGSD: Tensor, v_BGSD: Tensor];
}

/** Options of {@linkcode KvCache}. */
export interface KvCacheOptions {
  /** Number of sequences. */
  batchSize: number;
  /** Maximum number of positions. */
  length: number;
  /** Device of the memory. */
  device: Device;
  /** Element type of keys and values. */
  dtype: DType;
}

/** The cache of a whole model. */
export class KvCache {
  /** Number of positions stored so far. */
  position = 0;
  /** Maximum number of positions. */
  readonly length: number;
  /** One for each layer. */
  readonly layers: readonly LayerCache[];
  readonly #tensors: Tensor[] = [];

  /** Allocates the memory for all positions. */
  constructor(config: ModelConfig, options: KvCacheOptions) {
    const { batchSize, length, ...place } = options;
    this.length = length;
    const shape = [batchSize, config.n_query_groups, length, config.head_size];
    this.layers = Array.from({ length: config.n_layer }, () => {
      const keys = keep(empty(shape, place));
      const values = keep(empty(shape, place));
      this.#tensors.push(keys, values);
      return {
        keys,
        values,
        append: (k, v) => this.#append(keys, values, k, v),
      };
    });
  }

  #append(
    keys: Tensor,
    values: Tensor,
    k_BGTD: Tensor,
    v_BGTD: Tensor,
  ): [Tensor, Tensor] {
    const [B, T] = [k_BGTD.size(0), k_BGTD.size(2)];
    keys.narrow(2, this.position, T).copy_(k_BGTD);
    values.narrow(2, this.position, T).copy_(v_BGTD);
    const held = (all: Tensor) =>
      all.narrow(0, 0, B).narrow(2, 0, this.position + T);
    return [held(keys), held(values)];
  }

  /** Frees the memory. */
  [Symbol.dispose](): void {
    for (const tensor of this.#tensors) tensor.dispose();
  }
}

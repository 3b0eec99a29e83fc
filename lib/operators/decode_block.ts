/**
 * One new position through a block, for generation: the work of `Block.forward` as one operator of five
 * launches, whose time is that of reading the weights. On CUDA devices alone.
 *
 * Shapes: N sequences, C width of the model, G key and value heads, S positions of a cache, D width of a head,
 * E experts, I width of an expert.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";
import type { RopeCache } from "./rope_qkv.ts";

/** Most sequences that one pass takes. This limit and the next two are those of shim/ops/cuda/decode.cc. */
export const MAX_DECODE_SEQUENCES = 8;
/** Most experts of a layer. */
export const MAX_DECODE_EXPERTS = 256;
/** Most experts of a token. */
export const MAX_DECODE_EXPERTS_PER_TOKEN = 16;

/** The residual stream of one position: a sum, and what is still to be added to it, both [N, C]. */
export interface DecodeStream {
  /** What blocks before the last one gave. */
  readonly sum: Tensor;
  /** What the last one gave; null before the first. */
  readonly pending: Tensor | null;
}

/** A block's weights. Norms may be float32, matrices are bfloat16. */
export interface DecodeWeights {
  /** [C] */
  readonly norm1: Tensor;
  /** [(H + 2 G) D, C] */
  readonly qkv: Tensor;
  /** [C, H D] */
  readonly proj: Tensor;
  /** [C] */
  readonly norm2: Tensor;
  /** [E, C] */
  readonly gate: Tensor;
  /** [E, 2 I, C] */
  readonly fc: Tensor;
  /** [E, C, I] */
  readonly expertsProj: Tensor;
}

/** Options of {@linkcode decodeBlock}. */
export interface DecodeOptions {
  /** Added to the mean square of a norm. */
  readonly eps: number;
  /** Query heads (H). */
  readonly n_head: number;
  /** Experts of each token. */
  readonly n_expert_per_token: number;
  /** The router's weights are multiplied by it. */
  readonly routed_scaling_factor: number;
}

/** Where the new position is, and what came before. */
export interface DecodeContext {
  /** bfloat16 [N, G, S, D]; the new position is written. */
  readonly keys: Tensor;
  /** As `keys`. */
  readonly values: Tensor;
  /** Number of the new position, int32 [] on the device. */
  readonly position: Tensor;
  /** Of all positions. */
  readonly rope: RopeCache;
}

/** The stream before a block to that after it. */
export function decodeBlock(
  { sum, pending }: DecodeStream,
  weights: DecodeWeights,
  { keys, values, position, rope, ...options }: DecodeContext & DecodeOptions,
): DecodeStream {
  const [nextSum, nextPending] = aten(
    "moebius::decode_block",
    sum,
    pending,
    weights.norm1,
    weights.qkv,
    weights.proj,
    weights.norm2,
    weights.gate,
    weights.fc,
    weights.expertsProj,
    keys,
    values,
    position,
    rope.cos_TR,
    rope.sin_TR,
    options.eps,
    options.n_head,
    options.n_expert_per_token,
    options.routed_scaling_factor,
  );
  return { sum: nextSum, pending: nextPending };
}

/** The logits [N, V] after the last block: a norm [C] and the output layer's weight [V, C], bfloat16. */
export function decodeLogits(
  { sum, pending }: { readonly sum: Tensor; readonly pending: Tensor },
  layer: { readonly norm: Tensor; readonly weight: Tensor },
  eps: number,
): Tensor {
  return aten(
    "moebius::decode_logits",
    sum,
    pending,
    layer.norm,
    layer.weight,
    eps,
  );
}

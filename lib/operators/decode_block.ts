/**
 * Computes one new position of a block for generation: the work of `Block.forward` as one operator of five
 * kernel launches, whose time is about that of reading the weights. CUDA only.
 *
 * Shapes: N sequences, C width of the model, G key and value heads, S positions of a cache, D width of a head,
 * E experts, I width of an expert.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";
import type { RopeCache } from "./rope_qkv.ts";

/** Maximum number of sequences in a pass. This limit and the next two are those of shim/ops/cuda/decode.cc. */
export const MAX_DECODE_SEQUENCES = 8;
/** Maximum number of experts of a layer. */
export const MAX_DECODE_EXPERTS = 256;
/** Maximum number of experts of a token. */
export const MAX_DECODE_EXPERTS_PER_TOKEN = 16;

/** The residual stream at one position: a sum, and a result that is not yet added to it, both [N, C]. */
export interface DecodeStream {
  /** The part of the stream that is already summed. */
  readonly sum: Tensor;
  /** The result of the previous block; null before the first block. */
  readonly pending: Tensor | null;
}

/** A block's weights. Norms may be float32; matrices are bfloat16. */
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
  /** Factor of the router's weights. */
  readonly routed_scaling_factor: number;
}

/** The new position, and the keys and values of earlier positions. */
export interface DecodeContext {
  /** bfloat16 [N, G, S, D]; the keys of the new position are written to it. */
  readonly keys: Tensor;
  /** The values, as `keys`. */
  readonly values: Tensor;
  /** Index of the new position, int32 [] on the device. */
  readonly position: Tensor;
  /** Cosines and sines of all positions. */
  readonly rope: RopeCache;
}

/** The stream before a block to the stream after it. */
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

/** The logits [N, V] after the last block, with a norm [C] and the output layer's weight [V, C], bfloat16. */
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

/**
 * Drawing tokens with one operator, on CUDA devices only.
 *
 * Shapes: N sequences, V vocabulary.
 *
 * @module
 */

import { aten, rand, type Tensor } from "../../ffi/mod.ts";

/** How tokens are drawn, as in `SampleOptions`. */
export interface FusedSampleOptions {
  /** Divides the logits; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Draw only from this many likeliest tokens; null means all. */
  readonly topK: number | null;
  /** Draw only from the likeliest tokens that together have this probability. */
  readonly topP: number;
}

/**
 * The kernel keeps a row in a thread block's shared memory, 2 bytes per logit. Every GPU from capability 8.0 on
 * has at least 99 KiB of it; the kernel needs half a KiB of that for other things.
 */
const MAX_VOCABULARY = (99 * 1024 - 512) / 2;

/** Whether {@linkcode fusedSample} supports these logits. */
export function canSample(logits_NV: Tensor): boolean {
  const { device, dtype } = logits_NV;
  const V = logits_NV.size(-1);
  return device !== "cpu" && dtype === "bfloat16" && V % 8 === 0 &&
    V <= MAX_VOCABULARY;
}

/**
 * Draws one token for each row of bfloat16 logits [N, V], int64 [N, 1]. Tokens tied at the limit of top-p stay.
 */
export function fusedSample(
  logits_NV: Tensor,
  { temperature, topK, topP }: FusedSampleOptions,
): Tensor {
  const N = logits_NV.size(0);
  const isGreedy = temperature === 0 || topP === 0;
  return aten(
    "moebius::sample",
    logits_NV.contiguous(),
    isGreedy ? null : rand([N], { device: logits_NV.device }),
    isGreedy ? 1 : temperature,
    topK ?? logits_NV.size(1),
    topP,
  );
}

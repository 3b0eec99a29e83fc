/**
 * Drawing tokens as one operator, on CUDA devices alone.
 *
 * Shapes: N sequences, V vocabulary.
 *
 * @module
 */

import { aten, rand, type Tensor } from "../../ffi/mod.ts";

/** How tokens are drawn, as in `SampleOptions`. */
export interface FusedSampleOptions {
  /** Divides the logits; 0 takes the likeliest token always. */
  readonly temperature: number;
  /** Only so many likeliest tokens; null all of them. */
  readonly topK: number | null;
  /** Only the likeliest tokens that together have this probability. */
  readonly topP: number;
}

/**
 * The kernel holds a row in a block's shared memory, 2 bytes a logit. The GPUs from 8.0 on with the least have
 * 99 KiB of it, of which it needs half a KiB for other things.
 */
const MAX_VOCABULARY = (99 * 1024 - 512) / 2;

/** Whether {@linkcode fusedSample} takes these logits. */
export function canSample(logits_NV: Tensor): boolean {
  const { device, dtype } = logits_NV;
  const V = logits_NV.size(-1);
  return device !== "cpu" && dtype === "bfloat16" && V % 8 === 0 &&
    V <= MAX_VOCABULARY;
}

/**
 * One token for each row of bfloat16 logits [N, V], int64 [N, 1]; of equals at the end of top-p all stay.
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

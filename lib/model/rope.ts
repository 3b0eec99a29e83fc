/**
 * Rotary position embedding (Su et al. 2021), in the half-split form of GPT-NeoX and Llama.
 *
 * @module
 */

import {
  arange,
  aten,
  cat,
  type Device,
  type DType,
  keep,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import { cast } from "./precision.ts";

/** Cosines and sines of all positions; R is the number of rotated values of a head. */
export interface RopeCache {
  /** Cosines [T, R]. */
  readonly cos_TR: Tensor;
  /** Sines [T, R]. */
  readonly sin_TR: Tensor;
}

/**
 * `angle(t, i) = t / condense_ratio / base ** (2 i / R)` for the pairs (i, i + R/2). The tables are
 * computed in float32 and kept in `dtype`.
 */
export function buildRopeCache(
  config: ModelConfig,
  length: number,
  options: { device: Device; dtype: DType },
): RopeCache {
  const { device, dtype } = options;
  const { rope_n_elem, rope_base, rope_condense_ratio } = config;
  const [cos_TR, sin_TR] = scope(() => {
    const pairs = arange(0, rope_n_elem, { step: 2 }).to("float32");
    const powers = aten("pow.Scalar", rope_base, pairs.div(rope_n_elem));
    const theta = aten("reciprocal", powers);
    const positions = arange(0, length).to("float32").div(rope_condense_ratio);
    const half = aten("outer", positions, theta);
    const angles = cat([half, half], 1);
    return [aten("cos", angles), aten("sin", angles)]
      .map((table) => table.to(dtype).to(device));
  }) as [Tensor, Tensor];
  return { cos_TR: keep(cos_TR), sin_TR: keep(sin_TR) };
}

/** The rows of a cache for `length` positions from `start` on. */
export function ropeRows(
  cache: RopeCache,
  start: number,
  length: number,
): RopeCache {
  return {
    cos_TR: cache.cos_TR.narrow(0, start, length),
    sin_TR: cache.sin_TR.narrow(0, start, length),
  };
}

/** Rotates the first R values of each head; the rest passes unchanged. */
export function applyRope(
  x_BHTD: Tensor,
  { cos_TR, sin_TR }: RopeCache,
): Tensor {
  const rotated = cos_TR.size(1);
  const headSize = x_BHTD.size(-1);
  if (rotated === 0) return x_BHTD;
  const [x, rest] = rotated < headSize
    ? x_BHTD.split([rotated, headSize - rotated], -1)
    : [x_BHTD];
  const [first, second] = x!.chunk(2, -1);
  const turned = cat([second!.neg(), first!], -1);
  const y = cast(x!.mul(cos_TR).add(turned.mul(sin_TR)), x_BHTD.dtype);
  return rest === undefined ? y : cat([y, rest], -1);
}

/**
 * The angles of rotary position embedding (Su et al. 2021).
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
import type { RopeCache } from "../operators/mod.ts";

/**
 * Cosines and sines for positions 0 to `length` - 1: `angle(t, i) = t / condense_ratio / base ** (2 i / R)`
 * for the pairs (i, i + R/2), where R is the number of rotated values of a head. The tables are computed in
 * float32 and stored in `dtype`.
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
    const kept = (table: Tensor) => table.to(dtype).to(device);
    return [kept(aten("cos", angles)), kept(aten("sin", angles))] as const;
  });
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

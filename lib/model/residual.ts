/**
 * What runs from block to block.
 *
 * @module
 */

import type { Tensor } from "../../ffi/mod.ts";

/**
 * The residual stream between blocks [B, T, C]: a sum, and what is still to be added to it. The norm that reads
 * the stream next adds both in the same pass.
 */
export interface Residual {
  /** What blocks before the last one gave. */
  readonly sum: Tensor;
  /** What the last one gave. */
  readonly pending: Tensor | null;
}

/** The stream as one tensor. */
export function total({ sum, pending }: Residual): Tensor {
  return pending === null ? sum : pending.add(sum);
}

/** The stream at the last position alone [B, 1, C]. */
export function lastPosition({ sum, pending }: Residual): Residual {
  const last = (x: Tensor) => x.narrow(1, x.size(1) - 1, 1);
  return { sum: last(sum), pending: pending === null ? null : last(pending) };
}

/**
 * The residual stream that blocks read and write.
 *
 * @module
 */

import { Tensor } from "../../ffi/mod.ts";
import type { ExpertRows } from "../operators/mod.ts";

/**
 * The residual stream between blocks [B, T, C]: a sum, and a result that is not yet added to it. The next norm
 * that reads the stream adds both in the same pass over memory.
 */
export interface Residual {
  /** The part of the stream that is already summed. */
  readonly sum: Tensor;
  /** The last result, not yet added to the sum; null if there is none. */
  readonly pending: Pending | null;
}

/** A result to be added to the stream: a tensor [B, T, C], or the experts' results before they are combined. */
export type Pending = Tensor | Combination;

/** The experts' results for tokens, which the reader combines. */
export interface Combination extends ExpertRows {
  /** Combines them into one tensor [B, T, C]. */
  readonly total: () => Tensor;
}

/** A pending result as one tensor. */
export function asTensor(pending: Pending): Tensor {
  return pending instanceof Tensor ? pending : pending.total();
}

/** The stream as one tensor. */
export function total({ sum, pending }: Residual): Tensor {
  return pending === null ? sum : asTensor(pending).add(sum);
}

/** The stream at the last position only [B, 1, C]. */
export function lastPosition({ sum, pending }: Residual): Residual {
  const last = (x: Tensor) => x.narrow(1, x.size(1) - 1, 1);
  return {
    sum: last(sum),
    pending: pending === null ? null : last(asTensor(pending)),
  };
}

/**
 * What runs from block to block.
 *
 * @module
 */

import { Tensor } from "../../ffi/mod.ts";
import type { ExpertRows } from "../operators/mod.ts";

/**
 * The residual stream between blocks [B, T, C]: a sum, and what is still to be added to it. The norm that reads
 * the stream next adds both in the same pass.
 */
export interface Residual {
  /** What blocks before the last one gave. */
  readonly sum: Tensor;
  /** What the last one gave. */
  readonly pending: Pending | null;
}

/** What is to be added to the stream: a tensor [B, T, C], or what experts gave for its tokens. */
export type Pending = Tensor | Combination;

/** The experts' results, which whoever reads them adds up. */
export interface Combination extends ExpertRows {
  /** Adds them up [B, T, C]. */
  readonly total: () => Tensor;
}

/** What is pending, as one tensor. */
export function asTensor(pending: Pending): Tensor {
  return pending instanceof Tensor ? pending : pending.total();
}

/** The stream as one tensor. */
export function total({ sum, pending }: Residual): Tensor {
  return pending === null ? sum : asTensor(pending).add(sum);
}

/** The stream at the last position alone [B, 1, C]. */
export function lastPosition({ sum, pending }: Residual): Residual {
  const last = (x: Tensor) => x.narrow(1, x.size(1) - 1, 1);
  return {
    sum: last(sum),
    pending: pending === null ? null : last(asTensor(pending)),
  };
}

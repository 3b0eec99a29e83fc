/**
 * The training loss.
 *
 * Shapes: N positions, C width of the model, V vocabulary.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";
import { cast } from "./precision.ts";

/** Positions with this target are left out of the loss, as in PyTorch. */
export const IGNORE_INDEX = -100;

/** Mean cross-entropy in nats, computed in float32, of logits [N, V] against int64 targets [N]. */
export function crossEntropy(logits_NV: Tensor, targets_N: Tensor): Tensor {
  return aten("cross_entropy_loss", cast(logits_NV, "float32"), targets_N);
}

/**
 * Scaled dot-product attention.
 *
 * Shapes: B batch, H query heads, G key and value heads, T query positions, S key positions, D width of a head.
 *
 * @module
 */

import {
  aten,
  attend,
  type AttendOptions,
  type Tensor,
} from "../../ffi/mod.ts";

/**
 * Attention [B, H, T, D] with the same result as {@linkcode attend}, its plain form. Causal flash attention on a
 * CPU uses the project's own kernel where that is faster.
 *
 * @throws {TorchError} if the kernel does not run on these tensors.
 */
export function fusedAttention(
  q_BHTD: Tensor,
  k_BGSD: Tensor,
  v_BGSD: Tensor,
  options: AttendOptions,
): Tensor {
  const { backend, causal, scale } = options;
  return q_BHTD.device === "cpu" && backend === "flash" && causal
    ? aten("moebius::attention", q_BHTD, k_BGSD, v_BGSD, scale)
    : attend(q_BHTD, k_BGSD, v_BGSD, options);
}

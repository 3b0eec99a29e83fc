/**
 * The gate of SwiGLU (Shazeer 2020).
 *
 * Shapes: M rows, I width of an expert.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** `silu(first half) * second half` of each row: [M, 2 I] to [M, I]. */
export function plainSwiglu(fc_M2I: Tensor): Tensor {
  const I = fc_M2I.size(1) / 2;
  const [gate_MI, up_MI] = fc_M2I.split([I, I], 1);
  return gate_MI.silu().mul(up_MI);
}

/** {@linkcode plainSwiglu} as one operator, which saves only its input for backward. */
export function fusedSwiglu(fc_M2I: Tensor): Tensor {
  return aten("moebius::swiglu", fc_M2I);
}

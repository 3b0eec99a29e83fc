/**
 * Matrix products with weights.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** `x @ weight.t() + bias`: [..., C] by [I, C] to [..., I]. All have one dtype. */
export function plainLinear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
): Tensor {
  return x.linear(weight, bias);
}

/** {@linkcode plainLinear} by the kernels of the experts, where these are faster: in float32 on CPUs with AVX-512. */
export function fusedLinear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
): Tensor {
  return aten("moebius::linear", x, weight, bias);
}

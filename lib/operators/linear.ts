/**
 * Matrix products with weights, and lookups of rows of a weight.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** The weights of a linear layer, in the dtype of its input. */
export interface LinearWeights {
  /** [I, C] */
  readonly weight: Tensor;
  /** [I] */
  readonly bias: Tensor | null;
  /** Sum that backward may add the gradient of `weight` to, instead of returning it. Default: none. */
  readonly weightSum?: Tensor | null;
}

/** `x @ weight.t() + bias`: [..., C] to [..., I]. */
export function plainLinear(
  x: Tensor,
  { weight, bias }: LinearWeights,
): Tensor {
  return x.linear(weight, bias);
}

/**
 * {@linkcode plainLinear} with the kernels of the experts where these are faster: in float32 on CPUs with AVX-512.
 * On a GPU, backward's matrix product adds directly to `weightSum`.
 */
export function fusedLinear(
  x: Tensor,
  { weight, bias, weightSum = null }: LinearWeights,
): Tensor {
  return aten("moebius::linear", x, weight, bias, weightSum);
}

/** Looks up the rows of a weight [V, C] for int32 or int64 tokens [...]: [..., C]. */
export function plainEmbedding(tokens: Tensor, weight_VC: Tensor): Tensor {
  return aten("embedding", weight_VC, tokens);
}

/**
 * {@linkcode plainEmbedding}; on a GPU backward may add the gradient of the weight to `weightSum` instead of
 * returning it, and then writes only the rows that were read.
 */
export function fusedEmbedding(
  tokens: Tensor,
  weight_VC: Tensor,
  weightSum: Tensor | null = null,
): Tensor {
  return aten("moebius::embedding", weight_VC, tokens, weightSum);
}

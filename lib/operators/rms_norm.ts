/**
 * Root mean square normalisation (Zhang and Sennrich 2019): alone, after a residual addition, and after
 * combining and adding the experts' results.
 *
 * @module
 */

import { aten, type DType, type Tensor } from "../../ffi/mod.ts";
import { type ExpertRows, plainMoeCombine } from "./experts.ts";

/** Options of all forms. */
export interface NormOptions {
  /** Added to the mean square. */
  readonly eps: number;
  /** Dtype of the result. */
  readonly dtype: DType;
}

/** `x / rms(x) * weight` along the last dimension, in float32 for every input dtype, then rounded. */
export function plainRmsNorm(
  x: Tensor,
  weight: Tensor,
  { eps, dtype }: NormOptions,
): Tensor {
  const wide = x.dtype === "float64" ? x : x.to("float32");
  const scale = wide.mul(wide).mean(-1, true).add(eps).rsqrt();
  return wide.mul(scale).mul(weight.to(wide.dtype)).to(dtype);
}

/** {@linkcode plainRmsNorm} as one operator. */
export function fusedRmsNorm(
  x: Tensor,
  weight: Tensor,
  { eps, dtype }: NormOptions,
): Tensor {
  return aten("moebius::rms_norm", x, weight, eps, dtype);
}

/** The sum `x + residual`, in the wider of their dtypes, and its norm. */
export function plainAddRmsNorm(
  x: Tensor,
  residual: Tensor,
  weight: Tensor,
  options: NormOptions,
): [sum: Tensor, y: Tensor] {
  const sum = x.add(residual);
  return [sum, plainRmsNorm(sum, weight, options)];
}

/** {@linkcode plainAddRmsNorm} as one operator. */
export function fusedAddRmsNorm(
  x: Tensor,
  residual: Tensor,
  weight: Tensor,
  { eps, dtype }: NormOptions,
): [sum: Tensor, y: Tensor] {
  return aten("moebius::add_rms_norm", x, residual, weight, eps, dtype);
}

/** Combines the experts' results, adds them to `residual` [..., C] in its dtype; returns the sum and its norm. */
export function plainCombineRmsNorm(
  experts: ExpertRows,
  residual: Tensor,
  weight: Tensor,
  options: NormOptions,
): [sum: Tensor, y: Tensor] {
  const combined = plainMoeCombine(experts, residual.dtype);
  return plainAddRmsNorm(
    combined.view(...residual.shape),
    residual,
    weight,
    options,
  );
}

/** {@linkcode plainCombineRmsNorm} as one operator; on a GPU the combined result is not stored separately. */
export function fusedCombineRmsNorm(
  { y_MC, weights_NK, rows: { row_NK } }: ExpertRows,
  residual: Tensor,
  weight: Tensor,
  { eps, dtype }: NormOptions,
): [sum: Tensor, y: Tensor] {
  return aten(
    "moebius::combine_rms_norm",
    y_MC,
    weights_NK,
    row_NK,
    residual,
    weight,
    eps,
    dtype,
  );
}

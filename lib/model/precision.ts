/**
 * LitGPT's precisions, each as two dtypes: that of the weights and that of matrix products.
 *
 * @module
 */

import type { DType, Tensor } from "../../ffi/mod.ts";

/** A precision, under LitGPT's name. */
export type Precision = "32-true" | "bf16-mixed" | "bf16-true";

/** The dtypes that a precision means for a model. */
export interface Dtypes {
  /** Dtype of weights, gradients, optimizer state and the residual stream. */
  readonly weights: DType;
  /** Dtype of the operands of matrix products and attention. */
  readonly compute: DType;
}

const DTYPES: Record<Precision, Dtypes> = {
  "32-true": { weights: "float32", compute: "float32" },
  "bf16-mixed": { weights: "float32", compute: "bfloat16" },
  "bf16-true": { weights: "bfloat16", compute: "bfloat16" },
};

/** The dtypes of a precision. */
export function dtypesOf(precision: Precision): Dtypes {
  return DTYPES[precision];
}

/** The tensor in another dtype; the tensor itself if it already has that dtype. */
export function cast(tensor: Tensor, dtype: DType): Tensor {
  return tensor.dtype === dtype ? tensor : tensor.to(dtype);
}

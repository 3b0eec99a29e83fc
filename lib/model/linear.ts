/**
 * Layers of weights, and the normalisation between them.
 *
 * @module
 */

import type { DType, Tensor } from "../../ffi/mod.ts";
import { cast } from "./precision.ts";

/** `x @ weight.t() + bias`. */
export class Linear {
  /** [out, in] */
  readonly weight: Tensor;
  /** [out] */
  readonly bias: Tensor | null;

  /** Takes weights that somebody else owns. */
  constructor(weight: Tensor, bias: Tensor | null) {
    this.weight = weight;
    this.bias = bias;
  }

  /** [..., in] to [..., out], multiplied and returned in `compute`. */
  forward(x: Tensor, compute: DType): Tensor {
    const bias = this.bias === null ? null : cast(this.bias, compute);
    return cast(x, compute).linear(cast(this.weight, compute), bias);
  }
}

/** Root mean square normalisation (Zhang and Sennrich 2019), in float32 whatever the input is. */
export class RMSNorm {
  /** [size] */
  readonly weight: Tensor;
  /** Added to the mean square. */
  readonly eps: number;

  /** Takes a weight that somebody else owns. */
  constructor(weight: Tensor, eps: number) {
    this.weight = weight;
    this.eps = eps;
  }

  /** [..., size] to the same shape and dtype. */
  forward(x: Tensor): Tensor {
    const wide = cast(x, "float32");
    const scale = wide.mul(wide).mean(-1, true).add(this.eps).rsqrt();
    const y = wide.mul(scale).mul(cast(this.weight, "float32"));
    return cast(y, x.dtype);
  }
}

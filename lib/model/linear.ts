/**
 * Linear layers and RMS normalisation.
 *
 * @module
 */

import { type DType, Tensor } from "../../ffi/mod.ts";
import type { OperatorTable } from "../operators/mod.ts";
import type { Parameter } from "./parameter.ts";
import { cast } from "./precision.ts";
import type { Residual } from "./residual.ts";

/** `x @ weight.t() + bias`. */
export class Linear {
  readonly #weight: Parameter;
  readonly #bias: Parameter | null;
  readonly #operators: OperatorTable;

  /** Takes weights without owning them. */
  constructor(
    weight: Parameter,
    bias: Parameter | null,
    operators: OperatorTable,
  ) {
    this.#weight = weight;
    this.#bias = bias;
    this.#operators = operators;
  }

  /** [out, in] */
  get weight(): Tensor {
    return this.#weight.compute;
  }

  /** [out] */
  get bias(): Tensor | null {
    return this.#bias?.compute ?? null;
  }

  /** [..., in] to [..., out], computed and returned in `compute`. */
  forward(x: Tensor, compute: DType): Tensor {
    const { weight, bias } = this;
    return this.#operators.linear(cast(x, compute), {
      weight: cast(weight, compute),
      bias: bias === null ? null : cast(bias, compute),
      weightSum: this.#weight.sum,
    });
  }
}

/** Root mean square normalisation (Zhang and Sennrich 2019), computed in float32 for every input dtype. */
export class RMSNorm {
  /** [size] */
  readonly weight: Tensor;
  /** Added to the mean square. */
  readonly eps: number;
  readonly #operators: OperatorTable;

  /** Takes a weight without owning it. */
  constructor(
    weight: Tensor,
    { eps, operators }: { eps: number; operators: OperatorTable },
  ) {
    this.weight = weight;
    this.eps = eps;
    this.#operators = operators;
  }

  /** [..., size] to the same shape, returned in `dtype`. */
  forward(x: Tensor, dtype: DType): Tensor {
    return this.#operators.rmsNorm(x, this.weight, { eps: this.eps, dtype });
  }

  /** Returns the stream as one tensor, and its norm in `dtype`. */
  forwardResidual(
    { sum, pending }: Residual,
    dtype: DType,
  ): [sum: Tensor, y: Tensor] {
    if (pending === null) return [sum, this.forward(sum, dtype)];
    const { addRmsNorm, combineRmsNorm } = this.#operators;
    const options = { eps: this.eps, dtype };
    return pending instanceof Tensor
      ? addRmsNorm(pending, sum, this.weight, options)
      : combineRmsNorm(pending, sum, this.weight, options);
  }
}

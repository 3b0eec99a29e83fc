/**
 * Layers of weights, and the normalisation between them.
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

  /** Takes weights that somebody else owns. */
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

  /** [..., in] to [..., out], multiplied and returned in `compute`. */
  forward(x: Tensor, compute: DType): Tensor {
    const { weight, bias } = this;
    return this.#operators.linear(cast(x, compute), {
      weight: cast(weight, compute),
      bias: bias === null ? null : cast(bias, compute),
      weightSum: this.#weight.sum,
    });
  }
}

/** Root mean square normalisation (Zhang and Sennrich 2019), in float32 whatever the input is. */
export class RMSNorm {
  /** [size] */
  readonly weight: Tensor;
  /** Added to the mean square. */
  readonly eps: number;
  readonly #operators: OperatorTable;

  /** Takes a weight that somebody else owns. */
  constructor(
    weight: Tensor,
    { eps, operators }: { eps: number; operators: OperatorTable },
  ) {
    this.weight = weight;
    this.eps = eps;
    this.#operators = operators;
  }

  /** [..., size] to the same shape, in `dtype`. */
  forward(x: Tensor, dtype: DType): Tensor {
    return this.#operators.rmsNorm(x, this.weight, { eps: this.eps, dtype });
  }

  /** The stream as one tensor, and its norm in `dtype`. */
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

/**
 * A trained weight, its copy in the dtype of matrix products, and its gradient.
 *
 * @module
 */

import {
  aten,
  type DType,
  empty,
  keep,
  noGrad,
  type Tensor,
} from "../../ffi/mod.ts";

/**
 * A weight. If matrix products use another dtype than weights are kept in, layers read a copy in that dtype, so
 * that no pass converts the weight, and the gradient has the copy's dtype.
 */
export class Parameter {
  /** Its name in the model. */
  readonly name: string;
  /** The weight that the optimizer updates and a checkpoint stores. */
  readonly tensor: Tensor;
  /** The leaf that layers compute with, which requires grad: the weight itself, or its copy. */
  readonly compute: Tensor;
  #version = -1;
  #sum: Tensor | undefined;
  #isSumming = false;

  /** Takes a weight without owning it, and creates (and owns) the copy if one is needed. */
  constructor(name: string, tensor: Tensor, computeDtype: DType) {
    const { dtype, device, shape } = tensor;
    this.name = name;
    this.tensor = tensor;
    this.compute = dtype === computeDtype
      ? tensor
      : keep(empty(shape, { dtype: computeDtype, device }));
    this.compute.requiresGrad = true;
  }

  /** The copy, or null if layers compute with the weight itself. */
  get copy(): Tensor | null {
    return this.compute === this.tensor ? null : this.compute;
  }

  /** Updates the copy if the weight was written to since the last update. */
  refresh(): void {
    if (this.copy === null) return;
    const version = aten("_version", this.tensor);
    if (version === this.#version) return;
    this.#version = version;
    noGrad(() => this.copy!.copy_(this.tensor));
  }

  /** Marks the copy as current, after code that wrote both the weight and the copy. */
  markFresh(): void {
    this.#version = aten("_version", this.tensor);
  }

  /** The gradient: the sum of the micro-batches where there is one, else the result of backward. */
  get grad(): Tensor | null {
    return this.sum ?? this.compute.grad;
  }

  /**
   * The sum of the gradients of a step's micro-batches, in the weight's dtype, because bfloat16 would lose small
   * gradients. Null outside such a step. An operator that computes a gradient may add it here directly. Without a
   * copy this is the gradient that autograd accumulates, which exists from the first micro-batch on.
   */
  get sum(): Tensor | null {
    if (!this.#isSumming) return null;
    return this.copy === null ? this.compute.grad : this.#sum!;
  }

  /** Begins a step of several micro-batches. */
  beginSum(): void {
    this.#isSumming = true;
    if (this.copy === null) return;
    const { shape, dtype, device } = this.tensor;
    this.#sum ??= keep(empty(shape, { dtype, device }));
    this.#sum.zero_();
  }

  /** Ends a micro-batch: adds the gradient that backward accumulated in the copy to the sum. */
  addToSum(): void {
    const { grad } = this.compute;
    if (!this.#isSumming || this.copy === null || grad === null) return;
    this.#sum!.add_(grad);
    this.compute.grad = null;
  }

  /** Drops the gradient. */
  zeroGrad(): void {
    this.#isSumming = false;
    this.compute.grad = null;
  }

  /** Frees the copy and the sum, but not the weight. */
  [Symbol.dispose](): void {
    this.copy?.dispose();
    this.#sum?.dispose();
  }
}

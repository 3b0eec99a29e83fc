/**
 * A trained weight: what the optimizer updates, what layers compute with, and the gradient between them.
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
 * A weight. Where matrices are multiplied in another dtype than weights are kept in, layers read a copy in that
 * dtype, so that no pass converts the weight and its gradient is as small as the copy.
 */
export class Parameter {
  /** Where it is in the model. */
  readonly name: string;
  /** The weight: what the optimizer updates and a checkpoint holds. */
  readonly tensor: Tensor;
  /** What layers compute with, a leaf that requires grad: the weight itself, or its copy. */
  readonly compute: Tensor;
  #version = -1;
  #sum: Tensor | undefined;
  #isSumming = false;

  /** Takes a weight that is owned by somebody else; a copy is its own. */
  constructor(name: string, tensor: Tensor, computeDtype: DType) {
    const { dtype, device, shape } = tensor;
    this.name = name;
    this.tensor = tensor;
    this.compute = dtype === computeDtype
      ? tensor
      : keep(empty(shape, { dtype: computeDtype, device }));
    this.compute.requiresGrad = true;
  }

  /** The copy, if there is one. */
  get copy(): Tensor | null {
    return this.compute === this.tensor ? null : this.compute;
  }

  /** Brings the copy up to date, if the weight was written to since it last was. */
  refresh(): void {
    if (this.copy === null) return;
    const version = aten("_version", this.tensor);
    if (version === this.#version) return;
    this.#version = version;
    noGrad(() => this.copy!.copy_(this.tensor));
  }

  /** Says that whoever wrote the weight wrote the copy too. */
  markFresh(): void {
    this.#version = aten("_version", this.tensor);
  }

  /** The gradient: what backward left, or the sum of what it left. */
  get grad(): Tensor | null {
    return this.sum ?? this.compute.grad;
  }

  /**
   * The sum of the gradients of a step's micro-batches, in the weight's dtype: in bfloat16 the small ones would be
   * lost. Null outside such a step. An operator that computes a gradient may add it here itself. Where there is
   * no copy it is autograd's own sum, which the first micro-batch makes.
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

  /** Ends a micro-batch: adds to the sum what backward left elsewhere. */
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

/**
 * Common operators, as methods with PyTorch's names and meaning.
 *
 * @module
 */

import { aten } from "./call.ts";
import { type Device, type DType, DTYPES } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** The operators of {@linkcode Tensor}, which adds properties and memory. */
export abstract class TensorOperators {
  /** Elementwise sum; shapes broadcast. `alpha` multiplies `other`. */
  add(this: Tensor, other: Tensor | number, alpha = 1): Tensor {
    return aten("add.Tensor", this, other, { alpha });
  }

  /** Adds to this tensor in place. */
  add_(this: Tensor, other: Tensor | number, alpha = 1): Tensor {
    aten("add_.Tensor", this, other, { alpha });
    return this;
  }

  /** Elementwise difference. */
  sub(this: Tensor, other: Tensor | number): Tensor {
    return aten("sub.Tensor", this, other);
  }

  /** Elementwise product. */
  mul(this: Tensor, other: Tensor | number): Tensor {
    return aten("mul.Tensor", this, other);
  }

  /** Multiplies this tensor in place. */
  mul_(this: Tensor, other: Tensor | number): Tensor {
    aten("mul_.Tensor", this, other);
    return this;
  }

  /** Elementwise quotient. */
  div(this: Tensor, other: Tensor | number): Tensor {
    return aten("div.Tensor", this, other);
  }

  /** Elementwise power. */
  pow(this: Tensor, exponent: number): Tensor {
    return aten("pow.Tensor_Scalar", this, exponent);
  }

  /** Elementwise square. */
  square(this: Tensor): Tensor {
    return aten("square", this);
  }

  /** Elementwise square root. */
  sqrt(this: Tensor): Tensor {
    return aten("sqrt", this);
  }

  /** Elementwise reciprocal of the square root. */
  rsqrt(this: Tensor): Tensor {
    return aten("rsqrt", this);
  }

  /** Elementwise exponential. */
  exp(this: Tensor): Tensor {
    return aten("exp", this);
  }

  /** Elementwise natural logarithm. */
  log(this: Tensor): Tensor {
    return aten("log", this);
  }

  /** Elementwise negation. */
  neg(this: Tensor): Tensor {
    return aten("neg", this);
  }

  /** Elementwise absolute value. */
  abs(this: Tensor): Tensor {
    return aten("abs", this);
  }

  /** Elementwise `x * sigmoid(x)`. */
  silu(this: Tensor): Tensor {
    return aten("silu", this);
  }

  /** Elementwise logistic function. */
  sigmoid(this: Tensor): Tensor {
    return aten("sigmoid", this);
  }

  /** Elementwise `a == b`, as bool. */
  eq(this: Tensor, other: Tensor | number): Tensor {
    return aten("eq.Tensor", this, other);
  }

  /** Limits each element to a range. */
  clamp(this: Tensor, min: number | null, max: number | null = null): Tensor {
    return aten("clamp", this, min, max);
  }

  /** Softmax along a dimension, computed in `dtype`. */
  softmax(this: Tensor, dim: number, dtype: DType | null = null): Tensor {
    return aten("softmax.int", this, dim, dtype);
  }

  /** Matrix product, batched over leading dimensions. */
  matmul(this: Tensor, other: Tensor): Tensor {
    return aten("matmul", this, other);
  }

  /** `this @ weight.t() + bias`, with weight of shape [out, in]. */
  linear(this: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
    return aten("linear", this, weight, bias);
  }

  /** Sum over dimensions, or over all of them. */
  sum(
    this: Tensor,
    dim: number | number[] | null = null,
    keepdim = false,
  ): Tensor {
    return aten("sum.dim_IntList", this, dim, keepdim);
  }

  /** Mean over dimensions, or over all of them. */
  mean(
    this: Tensor,
    dim: number | number[] | null = null,
    keepdim = false,
  ): Tensor {
    return aten("mean.dim", this, dim, keepdim);
  }

  /** The largest element. */
  max(this: Tensor): Tensor {
    return aten("max", this);
  }

  /** The smallest element. */
  min(this: Tensor): Tensor {
    return aten("min", this);
  }

  /** Index of the largest element along a dimension, or of all elements. */
  argmax(this: Tensor, dim: number | null = null): Tensor {
    return aten("argmax", this, dim);
  }

  /** The `k` largest elements along a dimension, sorted, and their indices. */
  topk(this: Tensor, k: number, dim = -1): [values: Tensor, indices: Tensor] {
    return aten("topk", this, k, dim);
  }

  /** Running sum along a dimension. */
  cumsum(this: Tensor, dim: number): Tensor {
    return aten("cumsum", this, dim);
  }

  /** The same elements under another shape; one size may be -1. */
  view(this: Tensor, ...shape: number[]): Tensor {
    return aten("view", this, shape);
  }

  /** Like `view`, but copies if the memory layout requires it. */
  reshape(this: Tensor, ...shape: number[]): Tensor {
    return aten("reshape", this, shape);
  }

  /** Swaps two dimensions. */
  transpose(this: Tensor, first: number, second: number): Tensor {
    return aten("transpose.int", this, first, second);
  }

  /** The transpose of a matrix. */
  t(this: Tensor): Tensor {
    return aten("t", this);
  }

  /** Reorders dimensions. */
  permute(this: Tensor, ...dims: number[]): Tensor {
    return aten("permute", this, dims);
  }

  /** Repeats dimensions of size 1 without copying; -1 leaves a size as it is. */
  expand(this: Tensor, ...shape: number[]): Tensor {
    return aten("expand", this, shape);
  }

  /** Inserts a dimension of size 1. */
  unsqueeze(this: Tensor, dim: number): Tensor {
    return aten("unsqueeze", this, dim);
  }

  /** Removes a dimension of size 1. */
  squeeze(this: Tensor, dim: number): Tensor {
    return aten("squeeze.dim", this, dim);
  }

  /** Merges the dimensions from `start` to `end`. */
  flatten(this: Tensor, start = 0, end = -1): Tensor {
    return aten("flatten.using_ints", this, start, end);
  }

  /** A view of `length` indices of a dimension, from `start`. */
  narrow(this: Tensor, dim: number, start: number, length: number): Tensor {
    return aten("narrow", this, dim, start, length);
  }

  /** A view of one index of a dimension, without that dimension. */
  select(this: Tensor, dim: number, index: number): Tensor {
    return aten("select.int", this, dim, index);
  }

  /** Views of consecutive pieces of a dimension, with the given sizes. */
  split<const Sizes extends readonly number[]>(
    this: Tensor,
    sizes: Sizes,
    dim: number,
  ): { -readonly [Index in keyof Sizes]: Tensor } {
    return aten("split_with_sizes", this, sizes, dim) as {
      -readonly [Index in keyof Sizes]: Tensor;
    };
  }

  /** Views of at most `count` equal pieces of a dimension; the last may be shorter. */
  chunk(this: Tensor, count: number, dim: number): Tensor[] {
    return aten("chunk", this, count, dim);
  }

  /** Copies of the given indices of a dimension. */
  indexSelect(this: Tensor, dim: number, index: Tensor): Tensor {
    return aten("index_select", this, dim, index);
  }

  /** Elements at the indices along a dimension. */
  gather(this: Tensor, dim: number, index: Tensor): Tensor {
    return aten("gather", this, dim, index);
  }

  /** The same values in another dtype or on another device; the tensor itself if nothing changes. */
  to(this: Tensor, target: DType | Device): Tensor {
    return aten(
      "to.dtype_layout",
      this,
      isDType(target) ? { dtype: target } : { device: target },
    );
  }

  /** The same values in row-major order; the tensor itself if they already are. */
  contiguous(this: Tensor): Tensor {
    return aten("contiguous", this);
  }

  /** A copy. */
  clone(this: Tensor): Tensor {
    return aten("clone", this);
  }

  /** The same elements, not tracked by autograd. */
  detach(this: Tensor): Tensor {
    return aten("detach", this);
  }

  /** Copies the values of another tensor into this one, converting dtype and device. */
  copy_(this: Tensor, source: Tensor): Tensor {
    aten("copy_", this, source);
    return this;
  }

  /** Sets all elements. */
  fill_(this: Tensor, value: number): Tensor {
    aten("fill_.Scalar", this, value);
    return this;
  }

  /** Sets all elements to zero. */
  zero_(this: Tensor): Tensor {
    aten("zero_", this);
    return this;
  }

  /** Draws all elements from a normal distribution. */
  normal_(this: Tensor, mean = 0, std = 1): Tensor {
    aten("normal_", this, mean, std);
    return this;
  }
}

function isDType(text: string): text is DType {
  return (DTYPES as readonly string[]).includes(text);
}

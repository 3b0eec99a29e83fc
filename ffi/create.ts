/**
 * Creates tensors.
 *
 * @module
 */

import { aten } from "./call.ts";
import {
  type Device,
  deviceNumbers,
  type DType,
  dtypeNumber,
  dtypeOf,
  type TypedArray,
} from "./dtype.ts";
import { checkHandle, native } from "./library.ts";
import { Tensor } from "./tensor.ts";

/** Options of functions that create tensors. */
export interface TensorOptions {
  /** Element type. Default: that of the data, or float32. */
  dtype?: DType;
  /** Device of the tensor. Default: the CPU. */
  device?: Device;
}

/** Numbers nested to any depth. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** The data of {@linkcode tensor}. */
export type TensorData = NestedNumbers | TypedArray;

/**
 * Creates a tensor of given numbers. Nested arrays become float32 in the shape of their nesting; a typed array
 * keeps its element type (a `Uint8Array` becomes uint8) and has one dimension, unless `dtype` or `shape` is given.
 *
 * @example
 * ```ts
 * import { tensor } from "moebius";
 *
 * tensor([[1, 2], [3, 4]]); // float32[2, 2]
 * tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2], dtype: "int64" });
 * ```
 *
 * @throws {TypeError} if rows differ in length, or no dtype fits the typed array.
 * @throws {TorchError} if the number of elements does not match `shape`.
 */
export function tensor(
  data: TensorData,
  options: TensorOptions & { shape?: readonly number[] } = {},
): Tensor {
  const { device = "cpu" } = options;
  const array = ArrayBuffer.isView(data) ? data : undefined;
  const found = array === undefined
    ? shapeOf(data as NestedNumbers)
    : [array.length];
  const source = array ??
    Float64Array.from(flatten(data as NestedNumbers, found));
  const given = fromTypedArray(source, options.shape ?? found, device);
  const dtype = options.dtype ?? (array === undefined ? "float32" : undefined);
  if (dtype === undefined || dtype === given.dtype) return given;
  const converted = given.to(dtype);
  given.dispose();
  return converted;
}

function fromTypedArray(
  array: TypedArray,
  shape: readonly number[],
  device: Device,
): Tensor {
  const { symbols, error } = native();
  const [kind, index] = deviceNumbers(device);
  return new Tensor(checkHandle(symbols.moe_tensor_from_bytes(
    array,
    BigInt(array.byteLength),
    BigInt64Array.from(shape, BigInt),
    shape.length,
    dtypeNumber(dtypeOf(array)),
    kind,
    index,
    error.bytes,
  )));
}

function shapeOf(data: NestedNumbers): number[] {
  if (!Array.isArray(data)) return [];
  return [data.length, ...(data.length > 0 ? shapeOf(data[0]) : [])];
}

function flatten(data: NestedNumbers, [size, ...rest]: number[]): number[] {
  if ((Array.isArray(data) ? data.length : undefined) !== size) {
    throw new TypeError("Cannot make a tensor: its rows differ in length");
  }
  if (!Array.isArray(data)) return [Number(data)];
  return data.flatMap((row) => flatten(row, rest));
}

/** A tensor with uninitialised elements. */
export function empty(
  shape: readonly number[],
  options: TensorOptions = {},
): Tensor {
  return aten("empty.memory_format", shape, options);
}

/** A tensor of zeros. */
export function zeros(
  shape: readonly number[],
  options: TensorOptions = {},
): Tensor {
  return aten("zeros", shape, options);
}

/** A tensor of ones. */
export function ones(
  shape: readonly number[],
  options: TensorOptions = {},
): Tensor {
  return aten("ones", shape, options);
}

/** A tensor filled with one number. The dtype is float32 by default, for every number. */
export function full(
  shape: readonly number[],
  value: number,
  options: TensorOptions = {},
): Tensor {
  return aten("full", shape, value, { dtype: "float32", ...options });
}

/** `start`, `start + step`, ... below `end`. Default dtype: int64 if all three are integers. */
export function arange(
  start: number,
  end: number,
  options: TensorOptions & { step?: number } = {},
): Tensor {
  const { step = 1, ...place } = options;
  const whole = [start, end, step].every(Number.isInteger);
  return aten("arange.start_step", start, end, step, {
    dtype: whole ? "int64" : "float32",
    ...place,
  });
}

/** Draws from a normal distribution of mean 0 and variance 1. */
export function randn(
  shape: readonly number[],
  options: TensorOptions = {},
): Tensor {
  return aten("randn", shape, options);
}

/** Draws from the uniform distribution on [0, 1). */
export function rand(
  shape: readonly number[],
  options: TensorOptions = {},
): Tensor {
  return aten("rand", shape, options);
}

/** Joins tensors along a dimension. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return aten("cat", tensors, dim);
}

/** Joins tensors along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return aten("stack", tensors, dim);
}

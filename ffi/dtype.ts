/**
 * Element types and devices, under PyTorch's names.
 *
 * @module
 */

/** The typed arrays that tensors can be created from and read into. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Float16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** All element types, in the order of `enum moe_dtype` in `shim/moebius.h`. */
export const DTYPES = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "bool",
] as const;

/** An element type, named as in PyTorch. */
export type DType = typeof DTYPES[number];

/** The device of a tensor: `"cpu"`, `"cuda"` (the first) or `"cuda:1"`. */
export type Device = "cpu" | "cuda" | `cuda:${number}`;

interface Layout {
  bytes: number;
  array: (buffer: ArrayBuffer) => TypedArray;
}

const LAYOUTS: Record<DType, Layout> = {
  float32: { bytes: 4, array: (buffer) => new Float32Array(buffer) },
  float64: { bytes: 8, array: (buffer) => new Float64Array(buffer) },
  float16: { bytes: 2, array: (buffer) => new Float16Array(buffer) },
  // JavaScript has no bfloat16 arrays: these hold the bits.
  bfloat16: { bytes: 2, array: (buffer) => new Uint16Array(buffer) },
  int8: { bytes: 1, array: (buffer) => new Int8Array(buffer) },
  int16: { bytes: 2, array: (buffer) => new Int16Array(buffer) },
  int32: { bytes: 4, array: (buffer) => new Int32Array(buffer) },
  int64: { bytes: 8, array: (buffer) => new BigInt64Array(buffer) },
  uint8: { bytes: 1, array: (buffer) => new Uint8Array(buffer) },
  uint16: { bytes: 2, array: (buffer) => new Uint16Array(buffer) },
  uint32: { bytes: 4, array: (buffer) => new Uint32Array(buffer) },
  bool: { bytes: 1, array: (buffer) => new Uint8Array(buffer) },
};

/** Bytes of one element. */
export function elementSize(dtype: DType): number {
  return LAYOUTS[dtype].bytes;
}

/** A typed array over a buffer; bfloat16 as its bits and bool as bytes. */
export function typedArray(dtype: DType, buffer: ArrayBuffer): TypedArray {
  return LAYOUTS[dtype].array(buffer);
}

/** The dtype of a typed array's elements. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Float16Array) return "float16";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Int16Array) return "int16";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof BigInt64Array) return "int64";
  if (array instanceof Uint16Array) return "uint16";
  if (array instanceof Uint32Array) return "uint32";
  if (array instanceof Uint8Array) return "uint8";
  const name = Object.getPrototypeOf(array).constructor.name;
  throw new TypeError(`Cannot make a tensor of a ${name}: no dtype fits it`);
}

/** The number of a dtype in `enum moe_dtype`. */
export function dtypeNumber(dtype: DType): number {
  const number = DTYPES.indexOf(dtype);
  if (number < 0) {
    throw new TypeError(
      `Unknown dtype "${dtype}": expected one of ${DTYPES.join(", ")}`,
    );
  }
  return number;
}

/** The kind of a device in `enum moe_device`, and its index. */
export function deviceNumbers(device: Device): [kind: number, index: number] {
  if (device === "cpu") return [0, 0];
  const match = /^cuda(?::(\d+))?$/.exec(device);
  if (match === null) {
    throw new TypeError(
      `Unknown device "${device}": expected "cpu", "cuda" or "cuda:N"`,
    );
  }
  return [1, Number(match[1] ?? 0)];
}

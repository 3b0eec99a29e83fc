/**
 * Tensors that lie in files: cut and joined without being read.
 *
 * Every format here keeps matrices row by row, so that the queries, keys and
 * values of one matrix are three ranges of bytes, and one matrix of three is
 * their ranges one after the other.
 *
 * @module
 */

import {
  type SafetensorsDtype,
  tensorByteLength,
} from "../checkpoint/safetensors_dtypes.ts";
import { readInto } from "../files/read.ts";

/** A range of bytes of a file. */
export interface Extent {
  /** The file. */
  readonly path: string;
  /** The first byte. */
  readonly offset: number;
  /** How many. */
  readonly byteLength: number;
}

/** A tensor whose elements lie in files, little-endian and row by row. */
export interface StoredTensor {
  /** Element type. */
  readonly dtype: SafetensorsDtype;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Where the elements are, in order. */
  readonly extents: readonly Extent[];
}

/** Bytes compared at a time. */
const PIECE_BYTES = 1 << 20;

/** Bytes of a tensor. */
export function byteLengthOf({ extents }: StoredTensor): number {
  return extents.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/**
 * Some rows of a tensor.
 *
 * @throws {RangeError} If it has not so many, or no rows at all.
 */
export function takeRows(
  tensor: StoredTensor,
  start: number,
  count: number,
): StoredTensor {
  const [rows, ...rest] = tensor.shape;
  if (rows === undefined || start < 0 || start + count > rows) {
    throw new RangeError(
      `Cannot take rows ${start} to ${start + count} of a tensor of shape [${
        tensor.shape.join(", ")
      }]`,
    );
  }
  const rowBytes = tensorByteLength(tensor.dtype, rest) ?? NaN;
  return {
    dtype: tensor.dtype,
    shape: [count, ...rest],
    extents: cut(tensor.extents, start * rowBytes, count * rowBytes),
  };
}

/**
 * Tensors one below the other.
 *
 * @throws {TypeError} If they differ in dtype or in the sizes of a row.
 */
export function joinRows(tensors: readonly StoredTensor[]): StoredTensor {
  const [first] = tensors;
  if (first === undefined) throw new TypeError("Cannot join no tensors");
  const [, ...rest] = first.shape;
  for (const { dtype, shape } of tensors) {
    if (dtype === first.dtype && shape.slice(1).join() === rest.join()) {
      continue;
    }
    throw new TypeError(
      `Cannot join ${describeTensor(first)} with ${
        describeTensor({ dtype, shape })
      }`,
    );
  }
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return {
    dtype: first.dtype,
    shape: [rows, ...rest],
    extents: tensors.flatMap(({ extents }) => extents),
  };
}

/** `F32 [2, 3]`. */
export function describeTensor(
  { dtype, shape }: Pick<StoredTensor, "dtype" | "shape">,
): string {
  return `${dtype} [${shape.join(", ")}]`;
}

/**
 * Reads all elements.
 *
 * @throws {Error} If a file has become shorter, or cannot be read.
 */
export async function readStored(
  tensor: StoredTensor,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteLengthOf(tensor));
  let begin = 0;
  for (const extent of tensor.extents) {
    await readExtent(extent, bytes.subarray(begin, begin + extent.byteLength));
    begin += extent.byteLength;
  }
  return bytes;
}

/** Whether two tensors are the same in dtype, shape and every bit. */
export async function equalStored(
  left: StoredTensor,
  right: StoredTensor,
): Promise<boolean> {
  if (describeTensor(left) !== describeTensor(right)) return false;
  const total = byteLengthOf(left);
  for (let begin = 0; begin < total; begin += PIECE_BYTES) {
    const count = Math.min(PIECE_BYTES, total - begin);
    const [a, b] = await Promise.all(
      [left, right].map((tensor) =>
        readStored({ ...tensor, extents: cut(tensor.extents, begin, count) })
      ),
    );
    if (!a!.every((byte, index) => byte === b![index])) return false;
  }
  return true;
}

/** The part of some ranges that begins after `start` bytes of them. */
function cut(
  extents: readonly Extent[],
  start: number,
  count: number,
): Extent[] {
  const parts: Extent[] = [];
  let before = 0;
  for (const { path, offset, byteLength } of extents) {
    const from = Math.max(start - before, 0);
    const to = Math.min(start + count - before, byteLength);
    if (from < to) {
      parts.push({ path, offset: offset + from, byteLength: to - from });
    }
    before += byteLength;
  }
  return parts;
}

async function readExtent(
  { path, offset }: Extent,
  into: Uint8Array,
): Promise<void> {
  using file = await Deno.open(path, { read: true });
  const missing = into.byteLength - await readInto(file, into, offset);
  if (missing === 0) return;
  throw new RangeError(
    `Cannot read ${path}: it ends ${missing} bytes too early; it became shorter while it was read`,
  );
}

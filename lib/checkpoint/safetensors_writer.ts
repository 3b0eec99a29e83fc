/**
 * Writing safetensors files: laid out byte for byte as the reference
 * implementation does, streamed from the tensors' own memory, hashed on the
 * way.
 */

import {
  createHashedFile,
  diskFileSystem,
  type DurableFileSystem,
  type FileDigest,
  type FileSink,
  replaceFile,
} from "../files/atomic.ts";
import { MAX_HEADER_BYTES } from "./safetensors.ts";
import {
  isDtype,
  SAFETENSORS_DTYPES,
  type SafetensorsDtype,
  tensorByteLength,
} from "./safetensors_dtypes.ts";

/** A tensor to be written. */
export interface TensorToWrite {
  /** Its name, unique in the file. */
  name: string;
  /** Element type. */
  dtype: SafetensorsDtype;
  /** Sizes, row-major; empty for a scalar. */
  shape: readonly number[];
  /**
   * Its bytes, little-endian and row-major, or a function that gives them. The
   * function is called once, when the tensor's turn comes, and its result is
   * let go before the next tensor's function is called.
   */
  bytes: Uint8Array | (() => Uint8Array | Promise<Uint8Array>);
}

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /** The `__metadata__` texts. */
  metadata?: Record<string, string>;
  /** How the disk is changed. Default: the real one. */
  fs?: DurableFileSystem;
}

/** Header and order of a file that is about to be written. */
export interface SafetensorsLayout {
  /** Everything that comes before the tensor data. */
  head: Uint8Array;
  /** The tensors in the order in which they lie in the file. */
  tensors: TensorToWrite[];
  /** Bytes of the whole file. */
  fileBytes: number;
}

/**
 * Writes tensors to a safetensors file and returns its size and SHA-256.
 *
 * Given a path, the file appears under it only when it is complete and synced;
 * a file that was there before is replaced. Given an open file, it is written
 * from where that file stands, synced and closed.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "./safetensors_writer.ts";
 *
 * const values = new Float32Array([1, 2, 3, 4, 5, 6]);
 * const bytes = new Uint8Array(values.buffer);
 * await writeSafetensors("/tmp/moebius.safetensors", [
 *   { name: "weight", dtype: "F32", shape: [2, 3], bytes },
 * ], { metadata: { format: "pt" } });
 * ```
 *
 * @throws {TypeError} If a name is given twice or a dtype is unknown.
 * @throws {RangeError} If bytes do not fit dtype and shape.
 * @throws {StorageError} If the file cannot be written.
 */
export async function writeSafetensors(
  target: string | FileSink,
  tensors: Iterable<TensorToWrite>,
  options: WriteSafetensorsOptions = {},
): Promise<FileDigest> {
  const { metadata, fs = diskFileSystem } = options;
  const layout = layoutSafetensors(tensors, metadata);
  if (typeof target !== "string") return await writeLayout(target, layout);
  return await replaceFile(
    target,
    (temporary) => writeLayout(temporary, layout, { fs, path: target }),
    { fs },
  );
}

/**
 * Orders tensors (widest dtype first, so that all are aligned, then by name)
 * and builds the header.
 *
 * @throws {TypeError} If a name is given twice or a dtype is unknown.
 * @throws {RangeError} If bytes do not fit dtype and shape, or the header is
 * too long for the format.
 */
export function layoutSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata?: Record<string, string>,
): SafetensorsLayout {
  const ordered = [...tensors].map(checkTensor).sort(compareTensors);
  const fields: string[] = [];
  if (metadata !== undefined) {
    for (const text of Object.entries(metadata).flat()) {
      if (!text.isWellFormed()) {
        throw new TypeError(
          `Cannot write safetensors metadata: "${text}" is not Unicode text`,
        );
      }
    }
    fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  }
  let end = 0;
  const names = new Set<string>();
  for (const { tensor: { name, dtype, shape }, byteLength } of ordered) {
    if (names.has(name)) throw unwritable(name, "the name is given twice");
    names.add(name);
    const begin = end;
    end += byteLength;
    const info = { dtype, shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
  }
  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerBytes = Math.ceil(header.byteLength / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write ${ordered.length} tensors as safetensors: the header ` +
        `needs ${headerBytes} bytes, and ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const head = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(header, 8);
  return {
    head,
    tensors: ordered.map(({ tensor }) => tensor),
    fileBytes: head.byteLength + end,
  };
}

/** Writes a layout to a new file or an open one, then syncs and closes it. */
export async function writeLayout(
  target: string | FileSink,
  layout: SafetensorsLayout,
  options: { fs?: DurableFileSystem; path?: string } = {},
): Promise<FileDigest> {
  const expectedBytes = layout.fileBytes;
  using file = await createHashedFile(target, { ...options, expectedBytes });
  await file.write(layout.head);
  for (const { name, dtype, shape, bytes: source } of layout.tensors) {
    const bytes = typeof source === "function" ? await source() : source;
    checkByteLength(name, bytes, tensorByteLength(dtype, shape) ?? NaN);
    await file.write(bytes);
  }
  return await file.finish();
}

interface CheckedTensor {
  tensor: TensorToWrite;
  nameBytes: Uint8Array;
  byteLength: number;
}

function checkTensor(tensor: TensorToWrite): CheckedTensor {
  const { name, dtype, shape, bytes } = tensor;
  if (name === "__metadata__" || !name.isWellFormed()) {
    throw unwritable(name, "the format does not allow this name");
  }
  if (!isDtype(dtype)) {
    throw unwritable(name, `the dtype ${dtype} is unknown`);
  }
  const isShape = shape.every((size) =>
    Number.isSafeInteger(size) && size >= 0
  );
  const byteLength = isShape ? tensorByteLength(dtype, shape) : undefined;
  if (byteLength === undefined) {
    throw new RangeError(
      `Cannot write tensor ${JSON.stringify(name)}: ${dtype} [${
        shape.join(", ")
      }] is no ` +
        `whole number of bytes`,
    );
  }
  if (typeof bytes !== "function") checkByteLength(name, bytes, byteLength);
  return { tensor, nameBytes: new TextEncoder().encode(name), byteLength };
}

function checkByteLength(name: string, bytes: Uint8Array, expected: number) {
  if (bytes.byteLength === expected) return;
  throw new RangeError(
    `Cannot write tensor ${
      JSON.stringify(name)
    }: it has ${bytes.byteLength} bytes, and its ` +
      `dtype and shape need ${expected}`,
  );
}

function unwritable(name: string, what: string): TypeError {
  return new TypeError(`Cannot write tensor ${JSON.stringify(name)}: ${what}`);
}

/** Descending alignment, then names by their UTF-8 bytes. */
function compareTensors(a: CheckedTensor, b: CheckedTensor): number {
  const rank = ({ tensor }: CheckedTensor) =>
    SAFETENSORS_DTYPES.indexOf(tensor.dtype);
  return rank(b) - rank(a) || compareBytes(a.nameBytes, b.nameBytes);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

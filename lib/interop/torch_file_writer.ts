/**
 * Writes files that `torch.load(weights_only=True, mmap=True)` reads: a zip of
 * stored files, each aligned to 64 bytes, as `torch.save` makes them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { createHashedFile, type FileDigest } from "../files/atomic.ts";
import { tensorByteLength } from "../checkpoint/safetensors_dtypes.ts";
import { type Picklable, pickle } from "./_pickler.ts";

export {
  type Picklable,
  PythonFloat,
  PythonTensor,
  PythonTuple,
} from "./_pickler.ts";

const ALIGNMENT = 64;
/** A number that says: it is in the ZIP64 extra. */
const LARGE = 0xffffffff;
const VERSION = 45;

/** Options of {@linkcode writeTorchFile}. */
export interface WriteTorchFileOptions {
  /** Called as tensors are written, with the bytes of tensors so far. */
  readonly onProgress?: (bytes: number) => void;
  /** From so many bytes on numbers are written as ZIP64. Default: where they must be. */
  readonly zip64From?: number;
}

interface Entry {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Writes a new file; its bytes are on the storage device when this resolves.
 *
 * @param path The file, which must not exist.
 * @param root What `torch.load` will give.
 * @returns Its size and SHA-256.
 * @throws {StorageError} If it cannot be written.
 * @throws {RangeError} If a tensor's bytes do not fit its dtype and shape.
 *
 * @example
 * ```ts ignore
 * const bytes = () => Promise.resolve(new Uint8Array(new Float32Array([1, 2]).buffer));
 * await writeTorchFile("two.pth", { two: new PythonTensor("F32", [2], bytes) });
 * ```
 */
export async function writeTorchFile(
  path: string,
  root: Picklable,
  { onProgress = () => {}, zip64From = LARGE }: WriteTorchFileOptions = {},
): Promise<FileDigest> {
  const { bytes, tensors } = pickle(root);
  using file = await createHashedFile(path);
  const entries: Entry[] = [];
  let at = 0;
  const write = async (bytes: Uint8Array) => {
    await file.write(bytes);
    at += bytes.byteLength;
  };
  const add = async (name: string, content: Uint8Array) => {
    const entry = {
      name: new TextEncoder().encode(`archive/${name}`),
      crc: crc32(content),
      size: content.byteLength,
      offset: at,
    };
    await write(localHeader(entry, zip64From));
    await write(content);
    entries.push(entry);
  };

  await add("data.pkl", bytes);
  await add("byteorder", new TextEncoder().encode("little"));
  let done = 0;
  for (const [key, tensor] of tensors.entries()) {
    const content = await tensor.bytes();
    const { dtype, shape } = tensor;
    const expected = tensorByteLength(dtype, shape);
    if (content.byteLength !== expected) {
      throw new RangeError(
        `Cannot write a tensor ${dtype} [${
          shape.join(", ")
        }]: it has ${content.byteLength} bytes, expected ${expected}`,
      );
    }
    await add(`data/${key}`, content);
    onProgress(done += content.byteLength);
  }
  await add("version", new TextEncoder().encode("3\n"));

  const start = at;
  for (const entry of entries) await write(centralHeader(entry, zip64From));
  const size = at - start;
  await write(endRecords({ count: entries.length, size, start }, zip64From));
  return await file.finish();
}

/** The header in front of a file, as long as it takes for the file to be aligned. */
function localHeader(
  { name, crc, size, offset }: Entry,
  zip64From: number,
): Uint8Array {
  const large = size >= zip64From
    ? extra(1, [BigInt(size), BigInt(size)])
    : new Uint8Array(0);
  const end = offset + 30 + name.length + large.length + 4;
  const padding = (ALIGNMENT - end % ALIGNMENT) % ALIGNMENT;
  // PyTorch's own name for a field that only fills up.
  const filler = new Uint8Array(4 + padding).fill(0x5a);
  new DataView(filler.buffer).setUint16(0, 0x4246, true);
  new DataView(filler.buffer).setUint16(2, padding, true);
  const field = large.length > 0 ? LARGE : size;
  const head = new DataView(new ArrayBuffer(30));
  head.setUint32(0, 0x04034b50, true);
  head.setUint16(4, VERSION, true);
  head.setUint32(14, crc, true);
  head.setUint32(18, field, true);
  head.setUint32(22, field, true);
  head.setUint16(26, name.length, true);
  head.setUint16(28, large.length + filler.length, true);
  return Buffer.concat([new Uint8Array(head.buffer), name, large, filler]);
}

function centralHeader(
  { name, crc, size, offset }: Entry,
  zip64From: number,
): Uint8Array {
  const large: bigint[] = [];
  const field = (value: number, times: number) => {
    if (value < zip64From) return value;
    for (let time = 0; time < times; time++) large.push(BigInt(value));
    return LARGE;
  };
  const sizeField = field(size, 2);
  const offsetField = field(offset, 1);
  const more = large.length > 0 ? extra(1, large) : new Uint8Array(0);
  const head = new DataView(new ArrayBuffer(46));
  head.setUint32(0, 0x02014b50, true);
  head.setUint16(4, VERSION, true);
  head.setUint16(6, VERSION, true);
  head.setUint32(16, crc, true);
  head.setUint32(20, sizeField, true);
  head.setUint32(24, sizeField, true);
  head.setUint16(28, name.length, true);
  head.setUint16(30, more.length, true);
  head.setUint32(42, offsetField, true);
  return Buffer.concat([new Uint8Array(head.buffer), name, more]);
}

function endRecords(
  { count, size, start }: { count: number; size: number; start: number },
  zip64From: number,
): Uint8Array {
  const isLarge = start + size >= zip64From || count >= 0xffff;
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, isLarge ? 0xffff : count, true);
  end.setUint16(10, isLarge ? 0xffff : count, true);
  end.setUint32(12, isLarge ? LARGE : size, true);
  end.setUint32(16, isLarge ? LARGE : start, true);
  if (!isLarge) return new Uint8Array(end.buffer);
  const record = new DataView(new ArrayBuffer(56));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  record.setUint16(12, VERSION, true);
  record.setUint16(14, VERSION, true);
  record.setBigUint64(24, BigInt(count), true);
  record.setBigUint64(32, BigInt(count), true);
  record.setBigUint64(40, BigInt(size), true);
  record.setBigUint64(48, BigInt(start), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(start + size), true);
  locator.setUint32(16, 1, true);
  return Buffer.concat(
    [record, locator, end].map((view) => new Uint8Array(view.buffer)),
  );
}

function extra(id: number, values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 8 * values.length));
  view.setUint16(0, id, true);
  view.setUint16(2, 8 * values.length, true);
  values.forEach((value, index) =>
    view.setBigUint64(4 + 8 * index, value, true)
  );
  return new Uint8Array(view.buffer);
}

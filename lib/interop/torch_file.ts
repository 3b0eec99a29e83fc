/**
 * Files of `torch.save`: a zip of a pickle and of the tensors' bytes, which stay
 * where they are until they are needed.
 *
 * @module
 */

import { tensorByteLength } from "../checkpoint/safetensors_dtypes.ts";
import { readInto } from "../files/read.ts";
import { readZip, type ZipEntry } from "./_zip_reader.ts";
import type { StoredTensor } from "./stored_tensor.ts";
import { PickledTensor, type PickleValue } from "./pickle_values.ts";
import { unpickle } from "./unpickle.ts";

/** Pickles hold names and numbers alone: none that is well meant is larger. */
const MOST_PICKLE_BYTES = 256 * 2 ** 20;

/** A file of `torch.save`, opened. */
export interface TorchFile {
  /** The file. */
  readonly path: string;
  /** The object in it. */
  readonly root: PickleValue;
  /**
   * Where the elements of one of its tensors are.
   *
   * @throws {SyntaxError} If it is no tensor, reaches outside its storage, or
   * does not lie there row by row; `name` is told.
   */
  tensor(value: PickleValue | undefined, name: string): StoredTensor;
}

/**
 * Opens a file of `torch.save`. Nothing in it is executed, and no tensor is
 * read.
 *
 * @param path The file, such as `lit_model.pth` or `pytorch_model.bin`.
 * @returns What is in it.
 * @throws {SyntaxError} If it is damaged or holds anything but tensors and plain
 * containers; the message names what that is.
 *
 * @example
 * ```ts ignore
 * const file = await openTorchFile("checkpoints/mine/lit_model.pth");
 * console.log(file.root);
 * ```
 */
export async function openTorchFile(path: string): Promise<TorchFile> {
  const wrong = (what: string) =>
    new SyntaxError(`Cannot read ${path}: ${what}`);
  await refuseLegacy(path, wrong);
  const entries = await readZip(path);
  const pickles = [...entries.keys()].filter((name) =>
    /^[^/]+\/data\.pkl$/.test(name)
  );
  const [name] = pickles;
  if (name === undefined || pickles.length > 1) {
    throw wrong(
      "it is a zip, but not one of torch.save: it has no data.pkl, or several",
    );
  }
  const folder = name.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && await readText(path, order) !== "little") {
    throw wrong(
      "it was written by a big-endian machine: save it again on another",
    );
  }
  const entry = entries.get(name)!;
  if (entry.size > MOST_PICKLE_BYTES) {
    throw wrong(
      `its pickle has ${entry.size} bytes, which is no list of tensors`,
    );
  }
  const root = unpickle(await readEntry(path, entry), path);
  return {
    path,
    root,
    tensor: (value, name) => locate(value, name, { path, folder, entries }),
  };
}

interface Place {
  readonly path: string;
  readonly folder: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

function locate(
  value: PickleValue | undefined,
  name: string,
  { path, folder, entries }: Place,
): StoredTensor {
  const wrong = (what: string) =>
    new SyntaxError(`Cannot read ${name} in ${path}: ${what}`);
  if (!(value instanceof PickledTensor)) {
    throw wrong(value === undefined ? "it is missing" : "it is no tensor");
  }
  const { storage, offset, shape, strides } = value;
  const entry = entries.get(`${folder}data/${storage.key}`);
  if (entry === undefined) {
    throw wrong(`its elements, data/${storage.key}, are missing`);
  }
  const elementBytes = tensorByteLength(storage.dtype, [1])!;
  const byteLength = tensorByteLength(storage.dtype, shape);
  if (entry.size !== storage.length * elementBytes) {
    throw wrong(
      `data/${storage.key} has ${entry.size} bytes, expected ${
        storage.length * elementBytes
      }`,
    );
  }
  if (
    byteLength === undefined ||
    offset * elementBytes + byteLength > entry.size
  ) throw wrong(`its shape [${shape.join(", ")}] reaches outside its storage`);
  if (!isRowByRow(shape, strides)) {
    throw wrong(
      `its elements do not lie row by row (strides [${
        strides.join(", ")
      }]): save it with .contiguous()`,
    );
  }
  const start = entry.offset + offset * elementBytes;
  return {
    dtype: storage.dtype,
    shape,
    extents: [{ path, offset: start, byteLength }],
  };
}

function isRowByRow(
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension]!;
    // The stride of a single element is never used.
    if (size !== 1 && strides[dimension] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Files before PyTorch 1.6, and those of other tools that use pickle. */
async function refuseLegacy(
  path: string,
  wrong: (what: string) => SyntaxError,
): Promise<void> {
  using file = await Deno.open(path, { read: true });
  const head = new Uint8Array(2);
  await file.read(head);
  if (head[0] !== 0x80) return;
  throw wrong(
    "it is a bare pickle, as PyTorch wrote before 1.6: load it with torch.load and save it again with torch.save",
  );
}

async function readEntry(
  path: string,
  { offset, size }: ZipEntry,
): Promise<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const bytes = new Uint8Array(size);
  if (await readInto(file, bytes, offset) === size) return bytes;
  throw new SyntaxError(
    `Cannot read ${path}: it became shorter while it was read`,
  );
}

async function readText(path: string, entry: ZipEntry): Promise<string> {
  if (entry.size > 64) return "";
  return new TextDecoder().decode(await readEntry(path, entry));
}

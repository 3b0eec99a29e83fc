/**
 * Reads and fully checks the headers of safetensors files. Tensor bytes are
 * mapped elsewhere, from the absolute offsets given here. The format is
 * specified at
 * https://github.com/huggingface/safetensors#format.
 */

import { readUpTo } from "../files/read.ts";
import { findJsonOddity } from "./_json_oddities.ts";
import {
  isDtype,
  type SafetensorsDtype,
  tensorByteLength,
} from "./safetensors_dtypes.ts";

/** The longest header the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where one tensor lies and what it is. */
export interface SafetensorsEntry {
  /** Element type. */
  dtype: SafetensorsDtype;
  /** Sizes, row-major; empty for a scalar. */
  shape: number[];
  /** First byte, counted from the start of the data, as the header has it. */
  begin: number;
  /** One past the last byte, counted from the start of the data. */
  end: number;
  /** First byte, counted from the start of the file. */
  offset: number;
  /** Bytes of the tensor. */
  byteLength: number;
}

/** What a safetensors file says about itself. */
export interface SafetensorsHeader {
  /** The `__metadata__` texts; empty if there are none. */
  metadata: Record<string, string>;
  /** Tensors by name, in the order in which they lie in the file. */
  tensors: Map<string, SafetensorsEntry>;
  /** Where the tensor data begins in the file, in bytes. */
  dataOffset: number;
}

/** A file breaks the safetensors format. */
export class SafetensorsError extends Error {
  /** Always "SafetensorsError". */
  override readonly name = "SafetensorsError";
}

/**
 * Reads and checks the header of a safetensors file, and nothing else of it.
 *
 * @example
 * ```ts ignore
 * const header = await readSafetensorsHeader("model.safetensors");
 * for (const [name, { dtype, shape }] of header.tensors) {
 *   console.log(name, dtype, shape);
 * }
 * ```
 *
 * @throws {SafetensorsError} If the file breaks the format.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function readSafetensorsHeader(
  path: string,
): Promise<SafetensorsHeader> {
  using file = await Deno.open(path, { read: true });
  const { size, isFile } = await file.stat();
  if (!isFile) throw malformed(path, "it is not a regular file");
  const prefix = await readUpTo(file, Math.min(size, 8));
  const headerBytes = headerLength(prefix, size, path);
  const header = await readUpTo(file, headerBytes);
  if (header.byteLength < headerBytes) {
    throw malformed(path, "it became shorter while it was read");
  }
  return parseHeader(header, size, path);
}

/**
 * Checks the header at the start of `bytes`, the first bytes of a safetensors
 * file of `fileSize` bytes (default: the length of `bytes`), for files that are
 * not on this disk. `source` names it in errors.
 *
 * @throws {SafetensorsError} If the bytes break the format.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  options: { fileSize?: number; source?: string } = {},
): SafetensorsHeader {
  const { fileSize = bytes.byteLength, source = "safetensors data" } = options;
  const length = headerLength(bytes.subarray(0, 8), fileSize, source);
  if (8 + length > bytes.byteLength) {
    throw new RangeError(
      `Cannot read the header of ${source}: ` +
        `it needs ${8 + length} bytes and ${bytes.byteLength} were given`,
    );
  }
  return parseHeader(bytes.subarray(8, 8 + length), fileSize, source);
}

/**
 * Reads one tensor's bytes, little-endian and row-major, into memory.
 *
 * @throws {SafetensorsError} If the file has become shorter than its header
 * said.
 */
export async function readTensorBytes(
  path: string,
  entry: SafetensorsEntry,
): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  if (entry.offset + entry.byteLength > size) {
    throw malformed(path, "it is shorter than its header said");
  }
  return await readUpTo(file, entry.byteLength, entry.offset);
}

function malformed(source: string, what: string): SafetensorsError {
  return new SafetensorsError(
    `Cannot read ${source} as safetensors: ${what}`,
  );
}

/** The header's length, once it is known to fit in the file. */
function headerLength(
  prefix: Uint8Array,
  fileSize: number,
  source: string,
): number {
  if (prefix.byteLength < 8) {
    throw malformed(
      source,
      `it has ${prefix.byteLength} bytes, fewer than the 8 that give the ` +
        `header's length`,
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw malformed(
      source,
      `its header claims ${length} bytes, more than the ` +
        `${MAX_HEADER_BYTES} allowed`,
    );
  }
  if (8n + length > BigInt(fileSize)) {
    throw malformed(
      source,
      `its header claims ${length} bytes, and only ` +
        `${fileSize - 8} follow: the file was cut, or is of another format`,
    );
  }
  return Number(length);
}

function parseHeader(
  header: Uint8Array,
  fileSize: number,
  source: string,
): SafetensorsHeader {
  const json = parseHeaderJson(header, source);
  const dataOffset = 8 + header.byteLength;
  let metadata: Record<string, string> = {};
  const entries: [string, SafetensorsEntry][] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") {
      metadata = parseMetadata(value, source);
    } else {
      entries.push([name, parseEntry(name, value, dataOffset, source)]);
    }
  }
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== expected) {
      const what = begin > expected ? "leaves a hole" : "overlaps another";
      throw malformed(
        source,
        `tensor ${
          JSON.stringify(name)
        } begins at byte ${begin} of the data instead of ` +
          `${expected}: it ${what}`,
      );
    }
    expected = end;
  }
  if (dataOffset + expected !== fileSize) {
    throw malformed(
      source,
      `its tensors need ${expected} bytes of data, and the file has ` +
        `${fileSize - dataOffset}`,
    );
  }
  return { metadata, tensors: new Map(entries), dataOffset };
}

function parseHeaderJson(
  header: Uint8Array,
  source: string,
): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(header);
  } catch {
    throw malformed(source, "its header is not UTF-8 text");
  }
  if (!text.startsWith("{")) {
    throw malformed(source, 'its header does not begin with "{"');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw malformed(source, `its header is not JSON (${why})`);
  }
  const oddity = findJsonOddity(text);
  if (oddity !== undefined) throw malformed(source, `its header ${oddity}`);
  if (!isRecord(json)) throw malformed(source, "its header is not an object");
  return json;
}

function parseMetadata(value: unknown, source: string): Record<string, string> {
  if (!isRecord(value)) {
    throw malformed(source, '"__metadata__" is not an object');
  }
  const texts: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw malformed(
        source,
        `"__metadata__" has ${JSON.stringify(key)}, which is no text`,
      );
    }
    texts.push([key, text]);
  }
  return Object.fromEntries(texts);
}

function parseEntry(
  name: string,
  value: unknown,
  dataOffset: number,
  source: string,
): SafetensorsEntry {
  const fail = (what: string) =>
    malformed(source, `tensor ${JSON.stringify(name)} ${what}`);
  if (!isRecord(value)) throw fail("is not described by an object");
  const { dtype } = value;
  if (!isDtype(dtype)) {
    throw fail(`has the dtype ${JSON.stringify(dtype)}, which is unknown`);
  }
  const sizes = (key: "shape" | "data_offsets") => {
    const sizes = value[key];
    if (!isSizes(sizes)) throw fail(`has no ${key} of whole numbers`);
    if (sizes.every(Number.isSafeInteger)) return sizes;
    throw fail(`has a size above 2^53 in its ${key}`);
  };
  const shape = sizes("shape");
  const offsets = sizes("data_offsets");
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw fail(`has ${offsets.length} data_offsets instead of 2`);
  }
  if (end < begin) throw fail(`ends at byte ${end}, before it begins`);
  const byteLength = tensorByteLength(dtype, shape);
  if (byteLength === undefined) {
    throw fail(
      `has a size that overflows or is no whole number of bytes: ` +
        `${dtype} [${shape.join(", ")}]`,
    );
  }
  if (end - begin !== byteLength) {
    throw fail(
      `needs ${byteLength} bytes for ${dtype} [${shape.join(", ")}] and has ` +
        `${end - begin}`,
    );
  }
  return { dtype, shape, begin, end, offset: dataOffset + begin, byteLength };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((size) => Number.isInteger(size) && size >= 0);
}

/** Reads the file list of the zips that PyTorch writes: stored, not compressed. */

import { readInto } from "../files/read.ts";

/** A file in a zip. */
export interface ZipEntry {
  /** First byte of its content, counted from the start of the zip. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** Bytes of the end record, without and with the longest comment. */
const END_BYTES = 22;
const MOST_END_BYTES = END_BYTES + 0xffff;
const LARGE = 0xffffffff;

/**
 * Reads the names of the files in a zip and the positions of their bytes.
 *
 * @throws {SyntaxError} If it is not a zip, is damaged, or has compressed or
 * encrypted entries.
 */
export async function readZip(path: string): Promise<Map<string, ZipEntry>> {
  const wrong = (what: string) =>
    new SyntaxError(`Cannot read ${path}: ${what}`);
  using file = await Deno.open(path, { read: true });
  const { size: fileSize } = await file.stat();
  const read = async (offset: number, length: number): Promise<DataView> => {
    if (offset < 0 || length < 0 || offset + length > fileSize) {
      throw wrong("the zip is damaged or cut off: it points outside itself");
    }
    const bytes = new Uint8Array(length);
    if (await readInto(file, bytes, offset) < length) {
      throw wrong("it became shorter while it was read");
    }
    return new DataView(bytes.buffer);
  };

  const tailBytes = Math.min(fileSize, MOST_END_BYTES);
  const tailStart = fileSize - tailBytes;
  const tail = await read(tailStart, tailBytes);
  let end = tailBytes - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw wrong("it is no zip, or was cut off: its end is missing");
  let count = tail.getUint16(end + 10, true);
  let directoryBytes = tail.getUint32(end + 12, true);
  let directoryStart = tail.getUint32(end + 16, true);
  if (
    count === 0xffff || directoryBytes === LARGE || directoryStart === LARGE
  ) {
    const locator = await read(tailStart + end - 20, 20);
    if (locator.getUint32(0, true) !== END_64_LOCATOR) {
      throw wrong("the zip is damaged: its ZIP64 end is missing");
    }
    const record = await read(number64(locator, 8), 56);
    if (record.getUint32(0, true) !== END_64) {
      throw wrong("the zip is damaged: its ZIP64 end is no such record");
    }
    count = number64(record, 32);
    directoryBytes = number64(record, 40);
    directoryStart = number64(record, 48);
  }

  const directory = await read(directoryStart, directoryBytes);
  const entries = new Map<string, ZipEntry>();
  const damaged = () =>
    wrong("the zip is damaged: its list of files cannot be read");
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (
      at + 46 > directoryBytes || directory.getUint32(at, true) !== CENTRAL
    ) throw damaged();
    const nameBytes = directory.getUint16(at + 28, true);
    const extraBytes = directory.getUint16(at + 30, true);
    const commentBytes = directory.getUint16(at + 32, true);
    const next = at + 46 + nameBytes + extraBytes + commentBytes;
    if (next > directoryBytes) throw damaged();
    const name = new TextDecoder().decode(
      new Uint8Array(directory.buffer, at + 46, nameBytes),
    );
    const isEncrypted = (directory.getUint16(at + 8, true) & 1) !== 0;
    if (isEncrypted || directory.getUint16(at + 10, true) !== 0) {
      throw wrong(
        `${name} in it is ${
          isEncrypted ? "encrypted" : "compressed"
        }, and PyTorch only stores: it was packed by something else`,
      );
    }
    const fields = [24, 20, 42].map((place) =>
      directory.getUint32(at + place, true)
    );
    const [size, packed, local] = largeFields(
      fields,
      new DataView(directory.buffer, at + 46 + nameBytes, extraBytes),
    );
    if (size === undefined || local === undefined || size !== packed) {
      throw damaged();
    }
    const header = await read(local, 30);
    const offset = local + 30 + header.getUint16(26, true) +
      header.getUint16(28, true);
    if (header.getUint32(0, true) !== LOCAL || offset + size > directoryStart) {
      throw wrong(`the zip is damaged: ${name} is not where it should be`);
    }
    if (entries.has(name)) throw wrong(`the zip has ${name} twice`);
    entries.set(name, { offset, size });
    at = next;
  }
  return entries;
}

/** Reads fields that need more than 32 bits from the ZIP64 extra field. */
function largeFields(
  fields: readonly number[],
  extra: DataView,
): (number | undefined)[] {
  let at = 0;
  let found: number | undefined;
  while (at + 4 <= extra.byteLength) {
    if (extra.getUint16(at, true) === 1) {
      found = at + 4;
      break;
    }
    at += 4 + extra.getUint16(at + 2, true);
  }
  return fields.map((field) => {
    if (field !== LARGE) return field;
    if (found === undefined || found + 8 > extra.byteLength) return undefined;
    found += 8;
    return number64(extra, found - 8);
  });
}

/** Reads a 64-bit number; one that is too large for JavaScript becomes an offset outside any file. */
function number64(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

/**
 * Reading files: parts of them, and hashes of them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FileDigest } from "./atomic.ts";

/** Bytes read and hashed at a time. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * Fills `bytes` from a file: from byte `offset` on, or from where the file stands. Returns how many bytes there
 * were; fewer than asked for only at the end of the file.
 */
export async function readInto(
  file: Deno.FsFile,
  bytes: Uint8Array,
  offset?: number,
): Promise<number> {
  if (offset !== undefined) await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.byteLength) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/**
 * `byteLength` bytes of a file, or what is left of it: from byte `offset` on, or from where the file stands.
 */
export async function readUpTo(
  file: Deno.FsFile,
  byteLength: number,
  offset?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteLength);
  return bytes.subarray(0, await readInto(file, bytes, offset));
}

/** Size and SHA-256 of a file, read once and in pieces. */
export async function hashFile(path: string): Promise<FileDigest> {
  using file = await Deno.open(path, { read: true });
  const hash = createHash("sha256");
  const chunkBytes = Math.min((await file.stat()).size + 1, CHUNK_BYTES);
  let [filling, hashing] = [
    new Uint8Array(chunkBytes),
    new Uint8Array(chunkBytes),
  ];
  let size = 0;
  let count = await file.read(filling);
  while (count !== null) {
    [filling, hashing] = [hashing, filling];
    const next = file.read(filling); // The disk reads while this hashes.
    hash.update(hashing.subarray(0, count));
    size += count;
    count = await next;
  }
  return { size, sha256: hash.digest("hex") };
}

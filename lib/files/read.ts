/**
 * Reading parts of files.
 *
 * @module
 */

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

/** The next `byteLength` bytes of a file, or what is left of it. */
export async function readUpTo(
  file: Deno.FsFile,
  byteLength: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteLength);
  return bytes.subarray(0, await readInto(file, bytes));
}

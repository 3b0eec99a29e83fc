/**
 * Reading of files piece by piece.
 *
 * @module
 */

/** The next `byteLength` bytes of a file, or what is left of it. */
export async function readUpTo(
  file: Deno.FsFile,
  byteLength: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteLength);
  let filled = 0;
  while (filled < byteLength) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

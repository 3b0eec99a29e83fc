/**
 * Reading files.
 *
 * @module
 */

const CHUNK_BYTES = 1 << 20;

/** Reads a file in chunks; each is valid until the next is requested. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

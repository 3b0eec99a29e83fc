/**
 * Small file helpers of the data room.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";

const CHUNK_BYTES = 1 << 20;

/** Writes a file so that its name holds either the old content or the new, even after a power cut. */
export async function writeFileAtomic(
  path: string,
  text: string,
): Promise<void> {
  const temporary = `${path}.tmp-${Deno.pid}`;
  try {
    using file = await Deno.open(temporary, {
      write: true,
      create: true,
      truncate: true,
    });
    await writeAll(file, new TextEncoder().encode(text));
    await file.sync();
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await Deno.rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes a directory's entries durable, where the system can. */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using directory = await Deno.open(path, { read: true });
  await directory.sync();
}

/** Writes all bytes, however many calls it takes. */
export async function writeAll(
  file: Deno.FsFile,
  bytes: Uint8Array,
): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    offset += await file.write(bytes.subarray(offset));
  }
}

/** Reads a file in chunks; each is valid until the next is asked for. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Whether a path exists. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

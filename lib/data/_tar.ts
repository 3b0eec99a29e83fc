/**
 * Files of tar archives, one after the other, with bounded memory.
 *
 * @module
 */

/** A file in an archive. */
export interface TarFile {
  /** Its name in the archive, with folders. */
  name: string;
  /** Its content; the part that is not read is skipped. */
  chunks: AsyncIterable<Uint8Array>;
}

const BLOCK_BYTES = 512;

/**
 * Reads a tar archive. Folders, links and the extended headers of pax and GNU
 * are skipped, so that names are cut off after 100 characters.
 *
 * @param chunks The archive's bytes.
 * @param path Its name in messages.
 * @yields Its files in order.
 * @throws {SyntaxError} If it is no tar archive, or ends too early.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<TarFile> {
  const bytes = new ByteReader(chunks, path);
  try {
    for (;;) {
      const block = await bytes.readBlock();
      if (block === undefined) return;
      // A block of zeros ends an archive. The rest is read too, because the
      // stream may detect damage (a wrong checksum) only at its end.
      if (block.every((byte) => byte === 0)) return await bytes.skipAll();
      const { name, size, isFile } = parseHeader(block, path);
      const content = bytes.take(size);
      if (isFile) yield { name, chunks: content };
      await skip(content);
      await skip(bytes.take((BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES));
    }
  } finally {
    await bytes.close();
  }
}

function parseHeader(
  block: Uint8Array,
  path: string,
): { name: string; size: number; isFile: boolean } {
  const field = (start: number, length: number) => {
    const bytes = block.subarray(start, start + length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  };
  const octal = (start: number, length: number) => {
    const text = field(start, length).trim();
    return /^[0-7]+$/.test(text) ? parseInt(text, 8) : NaN;
  };
  // The checksum counts as eight spaces while it is computed.
  const sum = block.reduce((sum, byte) => sum + byte, 0) -
    block.subarray(148, 156).reduce((sum, byte) => sum + byte, 0) + 8 * 32;
  const size = octal(124, 12);
  if (octal(148, 8) !== sum || !Number.isSafeInteger(size)) {
    throw new SyntaxError(`Cannot read ${path}: it is not a tar archive`);
  }
  const kind = String.fromCharCode(block[156]!);
  return { name: field(0, 100), size, isFile: kind === "0" || kind === "\0" };
}

async function skip(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

/** Takes bytes off a stream of chunks. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #path: string;
  #held: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>, path: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#path = path;
  }

  /** The next block, or undefined at the end. */
  async readBlock(): Promise<Uint8Array | undefined> {
    if (!await this.#fill()) return undefined;
    const block = new Uint8Array(BLOCK_BYTES);
    let filled = 0;
    for await (const part of this.take(BLOCK_BYTES)) {
      block.set(part, filled);
      filled += part.length;
    }
    return block;
  }

  /** Yields the next `count` bytes; a second iteration yields those that the first has left. */
  take(count: number): AsyncIterable<Uint8Array> {
    let left = count;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (left === 0) return { done: true, value: undefined };
      if (!await this.#fill()) {
        throw new SyntaxError(
          `Cannot read ${this.#path}: the tar archive ends too early`,
        );
      }
      const value = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(value.length);
      left -= value.length;
      return { done: false, value };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async skipAll(): Promise<void> {
    do this.#held = new Uint8Array(0); while (await this.#fill());
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Whether there are more bytes. */
  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#held = value;
    }
    return true;
  }
}

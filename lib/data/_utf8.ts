/**
 * Reads files as text in chunks, and refuses bytes that are not UTF-8.
 *
 * @module
 */

import { readChunks } from "./_files.ts";

/** Some text of a file and how many bytes of the file it took. */
export interface TextChunk {
  text: string;
  bytes: number;
}

/**
 * Decodes a file as UTF-8 without ever holding all of it. A byte order mark at
 * its start is dropped.
 *
 * @param path The file.
 * @yields Its text in order.
 * @throws {TypeError} If bytes are not UTF-8; the message names file and offset.
 */
export function readUtf8(path: string): AsyncGenerator<TextChunk> {
  return decodeUtf8(readChunks(path), path);
}

/**
 * Decodes bytes as {@linkcode readUtf8} does those of a file.
 *
 * @param chunks The bytes.
 * @param path Their name in messages.
 * @yields Their text in order.
 * @throws {TypeError} If they are no UTF-8.
 */
export async function* decodeUtf8(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<TextChunk> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let offset = 0;
  let tail: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  for await (const chunk of chunks) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw undecodable(path, [tail, chunk], { offset, cause });
    }
    yield { text, bytes: chunk.length };
    offset += chunk.length;
    tail = chunk.slice(-3);
  }
  try {
    decoder.decode();
  } catch (cause) {
    throw undecodable(path, [tail, new Uint8Array(0)], { offset, cause });
  }
}

function undecodable(
  path: string,
  [tail, chunk]: [Uint8Array, Uint8Array],
  { offset, cause }: { offset: number; cause: unknown },
): TypeError {
  // A character may have begun in the previous chunk: start at its lead byte there.
  const bytes = new Uint8Array([...tail, ...chunk]);
  let start = 0;
  while (start < tail.length && (bytes[start]! & 0xc0) === 0x80) start++;
  const bad = start + firstUndecodable(bytes.subarray(start));
  const value = bytes[bad]?.toString(16).padStart(2, "0");
  return new TypeError(
    `Cannot read ${path} as UTF-8: undecodable byte${
      value === undefined ? "" : ` 0x${value}`
    } at offset ${
      offset - tail.length + bad
    }: convert the file, for example with \`iconv -f latin1 -t utf-8\``,
    { cause },
  );
}

/** Offset of the first byte sequence that is not UTF-8, or that the end cuts off. */
function firstUndecodable(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true })
        .decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  // The first `good` bytes may end within a character that the next bytes do not complete.
  let lead = good - 1;
  while (lead > 0 && lead > good - 3 && (bytes[lead]! & 0xc0) === 0x80) lead--;
  const byte = bytes[lead] ?? 0;
  const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  return lead + length > good ? lead : good;
}

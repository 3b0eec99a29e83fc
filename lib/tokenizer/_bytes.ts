/**
 * Ids that stand for fixed bytes: what byte-level tokenizers have in common.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ByteLevelPreTokenizer } from "@huggingface/tokenizers";

/**
 * Decodes ids that stand for fixed bytes.
 *
 * @param ids The ids.
 * @param tokenBytes The bytes of each.
 * @returns The text; U+FFFD where the bytes are no UTF-8.
 */
export function decodeBytes(
  ids: ArrayLike<number>,
  tokenBytes: (id: number) => Uint8Array,
): string {
  const bytes = Buffer.concat(Array.from(ids, tokenBytes));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * The bytes of a byte-level token as `tokenizer.json` writes it, one printable
 * character a byte. A token with any other character (an added token with a
 * space in it) stands for its own UTF-8.
 *
 * @param token The token's content.
 * @returns Its bytes.
 */
export function byteLevelTokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let index = 0; index < token.length; index++) {
    const byte = BYTE_OF_SYMBOL.get(token[index]!);
    if (byte === undefined) return new TextEncoder().encode(token);
    bytes[index] = byte;
  }
  return bytes;
}

/** Bytes as text of as many characters, each of the byte's number. */
export function bytesAsText(bytes: ArrayLike<number>): string {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    text += String.fromCharCode(bytes[index]!);
  }
  return text;
}

/** The printable character that `tokenizer.json` writes for a byte. */
export function byteLevelSymbol(byte: number): string {
  return SYMBOL_OF_BYTE[byte]!;
}

const SYMBOL_OF_BYTE: Readonly<Record<number, string>> =
  new ByteLevelPreTokenizer({ type: "ByteLevel" }).byte_encoder;

const BYTE_OF_SYMBOL = new Map(
  Object.entries(SYMBOL_OF_BYTE).map((
    [byte, symbol],
  ) => [symbol, Number(byte)]),
);

/**
 * Token ids in the integer types that files use.
 *
 * @module
 */

/** Type of the ids in a file, little-endian. */
export type TokenFormat =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64";

/** Bytes of an id. */
export const TOKEN_BYTES: Readonly<Record<TokenFormat, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
};

/** The ids of one file, read-only. */
export interface TokenPart {
  /** How many there are. */
  readonly length: number;
  /** Copies the ids from `start` on, until `target` is full. Ids of 2^31 and more become negative. */
  copyTo(start: number, target: Int32Array): void;
}

/**
 * Interprets bytes as ids, without a copy.
 *
 * @param bytes Only the ids; they begin at a multiple of 4 bytes.
 * @param format Their type.
 * @returns The ids.
 */
export function tokenPart(bytes: Uint8Array, format: TokenFormat): TokenPart {
  const length = bytes.byteLength / TOKEN_BYTES[format];
  if (format === "int64" || format === "uint64") {
    const halves = new Int32Array(bytes.buffer, bytes.byteOffset, 2 * length);
    return { length, copyTo: (start, target) => narrow(halves, start, target) };
  }
  const ids = view(bytes, format, length);
  return {
    length,
    copyTo: (start, target) =>
      target.set(ids.subarray(start, start + target.length)),
  };
}

function view(
  { buffer, byteOffset }: Uint8Array,
  format: Exclude<TokenFormat, "int64" | "uint64">,
  length: number,
) {
  switch (format) {
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
  }
}

/** Copies the lower halves of 64-bit ids; an id that needs the upper half becomes negative. */
function narrow(halves: Int32Array, start: number, target: Int32Array): void {
  for (let index = 0; index < target.length; index++) {
    const place = 2 * (start + index);
    target[index] = halves[place + 1] === 0 ? halves[place]! : -1;
  }
}

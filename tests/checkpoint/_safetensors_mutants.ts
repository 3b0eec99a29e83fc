import fc from "fast-check";

/** What a damaged or hostile safetensors file may look like. */
export function mutantsOf(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const headerLength = Number(
    new DataView(original.buffer).getBigUint64(0, true),
  );
  const header = new TextDecoder().decode(
    original.subarray(8, 8 + headerLength),
  );
  const data = original.subarray(8 + headerLength);
  const numbers = [...header.matchAll(/\d+/g)];
  const position = fc.nat(original.length - 1);
  const number = fc.oneof(
    fc.nat(200).map(String),
    fc.constantFrom(
      "-1",
      "1.0",
      "1e3",
      "007",
      "9007199254740993",
      "18446744073709551615",
      "18446744073709551616",
      "1e400",
      "null",
      '"4"',
    ),
  );
  return fc.oneof(
    fc.array(fc.tuple(position, fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    }).map((flips) => {
      const bytes = original.slice();
      for (const [at, bits] of flips) bytes[at] = (bytes[at] ?? 0) ^ bits;
      return bytes;
    }),
    position.map((length) => original.slice(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 16 }).map((tail) =>
      concatBytes(original, tail)
    ),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((length) => {
      const bytes = original.slice();
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      return bytes;
    }),
    // The ones that reach furthest: a well-formed header that says another
    // number, or a piece of it twice, or a piece less.
    fc.tuple(fc.constantFrom(...numbers), number).map(([match, text]) =>
      withHeader(
        header.slice(0, match.index) + text +
          header.slice(match.index + match[0].length),
        data,
      )
    ),
    fc.tuple(fc.nat(header.length), fc.nat(header.length), fc.boolean()).map(
      ([a, b, twice]) => {
        const [begin, end] = a < b ? [a, b] : [b, a];
        const kept = header.slice(0, twice ? end : begin);
        return withHeader(kept + header.slice(twice ? begin : end), data);
      },
    ),
    fc.uint8Array({ maxLength: 64 }),
  );
}

/** A file of this header text, with its true length, and this data. */
export function withHeader(
  header: string,
  data: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return concatBytes(length, bytes, data);
}

/** All parts, one after the other. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

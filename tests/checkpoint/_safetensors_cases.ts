/** Files of every kind of mistake, and odd ones that are right. */

import { concatBytes, withHeader } from "./_safetensors_mutants.ts";

/** A header of one tensor of 16 bytes. */
export const ONE = '{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';

/** Files that are to be refused, and how the message says why. */
export const REJECTED: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ["an empty file", new Uint8Array(), /0 bytes, fewer than the 8/],
  ["7 bytes", new Uint8Array(7), /7 bytes, fewer than the 8/],
  [
    "a header that claims more than 100 MB",
    lengthOf(100_000_001n),
    /claims 100000001 bytes, more than the 100000000 allowed/,
  ],
  [
    "a header that claims 2^64 - 1 bytes",
    lengthOf((1n << 64n) - 1n),
    /claims 18446744073709551615 bytes, more than/,
  ],
  [
    "a header longer than the file",
    lengthOf(60n),
    /claims 60 bytes, and only 0 follow/,
  ],
  [
    "a header that is not UTF-8",
    concatBytes(lengthOf(1n), new Uint8Array([0xff])),
    /not UTF-8/,
  ],
  ["an empty header", withHeader(""), /does not begin with "{"/],
  ["white space before the header", withHeader(" {}"), /begin with "{"/],
  ["a byte order mark", withHeader("\ufeff{}"), /begin with "{"/],
  ["an array as header", withHeader("[]"), /begin with "{"/],
  ["a header cut short", withHeader('{"a":'), /not JSON/],
  ["text after the header", withHeader("{}x"), /not JSON/],
  [
    "a tensor given twice",
    withHeader(`{"a":1,${ONE.slice(1)}`, new Uint8Array(16)),
    /has the key "a" twice/,
  ],
  [
    "a tensor given twice, once escaped",
    withHeader(`{"\\u0061":1,${ONE.slice(1)}`, new Uint8Array(16)),
    /has the key "a" twice/,
  ],
  ["a tensor that is a list", withHeader('{"a":[]}'), /"a" is not described/],
  [
    "an unknown dtype",
    one({ dtype: "F33" }),
    /"a" has the dtype "F33", which is unknown/,
  ],
  ["no dtype", one({ dtype: undefined }), /dtype undefined/],
  ["a dtype from a prototype", one({ dtype: "toString" }), /unknown/],
  ["a negative size", one({ shape: [-2, -2] }), /has -2 where a whole/],
  ["a size that is text", one({ shape: ["4"] }), /no shape of whole/],
  ["no shape", one({ shape: undefined }), /no shape of whole/],
  [
    "a size written as 4.0",
    withHeader(ONE.replace("[2,2]", "[4.0]"), new Uint8Array(16)),
    /has 4\.0 where a whole number/,
  ],
  [
    "a shape whose product overflows 2^64",
    withHeader(ONE.replace("[2,2]", "[2,18446744073709551614]")),
    /has a size above 2\^53 in its shape/,
  ],
  [
    "a shape whose product overflows 2^53",
    one({ shape: [2 ** 30, 2 ** 30] }),
    /overflows.*I32 \[1073741824, 1073741824\]/,
  ],
  [
    "half a byte",
    one({ dtype: "F4", shape: [3], data_offsets: [0, 2] }, 2),
    /no whole number of bytes/,
  ],
  ["three offsets", one({ data_offsets: [0, 8, 16] }), /has 3 data_offsets/],
  ["offsets the wrong way round", one({ data_offsets: [16, 0] }), /before it/],
  [
    "offsets that do not match the shape",
    one({ data_offsets: [0, 12] }, 12),
    /needs 16 bytes for I32 \[2, 2\] and has 12/,
  ],
  [
    "a hole at the start",
    one({ data_offsets: [4, 20] }, 20),
    /begins at byte 4 of the data instead of 0: it leaves a hole/,
  ],
  [
    "tensors that overlap",
    withHeader(
      '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},' +
        '"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
      new Uint8Array(6),
    ),
    /"b" begins at byte 2 .* overlaps another/,
  ],
  ["trailing bytes", one({}, 17), /need 16 bytes of data, and .* has 17/],
  ["missing bytes", one({}, 14), /need 16 bytes of data, and .* has 14/],
  [
    "metadata that is no text",
    withHeader('{"__metadata__":{"epoch":3}}'),
    /"__metadata__" has "epoch", which is no text/,
  ],
  [
    "metadata that is a list",
    withHeader('{"__metadata__":[]}'),
    /"__metadata__" is not an object/,
  ],
  [
    "a name that is half a surrogate pair",
    withHeader(ONE.replace('"a"', '"\\ud800"'), new Uint8Array(16)),
    /not Unicode/,
  ],
];

/** Files that are to be accepted, and how many tensors they hold. */
export const ACCEPTED: [what: string, bytes: Uint8Array, tensors: number][] = [
  ["no tensors", withHeader("{}"), 0],
  ["padding of other white space", withHeader("{}\r \t\n"), 0],
  ["a scalar", one({ shape: [], data_offsets: [0, 4] }, 4), 1],
  [
    "a tensor without elements",
    one({ shape: [2, 0], data_offsets: [0, 0] }, 0),
    1,
  ],
  [
    "4-bit elements",
    one({ dtype: "F4", shape: [4], data_offsets: [0, 2] }, 2),
    1,
  ],
  ["fields it does not know", one({ note: 0.5 }), 1],
  [
    "tensors in any order",
    withHeader(
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},' +
        '"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
      new Uint8Array(5),
    ),
    2,
  ],
  [
    "a tensor called __proto__",
    withHeader(ONE.replace('"a"', '"__proto__"'), new Uint8Array(16)),
    1,
  ],
];

function lengthOf(length: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

/** A file of one tensor, valid but for what `changes` says. */
function one(changes: Record<string, unknown>, dataBytes = 16): Uint8Array {
  const tensor = { dtype: "I32", shape: [2, 2], data_offsets: [0, 16] };
  return withHeader(
    JSON.stringify({ a: { ...tensor, ...changes } }),
    new Uint8Array(dataBytes),
  );
}

import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  parseSafetensorsHeader,
  readSafetensorsHeader,
  readTensorBytes,
  SafetensorsError,
} from "../../lib/checkpoint/safetensors.ts";
import { concatBytes, mutantsOf, withHeader } from "./_safetensors_mutants.ts";

/** Written by Python's safetensors 0.8.0. */
const PYTHON_FILE = fileURLToPath(
  new URL("./data/python.safetensors", import.meta.url),
);

const ONE = '{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';

Deno.test("readSafetensorsHeader() reads what Python wrote", async () => {
  const { metadata, tensors, dataOffset } = await readSafetensorsHeader(
    PYTHON_FILE,
  );
  assert.deepEqual(metadata, { format: "pt" });
  assert.equal(dataOffset, 600);
  assert.deepEqual([...tensors.keys()], [
    "10",
    "2",
    "empty",
    'gl\u00fcck "quoted"\n',
    "transformer.wte.weight",
    "i32",
    "half",
    "bytes",
    "mask",
  ]);
  assert.deepEqual(tensors.get("transformer.wte.weight"), {
    dtype: "F32",
    shape: [3, 4],
    begin: 40,
    end: 88,
    offset: 640,
    byteLength: 48,
  });
});

Deno.test("readTensorBytes() gives the bytes Python wrote", async () => {
  const { tensors } = await readSafetensorsHeader(PYTHON_FILE);
  const read = async (name: string) => {
    const entry = tensors.get(name);
    assert.ok(entry);
    return await readTensorBytes(PYTHON_FILE, entry);
  };
  assert.deepEqual(
    new Float32Array((await read("transformer.wte.weight")).buffer),
    Float32Array.from({ length: 12 }, (_, i) => i / 4),
  );
  assert.deepEqual(
    new BigInt64Array((await read("10")).buffer),
    new BigInt64Array([1n, -2n, 3n]),
  );
  assert.equal((await read("empty")).byteLength, 0);
});

Deno.test("readTensorBytes() refuses a file that was cut", async () => {
  const { tensors } = await readSafetensorsHeader(PYTHON_FILE);
  const mask = tensors.get("mask");
  assert.ok(mask);
  const entry = { ...mask, offset: mask.offset + 1 };
  await assert.rejects(readTensorBytes(PYTHON_FILE, entry), SafetensorsError);
});

const REJECTED: [what: string, bytes: Uint8Array, message: RegExp][] = [
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
    /no shape of whole numbers/,
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

for (const [what, bytes, message] of REJECTED) {
  Deno.test(`parseSafetensorsHeader() refuses ${what}`, () => {
    assert.throws(
      () => parseSafetensorsHeader(bytes, { source: "model.safetensors" }),
      (error) => {
        assert.ok(error instanceof SafetensorsError);
        assert.match(error.message, /^Cannot read model.safetensors as safe/);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

const ACCEPTED: [what: string, bytes: Uint8Array, tensors: number][] = [
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

for (const [what, bytes, count] of ACCEPTED) {
  Deno.test(`parseSafetensorsHeader() accepts ${what}`, () => {
    assert.equal(parseSafetensorsHeader(bytes).tensors.size, count);
  });
}

Deno.test("readSafetensorsHeader() names the file, and refuses a directory", async () => {
  const directory = await Deno.makeTempDir();
  await assert.rejects(
    readSafetensorsHeader(directory),
    (error: Error) =>
      error instanceof SafetensorsError &&
      error.message.includes(
        `${directory} as safetensors: it is not a regular`,
      ),
  );
  await Deno.remove(directory);
});

Deno.test("parseSafetensorsHeader() survives 10,000 mutants", async () => {
  const original = await Deno.readFile(PYTHON_FILE);
  let rejected = 0;
  fc.assert(
    fc.property(mutantsOf(original), (bytes) => {
      try {
        const { tensors, dataOffset } = parseSafetensorsHeader(bytes);
        let end = dataOffset;
        for (const { offset, byteLength } of tensors.values()) {
          assert.equal(offset, end);
          end += byteLength;
        }
        assert.equal(end, bytes.length);
      } catch (error) {
        assert.ok(error instanceof SafetensorsError, String(error));
        rejected++;
      }
    }),
    { numRuns: 10_000, seed: 1 },
  );
  assert.ok(rejected > 6_000, `only ${rejected} mutants were bad`);
});

Deno.test("parseSafetensorsHeader() walks a header of millions of escapes and brackets", () => {
  const name = "\\n".repeat(1_000_000);
  const header = ONE.replace('"a"', `"${name}"`);
  assert.equal(
    parseSafetensorsHeader(withHeader(header, new Uint8Array(16))).tensors.size,
    1,
  );
  const nested = `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
  assert.throws(
    () => parseSafetensorsHeader(withHeader(nested)),
    SafetensorsError,
  );
});

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

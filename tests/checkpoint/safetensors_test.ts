import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  parseSafetensorsHeader,
  readSafetensorsHeader,
  readTensorBytes,
  SafetensorsError,
} from "../../lib/checkpoint/safetensors.ts";
import { ACCEPTED, ONE, REJECTED } from "./_safetensors_cases.ts";
import { mutantsOf, withHeader } from "./_safetensors_mutants.ts";

/** Written by Python's safetensors 0.8.0. */
const PYTHON_FILE = fileURLToPath(
  new URL("./data/python.safetensors", import.meta.url),
);

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

Deno.test("readSafetensorsHeader() reserves no more than the file has, for 10,000 mutants", async () => {
  const original = await Deno.readFile(PYTHON_FILE);
  const path = await Deno.makeTempFile();
  const Plain = globalThis.Uint8Array;
  let largest = 0;
  // What is asked for by its length; views of memory that is there reserve nothing.
  globalThis.Uint8Array = new Proxy(Plain, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") largest = Math.max(largest, args[0]);
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    let read = 0;
    for (
      const bytes of fc.sample(mutantsOf(original), {
        numRuns: 10_000,
        seed: 2,
      })
    ) {
      Deno.writeFileSync(path, bytes);
      largest = 0;
      await readSafetensorsHeader(path).then(
        () => read++,
        (error) => assert.ok(error instanceof SafetensorsError, String(error)),
      );
      assert.ok(largest <= bytes.length, `${largest} of ${bytes.length} bytes`);
      assert.ok(largest > 0 || bytes.length === 0);
    }
    assert.ok(read > 0);
  } finally {
    globalThis.Uint8Array = Plain;
    await Deno.remove(path);
  }
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

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { FileSink } from "../../lib/files/atomic.ts";
import {
  parseSafetensorsHeader,
  readSafetensorsHeader,
  readTensorBytes,
} from "../../lib/checkpoint/safetensors.ts";
import {
  SAFETENSORS_DTYPES,
  tensorByteLength,
} from "../../lib/checkpoint/safetensors_dtypes.ts";
import {
  layoutSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../lib/checkpoint/safetensors_writer.ts";
import { concatBytes } from "./_safetensors_mutants.ts";

/** Written by Python's safetensors 0.8.0. */
const PYTHON_FILE = fileURLToPath(
  new URL("./data/python.safetensors", import.meta.url),
);

Deno.test("writeSafetensors() reproduces Python's file byte for byte", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "model.safetensors");
  const { tensors, metadata } = await readSafetensorsHeader(PYTHON_FILE);
  const entries: TensorToWrite[] = [];
  for (const [name, entry] of tensors) {
    const { dtype, shape } = entry;
    const bytes = () => readTensorBytes(PYTHON_FILE, entry);
    entries.unshift({ name, dtype, shape, bytes });
  }
  const digest = await writeSafetensors(path, entries, { metadata });
  const expected = await Deno.readFile(PYTHON_FILE);
  assert.deepEqual(await Deno.readFile(path), expected);
  assert.deepEqual(digest, {
    size: expected.byteLength,
    sha256: createHash("sha256").update(expected).digest("hex"),
  });
  assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), [
    "model.safetensors",
  ]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("writeSafetensors() asks for each tensor's bytes once, in file order, and writes them uncopied in pieces", async () => {
  const asked: string[] = [];
  const wide = new Uint8Array(9 * 1024 * 1024).fill(1);
  const sink = memorySink(5_000_000);
  const { size } = await writeSafetensors(sink, [
    { name: "b", dtype: "U8", shape: [3], bytes: lazy("b", new Uint8Array(3)) },
    { name: "a", dtype: "F32", shape: [9, 512, 512], bytes: lazy("a", wide) },
  ]);
  function lazy(name: string, bytes: Uint8Array) {
    return () => {
      asked.push(name);
      return bytes;
    };
  }
  assert.deepEqual(asked, ["a", "b"]);
  assert.equal(size, sink.size());
  const fromWide = sink.pieces.filter(({ buffer }) => buffer === wide.buffer);
  assert.equal(fromWide.reduce((sum, p) => sum + p.length, 0), wide.length);
  assert.ok(fromWide.length >= 3);
  assert.equal(sink.state(), "written, synced, closed");
});

Deno.test("writeSafetensors() goes on after short writes", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  const tensor: TensorToWrite = {
    name: "a",
    dtype: "U8",
    shape: [1000],
    bytes,
  };
  const whole = memorySink(Infinity);
  const short = memorySink(7);
  assert.deepEqual(
    await writeSafetensors(short, [tensor]),
    await writeSafetensors(whole, [tensor]),
  );
  assert.deepEqual(concatBytes(...short.pieces), concatBytes(...whole.pieces));
});

Deno.test("writeSafetensors() keeps the old file when it fails", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "model.safetensors");
  await Deno.writeTextFile(path, "old");
  const bytes = () => {
    throw new Error("the tensor was freed");
  };
  await assert.rejects(
    writeSafetensors(path, [{ name: "a", dtype: "U8", shape: [1], bytes }]),
    /the tensor was freed/,
  );
  assert.equal(await Deno.readTextFile(path), "old");
  assert.equal([...Deno.readDirSync(directory)].length, 1);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("writeSafetensors() refuses wrong input before it writes", async () => {
  const good = { name: "a", dtype: "F32", shape: [2] } as const;
  const bytes = new Uint8Array(8);
  const cases: [Iterable<TensorToWrite>, RegExp][] = [
    [
      [{ ...good, bytes }, { ...good, dtype: "I64", shape: [1], bytes }],
      /Cannot write tensor "a": the name is given twice/,
    ],
    [
      [{ ...good, bytes: new Uint8Array(7) }],
      /"a": it has 7 bytes, and its dtype and shape need 8/,
    ],
    [[{ ...good, shape: [-1], bytes }], /F32 \[-1\] is no whole number of b/],
    [[{ ...good, shape: [0.5], bytes }], /F32 \[0.5\] is no whole number of b/],
    [[{ ...good, name: "__metadata__", bytes }], /does not allow this name/],
    [[{ ...good, name: "\ud800", bytes }], /does not allow this name/],
  ];
  for (const [tensors, message] of cases) {
    const sink = memorySink(Infinity);
    await assert.rejects(writeSafetensors(sink, tensors), message);
    assert.equal(sink.size(), 0);
  }
});

Deno.test("writeSafetensors() refuses lazy bytes of the wrong length", async () => {
  const bytes = () => new Uint8Array(3);
  await assert.rejects(
    writeSafetensors(memorySink(Infinity), [
      { name: "a", dtype: "U8", shape: [4], bytes },
    ]),
    /"a": it has 3 bytes, and its dtype and shape need 4/,
  );
});

Deno.test("layoutSafetensors() round-trips any tensors, aligned", () => {
  const tensor = fc.record({
    name: fc.string({ unit: "binary", maxLength: 12 }),
    dtype: fc.constantFrom(...SAFETENSORS_DTYPES),
    shape: fc.array(fc.nat(5), { maxLength: 4 }),
  }).filter(({ name, dtype, shape }) =>
    name !== "__metadata__" && tensorByteLength(dtype, shape) !== undefined
  );
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name });
  const metadata = fc.dictionary(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(tensors, metadata, (tensors, metadata) => {
      const layout = layoutSafetensors(
        tensors.map((tensor) => ({ ...tensor, bytes: () => new Uint8Array() })),
        metadata,
      );
      const header = parseSafetensorsHeader(layout.head, {
        fileSize: layout.fileBytes,
      });
      assert.equal(header.dataOffset % 8, 0);
      assert.deepEqual({ ...header.metadata }, { ...metadata });
      assert.equal(header.tensors.size, tensors.length);
      for (const { name, dtype, shape } of tensors) {
        const entry = header.tensors.get(name);
        assert.ok(entry);
        assert.deepEqual([entry.dtype, entry.shape], [dtype, shape]);
        const elementBytes = tensorByteLength(dtype, [8]) ?? 0;
        if (elementBytes % 8 === 0) {
          assert.equal(entry.offset % (elementBytes / 8), 0);
        }
      }
    }),
    { numRuns: 300, seed: 2 },
  );
});

/** A file in memory that takes at most `limit` bytes a write. */
function memorySink(limit: number) {
  const pieces: Uint8Array[] = [];
  const log: string[] = [];
  const note = (event: string) => {
    if (log.at(-1) !== event) log.push(event);
  };
  const sink: FileSink = {
    write(bytes) {
      note("written");
      const piece = bytes.subarray(0, limit);
      pieces.push(piece);
      return Promise.resolve(piece.length);
    },
    sync: () => Promise.resolve(note("synced")),
    close: () => note("closed"),
  };
  const size = () => pieces.reduce((sum, { length }) => sum + length, 0);
  return { ...sink, pieces, size, state: () => log.join(", ") };
}

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  BatchLoader,
  bigramBaseline,
  openTokenFiles,
} from "../../lib/data/mod.ts";
import { allTokens, withFolder, writeFiles } from "./_helpers.ts";
import { prepare, STORIES } from "./_prepare.ts";

/** Written by litdata: see make_litdata.py. */
const LITDATA = join(import.meta.dirname!, "litdata");

/** The tokens of make_litdata.py. */
const EXPECTED = Array.from(
  { length: 12 },
  (_, document) =>
    Array.from(
      { length: 3 + document % 5 },
      (_, place) => (7 * document + place) % 100,
    ),
).flat();

const FOLDERS = [
  "torch_int16",
  "torch_int32",
  "torch_int64",
  "torch_uint16",
  "numpy_uint8",
  "numpy_uint16",
  "numpy_uint32",
  "numpy_uint64",
];

for (const name of FOLDERS) {
  Deno.test(`openTokenFiles() reads what litdata wrote: ${name}`, async () => {
    const folder = join(LITDATA, name);
    const shards = await openTokenFiles(folder, {
      maxVocab: 100,
      layout: "litdata",
    });
    assert.equal(shards.name, name);
    assert.deepEqual(allTokens(shards, "train"), EXPECTED);
    // As LitGPT has it where there are no folders of their own.
    assert.deepEqual(allTokens(shards, "val"), EXPECTED);
    assert.equal(shards.train.fingerprint, shards.val.fingerprint);
    const loader = new BatchLoader(shards, {
      split: "train",
      batchSize: 2,
      sequenceLength: 4,
      shuffle: false,
    });
    assert.deepEqual([...loader.next()], EXPECTED.slice(0, 10));
  });
}

Deno.test("openTokenFiles() tells tokens apart that differ", async () => {
  const fingerprints = await Promise.all(FOLDERS.map(async (name) => {
    const shards = await openTokenFiles(join(LITDATA, name), { maxVocab: 100 });
    return shards.train.fingerprint;
  }));
  // Two of them hold the same bytes.
  assert.equal(new Set(fingerprints).size, FOLDERS.length - 1);
});

Deno.test("openTokenFiles() takes litdata's splits by name, or train and val", async () => {
  await withFolder(async (folder) => {
    await copy(join(LITDATA, "torch_int32"), join(folder, "train"));
    await copy(join(LITDATA, "torch_int64"), join(folder, "val"));
    await copy(join(LITDATA, "numpy_uint16"), join(folder, "test"));
    const usual = await openTokenFiles(folder, { maxVocab: 100 });
    assert.deepEqual(allTokens(usual, "val"), EXPECTED);
    const named = await openTokenFiles(folder, {
      maxVocab: 100,
      splitNames: ["val", "test"],
    });
    assert.equal(named.train.fingerprint, usual.val.fingerprint);
    assert.notEqual(named.val.fingerprint, usual.val.fingerprint);
    await assert.rejects(
      openTokenFiles(folder, { maxVocab: 100, splitNames: ["val", "dev"] }),
      /dev: it holds no index\.json, so no chunks of litdata/,
    );
  });
});

Deno.test("openTokenFiles() refuses ids that the model does not have, when they are read", async () => {
  const folder = join(LITDATA, "torch_int64");
  const shards = await openTokenFiles(folder, { maxVocab: 70 });
  const at = EXPECTED.findIndex((id) => id >= 70);
  const some = new Int32Array(at);
  shards.train.copyTo(0, some);
  assert.deepEqual([...some], EXPECTED.slice(0, at));
  assert.throws(
    () => shards.train.copyTo(1, some),
    new RegExp(
      `^RangeError: Token ${at} of .*torch_int64, train is 70, but the model's padded_vocab_size is 70: choose a model`,
    ),
  );
});

Deno.test("openTokenFiles() refuses ids that are negative or need more than 31 bits", async () => {
  await withFolder(async (folder) => {
    for (
      const [name, tokens] of [
        ["torch_int64", BigInt64Array.of(5n, 2n ** 32n + 5n)],
        ["torch_int64", BigInt64Array.of(5n, -1n)],
        ["torch_int32", Int32Array.of(5, -1)],
        ["numpy_uint32", Uint32Array.of(5, 2 ** 31)],
      ] as const
    ) {
      await copy(join(LITDATA, name), folder);
      const chunk = join(folder, "chunk-0-0.bin");
      const bytes = await Deno.readFile(chunk);
      const offset = new DataView(bytes.buffer).getUint32(4, true);
      bytes.set(new Uint8Array(tokens.buffer), offset);
      await Deno.writeFile(chunk, bytes);
      const shards = await openTokenFiles(folder, { maxVocab: 100 });
      const read = new Int32Array(2);
      shards.train.copyTo(2, read);
      assert.throws(
        () => shards.train.copyTo(0, read),
        /Token 1 of .* is negative or far too large/,
        name,
      );
    }
  });
});

Deno.test("openTokenFiles() refuses by name what litdata wrote otherwise", async () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["no_loader", {}, /for litdata's PyTreeLoader, not for its TokensLoader/],
    [
      "no_loader",
      { item_loader: undefined },
      /no number of tokens \("dim"\) for chunk-0-0\.bin/,
    ],
    ["strings", {}, /for litdata's PyTreeLoader/],
    [
      "strings",
      { item_loader: undefined },
      /hold str, int, which is not one array of whole numbers/,
    ],
    ["torch_int32", { compression: "zstd" }, /are compressed with zstd: write/],
    [
      "torch_int32",
      { encryption: { algorithm: "fernet" } },
      /are encrypted: write/,
    ],
    [
      "torch_int32",
      { data_format: ["no_header_tensor:0"] },
      /hold no_header_tensor:0, which is not one array/,
    ],
    ["torch_int32", { data_format: null }, /hold nothing/],
  ];
  for (const [name, changes, message] of cases) {
    await withFolder(async (folder) => {
      await copy(join(LITDATA, name), folder);
      const path = join(folder, "index.json");
      const index = JSON.parse(await Deno.readTextFile(path));
      Object.assign(index.config, changes);
      await Deno.writeTextFile(path, JSON.stringify(index));
      await assert.rejects(
        openTokenFiles(folder, { maxVocab: 100 }),
        (error: Error) => {
          assert.match(error.message, message);
          assert.ok(
            error.message.startsWith(`Cannot read tokens in ${folder}`),
          );
          return true;
        },
      );
    });
  }
});

Deno.test("openTokenFiles() refuses damaged chunks and a missing or damaged index", async () => {
  const damages: [(folder: string) => Promise<void>, RegExp][] = [
    [
      (folder) => Deno.truncate(join(folder, "chunk-0-1.bin"), 60),
      /chunk-0-1\.bin: it has 60 bytes, and \d+ tokens of type int32 need \d+/,
    ],
    [
      (folder) => Deno.truncate(join(folder, "chunk-0-0.bin"), 3),
      /chunk-0-0\.bin: its header is not that of a chunk of 10 items/,
    ],
    [
      (folder) => Deno.writeTextFile(join(folder, "chunk-0-0.bin"), "no chunk"),
      /its header is not that of a chunk/,
    ],
    [
      (folder) => Deno.remove(join(folder, "chunk-0-1.bin")),
      /the chunk chunk-0-1\.bin is missing/,
    ],
    [
      (folder) => Deno.writeTextFile(join(folder, "index.json"), "{"),
      /its index\.json is not valid JSON/,
    ],
    [
      (folder) => Deno.writeTextFile(join(folder, "index.json"), '{"a": 1}'),
      /its index\.json is not one of litdata: .*chunks/,
    ],
    [
      (folder) =>
        Deno.writeTextFile(
          join(folder, "index.json"),
          '{"chunks": [], "config": null}',
        ),
      /its index\.json lists no chunks/,
    ],
    [
      (folder) => Deno.remove(join(folder, "index.json")),
      /no index\.json of litdata's in it, nor in folders train and val/,
    ],
  ];
  for (const [damage, message] of damages) {
    await withFolder(async (folder) => {
      await copy(join(LITDATA, "torch_int32"), folder);
      await damage(folder);
      await assert.rejects(
        openTokenFiles(folder, { maxVocab: 100, layout: "litdata" }),
        message,
      );
    });
  }
});

Deno.test("openTokenFiles() reads nanoGPT's train.bin and val.bin", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "train.bin": bytes(Uint16Array.of(1, 2, 50256, 4)),
      "val.bin": bytes(Uint16Array.of(9, 8)),
      "meta.pkl": "not looked at",
    });
    const shards = await openTokenFiles(folder, { maxVocab: 50257 });
    assert.deepEqual(allTokens(shards, "train"), [1, 2, 50256, 4]);
    assert.deepEqual(allTokens(shards, "val"), [9, 8]);

    await Deno.writeFile(join(folder, "train.bin"), new Uint8Array(3));
    await assert.rejects(
      openTokenFiles(folder, { maxVocab: 50257 }),
      /train\.bin: it has 3 bytes, and 1 tokens of type uint16 need 2/,
    );
    await Deno.remove(join(folder, "train.bin"));
    await assert.rejects(
      openTokenFiles(folder, { maxVocab: 50257 }),
      /it holds no train\.bin, nor a NAME_train_NUMBER\.bin/,
    );
  });
});

Deno.test("openTokenFiles() reads llm.c's shards of both kinds, in order", async () => {
  const shard = (magic: number, version: number, tokens: ArrayBufferView) => {
    const header = new Int32Array(256);
    const length = tokens.byteLength / (magic === 20240801 ? 4 : 2);
    header.set([magic, version, length]);
    const body = bytes(tokens);
    const file = new Uint8Array(1024 + body.length);
    file.set(new Uint8Array(header.buffer));
    file.set(body, 1024);
    return file;
  };
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "fineweb_train_000002.bin": shard(20240520, 1, Uint16Array.of(4, 5)),
      "fineweb_train_000001.bin": shard(20240520, 1, Uint16Array.of(1, 2, 3)),
      "fineweb_val_000000.bin": shard(20240801, 7, Uint32Array.of(100_000)),
    });
    const shards = await openTokenFiles(folder, { maxVocab: 128_256 });
    assert.deepEqual(allTokens(shards, "train"), [1, 2, 3, 4, 5]);
    assert.deepEqual(allTokens(shards, "val"), [100_000]);

    const refused: [Uint8Array, RegExp][] = [
      [
        shard(20240520, 1, Uint16Array.of(1)).subarray(0, 1025),
        /has 1025 bytes, and 1 tokens of type uint16 need 1026/,
      ],
      [
        shard(20240520, 2, Uint16Array.of(1)),
        /magic number 20240520 and version 2: expected 20240520 and 1, or 20240801 and 7/,
      ],
      [shard(20240522, 1, Uint16Array.of(1)), /magic number 20240522/],
    ];
    for (const [content, message] of refused) {
      const path = join(folder, "fineweb_val_000000.bin");
      await Deno.writeFile(path, content);
      await assert.rejects(
        openTokenFiles(folder, { maxVocab: 128_256 }),
        message,
      );
    }
  });
});

Deno.test("openTokenFiles() opens a prepared folder, and says what a folder without tokens lacks", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const { dir, manifest } = await prepare(folder);
    const shards = await openTokenFiles(dir, { maxVocab: 4096 });
    assert.equal(shards.train.length, manifest.splits.train.tokens);
    assert.equal(shards.isPrepared, true);
    await assert.rejects(
      openTokenFiles(dir, { maxVocab: 4095 }),
      /are of a vocabulary of 4096, but the model's padded_vocab_size is 4095/,
    );
    await assert.rejects(
      openTokenFiles(join(folder, "text"), { maxVocab: 4096 }),
      /there are no tokens in it: expected the manifest\.json/,
    );
    await assert.rejects(
      openTokenFiles(join(folder, "nowhere"), { maxVocab: 4096 }),
      /there are no tokens in it/,
    );
  });
});

Deno.test("openTokenFiles() leaves folders of other tools as they are", async () => {
  await withFolder(async (folder) => {
    await copy(join(LITDATA, "torch_int32"), folder);
    const before = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const shards = await openTokenFiles(folder, { maxVocab: 100 });
    const { loss } = await bigramBaseline(shards, { sequenceLength: 4 });
    assert.ok(loss > 0 && loss < 100);
    const after = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(after, before);
  });
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) {
    await Deno.copyFile(join(from, name), join(to, name));
  }
}

function bytes({ buffer, byteOffset, byteLength }: ArrayBufferView) {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { inlineEncoder, workerEncoder } from "../../lib/data/_encoder.ts";
import { openShards } from "../../lib/data/mod.ts";
import { loadTokenizer, type Tokenizer } from "../../lib/tokenizer/mod.ts";
import { allTokens, longText, withFolder, writeFiles } from "./_helpers.ts";
import {
  documentsIn,
  namesIn,
  prepare,
  STORIES,
  tokenizer,
} from "./_prepare.ts";

Deno.test("prepareDataset() makes shards that give back every document, each in one split", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), { ...STORIES, "zz.txt": " \n" });
    const { dir, manifest, reused } = await prepare(folder);
    assert.equal(reused, false);
    assert.deepEqual(await namesIn(dir), [
      "manifest.json",
      "train-00000.bin",
      "val-00000.bin",
    ]);
    const shards = await openShards(dir, { verify: true });
    const train = documentsIn(allTokens(shards, "train"));
    const val = documentsIn(allTokens(shards, "val"));
    assert.equal(train.length, 57);
    assert.equal(val.length, 3);
    const all = Object.values(STORIES).map((story) => story.trim());
    assert.deepEqual([...train, ...val].sort(), all.sort());

    assert.equal(manifest.dtype, "uint16");
    assert.equal(manifest.emptyDocuments, 1);
    assert.equal(manifest.sources.length, 61);
    assert.equal(manifest.splits.train.documents, 57);
    assert.equal(manifest.splits.val.tokens, shards.val.length);
    assert.equal(
      manifest.splits.train.textBytes + manifest.splits.val.textBytes,
      all.join("").length,
    );
    assert.equal(
      (await Deno.stat(join(dir, "train-00000.bin"))).size,
      2 * shards.train.length,
    );
  });
});

Deno.test("prepareDataset() puts bos and eos as it is told", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const firstOf = async (options: { bos?: boolean; eos?: boolean }) => {
      const { dir } = await prepare(folder, options);
      return allTokens(await openShards(dir), "train").slice(0, 20);
    };
    const inner = [
      ...tokenizer.encode("Story 0 of the whale.", { bos: false }),
    ];
    const next = tokenizer.encode("Story", { bos: false })[0];
    const n = inner.length;
    const bos = await firstOf({});
    assert.deepEqual(bos.slice(0, n + 2), [0, ...inner, 0]);
    const eos = await firstOf({ bos: false, eos: true });
    assert.deepEqual(eos.slice(0, n + 2), [...inner, 0, next]);
    const both = await firstOf({ bos: true, eos: true });
    assert.deepEqual(both.slice(0, n + 3), [0, ...inner, 0, 0]);
  });
});

Deno.test("prepareDataset() splits tokens into shards, opened as one sequence", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const whole = await openShards((await prepare(folder)).dir);
    const outDir = join(folder, "small");
    const { manifest } = await prepare(folder, { outDir, shardTokens: 100 });
    assert.deepEqual(
      manifest.splits.train.shards.map((shard) => shard.tokens),
      [
        ...new Array(Math.floor(whole.train.length / 100)).fill(100),
        whole.train.length % 100,
      ],
    );
    const small = await openShards(outDir, { verify: true });
    assert.deepEqual(allTokens(small, "train"), allTokens(whole, "train"));
    const middle = new Int32Array(150);
    small.train.copyTo(75, middle);
    assert.deepEqual([...middle], allTokens(whole, "train").slice(75, 225));
    assert.throws(
      () => small.train.copyTo(small.train.length - 149, middle),
      /^RangeError: Cannot copy tokens/,
    );
    const mapped: string[] = [];
    await openShards(outDir, {
      map: (path) => {
        mapped.push(path);
        return Deno.readFileSync(path);
      },
    });
    assert.equal(mapped.length, manifest.splits.train.shards.length + 1);
  });
});

Deno.test("prepareDataset() stores more than 65,536 ids in 32 bits", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const wide: Tokenizer = {
      ...tokenizer,
      vocabSize: 70_000,
      fingerprint: "wide",
      encode: (text, options) =>
        tokenizer.encode(text, options).map((id) => id && id + 65_000),
    };
    const { dir, manifest } = await prepare(folder, { tokenizer: wide });
    assert.equal(manifest.dtype, "uint32");
    const narrow = await openShards((await prepare(folder)).dir);
    assert.deepEqual(
      allTokens(await openShards(dir, { verify: true }), "train"),
      allTokens(narrow, "train").map((id) => id && id + 65_000),
    );
  });
});

Deno.test("prepareDataset() holds out the end of a single text", async () => {
  await withFolder(async (folder) => {
    const text = longText(200_000).trim();
    await writeFiles(folder, { "text/a.txt": text });
    const options = { train: "text/a.txt", shardTokens: 7000 };
    const { dir, manifest } = await prepare(folder, options);
    assert.match(dir, /prepared\/a-[0-9a-f]{12}$/);
    const shards = await openShards(dir, { verify: true });
    const whole = [...tokenizer.encode(text, { bos: true })];
    const train = allTokens(shards, "train");
    const val = allTokens(shards, "val");
    assert.deepEqual([...train, ...val], whole);
    assert.equal(val.length, Math.floor(whole.length * 0.05));
    const { splits } = manifest;
    assert.equal(splits.val.textBytes, tokenizer.decode(val).length);
    assert.equal(splits.train.textBytes + splits.val.textBytes, text.length);

    const other = await prepare(folder, { ...options, valFraction: 0.5 });
    const half = await openShards(other.dir, { verify: true });
    assert.equal(half.val.length, Math.floor(whole.length * 0.5));
    assert.deepEqual(
      [...allTokens(half, "train"), ...allTokens(half, "val")],
      whole,
    );
  });
});

Deno.test("prepareDataset() chooses the documents to hold out by the seed", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const heldOut = async (seed: number, valFraction = 0.05) => {
      const { dir } = await prepare(folder, { seed, valFraction });
      return documentsIn(allTokens(await openShards(dir), "val"));
    };
    const one = await heldOut(1);
    assert.notDeepEqual(await heldOut(2), one);
    assert.deepEqual(await heldOut(1), one);
    assert.equal((await heldOut(1, 0.1)).length, 6);
  });
});

Deno.test("prepareDataset() takes validation text from where it is told, and only there", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "text/a.txt": "one",
      "text/b.txt": "two",
      "text/held/c.txt": "three",
      "other.txt": "four",
    });
    const splitsOf = async (val: string) => {
      const { dir } = await prepare(folder, { val });
      const shards = await openShards(dir);
      return [
        documentsIn(allTokens(shards, "train")),
        documentsIn(allTokens(shards, "val")),
      ];
    };
    assert.deepEqual(
      await splitsOf("other.txt"),
      [["one", "two", "three"], ["four"]],
    );
    // Also where it lies within the training text.
    assert.deepEqual(await splitsOf("text/held"), [["one", "two"], ["three"]]);
    assert.deepEqual(await splitsOf("text/a.txt"), [["two", "three"], ["one"]]);
  });
});

Deno.test("prepareDataset() reports how far it is", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { "text/a.txt": longText(300_000) });
    const reports: string[] = [];
    let last;
    await prepare(folder, {
      onProgress: (progress) => {
        reports.push(progress.phase);
        last = progress;
      },
    });
    assert.deepEqual([...new Set(reports)], ["hashing", "encoding"]);
    const { size } = await Deno.stat(join(folder, "text/a.txt"));
    const { dir } = await prepare(folder);
    const { train, val } = await openShards(dir);
    assert.deepEqual(last, {
      phase: "encoding",
      bytes: size,
      totalBytes: size,
      tokens: train.length + val.length,
      documents: 1,
    });
  });
});

Deno.test("prepareDataset() refuses what cannot work before it starts", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "text/a.txt": "some text",
      "empty/a.txt": " ",
      "mine/notes.md": "precious",
    });
    await assert.rejects(
      prepare(folder, { maxVocab: 4095 }),
      /^RangeError: The tokenizer data\/tokenizer has 4096 ids, but the model's padded_vocab_size is 4095: choose another tokenizer or a larger vocabulary$/,
    );
    await prepare(folder, { maxVocab: 4096 });
    const bare: Tokenizer = await loadTokenizer(
      join(import.meta.dirname!, "../tokenizer/fixtures/byte_level"),
    );
    const directory = join(folder, "tokenizer");
    await Deno.mkdir(directory);
    await Deno.copyFile(bare.files[0]!, join(directory, "tokenizer.json"));
    const bosless = await loadTokenizer(directory);
    await assert.rejects(
      prepare(folder, { tokenizer: bosless }),
      /has no bos token/,
    );
    await prepare(folder, { tokenizer: bosless, bos: false });
    await assert.rejects(prepare(folder, { valFraction: -0.1 }), /valFraction/);
    await assert.rejects(prepare(folder, { seed: -1 }), /seed/);
    await assert.rejects(
      prepare(folder, { train: "empty" }),
      /^Error: Cannot prepare empty: there is no text in it$/,
    );
    await assert.rejects(
      prepare(folder, { val: "empty" }),
      /no text in the validation files/,
    );
    await assert.rejects(
      prepare(folder, { train: "empty", val: "text" }),
      /no text to train on/,
    );
    await assert.rejects(
      prepare(folder, { outDir: join(folder, "mine") }),
      /holds other files and would be replaced: choose another folder/,
    );
    await assert.rejects(
      prepare(folder, { outDir: join(folder, "mine/notes.md") }),
      /notes\.md: it is a file and would be replaced: choose another folder/,
    );
    assert.equal(
      await Deno.readTextFile(join(folder, "mine/notes.md")),
      "precious",
    );
    await assert.rejects(
      prepare(folder, { train: "nowhere" }),
      /there is no such path/,
    );
  });
});

Deno.test("workers encode as this thread does, and pass errors on", async () => {
  const settings = { bos: true, eos: true, dtype: "uint16" } as const;
  const batches = Array.from(
    { length: 6 },
    (_, batch) =>
      Array.from({ length: 5 }, (_, job) => ({
        text: `${longText(100 + 37 * batch + job)} caf\u00e9 \u{1f40b}`,
        begins: job % 2 === 0,
        ends: job % 3 === 0,
      })),
  );
  using inline = inlineEncoder(tokenizer, settings);
  using workers = workerEncoder(tokenizer, settings, 2);
  const [here, there] = await Promise.all(
    [inline, workers].map((encoder) =>
      Promise.all(batches.map((jobs) => encoder.encode(jobs)))
    ),
  );
  assert.deepEqual(there, here);
  const first = batches[0]![0]!;
  assert.equal(
    here![0]!.textBytes[0],
    new TextEncoder().encode(first.text).length,
  );
  assert.deepEqual(
    [...here![0]!.ids.slice(0, here![0]!.lengths[0])],
    [...tokenizer.encode(first.text, settings)],
  );

  using changed = workerEncoder(
    { ...tokenizer, fingerprint: "another" },
    settings,
    1,
  );
  await assert.rejects(
    changed.encode(batches[0]!),
    /data\/tokenizer changed while it was used/,
  );
});

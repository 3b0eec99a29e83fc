import assert from "node:assert/strict";
import { join } from "node:path";
import { openShards, type PrepareProgress } from "../../lib/data/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { allTokens, longText, withFolder, writeFiles } from "./_helpers.ts";
import {
  counting,
  documentsIn,
  namesIn,
  prepare,
  STORIES,
  tokenizer,
} from "./_prepare.ts";

Deno.test("prepareDataset() uses again what is unchanged, at once", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const counted = counting();
    const first = await prepare(folder, { tokenizer: counted });
    const { pieces } = counted;
    assert.equal(pieces, 60);
    const second = await prepare(folder, { tokenizer: counted });
    assert.equal(second.reused, true);
    assert.equal(second.dir, first.dir);
    assert.equal(counted.pieces, pieces);

    // Written again with the same content: hashed once, then known by its times.
    await writeFiles(join(folder, "text"), STORIES);
    assert.equal((await prepare(folder)).reused, true);
    const third = await prepare(folder);
    assert.deepEqual(
      third.manifest.sources[0]!.mtimeMs,
      (await Deno.stat(join(folder, "text/story-00.txt"))).mtime?.getTime(),
    );
  });
});

Deno.test("prepareDataset() prepares changed input again", async () => {
  await withFolder(async (folder) => {
    const text = join(folder, "text");
    await writeFiles(text, STORIES);
    const { dir } = await prepare(folder);
    const expectAnew = async (document: string, present: boolean) => {
      const prepared = await prepare(folder);
      assert.equal(prepared.reused, false);
      assert.equal(prepared.dir, dir);
      const shards = await openShards(dir, { verify: true });
      const documents = [
        ...documentsIn(allTokens(shards, "train")),
        ...documentsIn(allTokens(shards, "val")),
      ];
      assert.equal(documents.includes(document), present, document);
      assert.equal((await prepare(folder)).reused, true);
    };
    await writeFiles(text, { "story-07.txt": "Changed, and longer." });
    await expectAnew("Changed, and longer.", true);
    await writeFiles(text, { "new.txt": "Added." });
    await expectAnew("Added.", true);
    await Deno.remove(join(text, "new.txt"));
    await expectAnew("Added.", false);
    // As long as before, and with the times put back.
    const path = join(text, "story-08.txt");
    const { mtime, atime } = await Deno.stat(path);
    await Deno.writeTextFile(path, "  Story 8 of the shark.\n");
    await Deno.utime(path, atime!, mtime!);
    await expectAnew("Story 8 of the shark.", true);
    assert.deepEqual(await namesIn(join(folder, "prepared")), [
      dir.split("/").at(-1),
    ]);
  });
});

Deno.test("prepareDataset() keeps other settings and tokenizers apart", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const gpt2 = await loadTokenizer("gpt2");
    const variants = [
      {},
      { eos: true },
      { seed: 1 },
      { valFraction: 0.1 },
      { tokenizer: gpt2 },
      { val: "text/story-03.txt" },
    ];
    const dirs = new Set<string>();
    for (const variant of variants) {
      const { dir, reused } = await prepare(folder, variant);
      assert.equal(reused, false);
      dirs.add(dir);
    }
    assert.equal(dirs.size, variants.length);
  });
});

Deno.test("prepareDataset() leaves nothing that looks valid when interrupted, and goes on there", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "text/a.txt": longText(1_300_000),
      "text/b.txt": longText(700_000),
    });
    const options = { shardTokens: 50_000, checkpointBytes: 1 };
    const complete = await prepare(folder, {
      ...options,
      outDir: join(folder, "complete"),
    });
    const expected = complete.manifest.splits;

    const stopAt = (report: number, stop: () => void) => {
      let reports = 0;
      return ({ phase }: PrepareProgress) => {
        if (phase === "encoding" && ++reports === report) stop();
      };
    };
    const root = join(folder, "prepared");
    // 8 pieces in all, encoded in pairs. A failure without warning costs what
    // came after the last point that was written down, here after the first pair.
    await assert.rejects(
      prepare(folder, {
        ...options,
        onProgress: stopAt(3, () => {
          throw new Error("power cut");
        }),
      }),
      /power cut/,
    );
    const [partial, ...others] = await namesIn(root);
    assert.deepEqual(others, []);
    assert.match(partial!, /^\.text-.*\.partial$/);
    await assert.rejects(
      openShards(join(root, partial!)),
      /manifest\.json is missing/,
    );
    // An orderly stop costs nothing.
    const controller = new AbortController();
    const first = counting();
    await assert.rejects(
      prepare(folder, {
        ...options,
        tokenizer: first,
        signal: controller.signal,
        onProgress: stopAt(2, () => controller.abort()),
      }),
      { name: "AbortError" },
    );
    assert.equal(first.pieces, 4);
    const counted = counting();
    const resumed = await prepare(folder, { ...options, tokenizer: counted });
    assert.equal(counted.pieces, 2);
    assert.deepEqual(resumed.manifest.splits, expected);
    await openShards(resumed.dir, { verify: true });
    assert.equal((await namesIn(root)).length, 1);
  });
});

Deno.test("prepareDataset() does not go on with damaged remains, or of changed input", async () => {
  await withFolder(async (folder) => {
    const text = longText(1_300_000);
    const path = join(folder, "text/a.txt");
    await writeFiles(folder, { "text/a.txt": text });
    const options = { checkpointBytes: 1 };
    const root = join(folder, "prepared");
    const interrupt = async () => {
      const controller = new AbortController();
      let reports = 0;
      await assert.rejects(prepare(folder, {
        ...options,
        signal: controller.signal,
        onProgress: ({ phase }) => {
          if (phase === "encoding" && ++reports === 2) controller.abort();
        },
      }));
      const [partial] = await namesIn(root);
      return join(root, partial!);
    };
    const expectAll = async () => {
      const counted = counting();
      const { dir } = await prepare(folder, { ...options, tokenizer: counted });
      assert.equal(counted.pieces, 5);
      const shards = await openShards(dir, { verify: true });
      const tokens = [
        ...allTokens(shards, "train"),
        ...allTokens(shards, "val"),
      ];
      const now = (await Deno.readTextFile(path)).trim();
      assert.equal(tokenizer.decode(tokens), now);
      await Deno.remove(dir, { recursive: true });
    };
    await Deno.truncate(join(await interrupt(), "train-00000.bin"), 1000);
    await expectAll();
    await Deno.writeTextFile(join(await interrupt(), "journal.json"), '{"key"');
    await expectAll();
    await interrupt();
    await Deno.writeTextFile(path, `B${text.slice(1)}`);
    await expectAll();
  });
});

Deno.test("prepareDataset() prepares again what was damaged since", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const { dir } = await prepare(folder);
    const shard = join(dir, "train-00000.bin");
    const damages = [
      () => Deno.truncate(shard, 10),
      () => Deno.remove(shard),
      () => Deno.remove(join(dir, "manifest.json")),
      () => Deno.writeTextFile(join(dir, "manifest.json"), "{"),
    ];
    for (const damage of damages) {
      await damage();
      await assert.rejects(openShards(dir), /run `deno task prepare/);
      if (!(await namesIn(dir)).includes("manifest.json")) {
        // Without it nothing says that the folder is ours to replace.
        await assert.rejects(prepare(folder), /would be replaced/);
        await Deno.remove(dir, { recursive: true });
      }
      assert.equal((await prepare(folder)).reused, false);
      await openShards(dir, { verify: true });
    }
    const bytes = await Deno.readFile(shard);
    bytes[20]! ^= 1;
    await Deno.writeFile(shard, bytes);
    await assert.rejects(
      openShards(dir, { verify: true }),
      /train-00000\.bin is damaged, its SHA-256 is not the manifest's/,
    );
  });
});

Deno.test("prepareDataset() does not take its own folders for text", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, STORIES);
    const first = await prepare(folder, { train: "" });
    assert.equal(first.manifest.sources.length, 60);
    assert.equal((await prepare(folder, { train: "" })).reused, true);
    await prepare(folder, { train: "", outDir: join(folder, "mine") });
    const again = await prepare(folder, {
      train: "",
      outDir: join(folder, "mine"),
    });
    assert.equal(again.reused, true);
  });
});

Deno.test("prepareDataset() can run twice at a time", async () => {
  await withFolder(async (folder) => {
    await writeFiles(join(folder, "text"), STORIES);
    const both = await Promise.all([prepare(folder), prepare(folder)]);
    assert.deepEqual(both.map(({ reused }) => reused).sort(), [false, true]);
    await openShards(both[0].dir, { verify: true });
  });
});

import assert from "node:assert/strict";
import { bigramModel } from "../../lib/data/bigram.ts";
import {
  bigramBaseline,
  openShards,
  prepareDataset,
} from "../../lib/data/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import {
  countingShards,
  longText,
  withFolder,
  writeFiles,
} from "./_helpers.ts";

function close(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) < 1e-12,
    `expected ${expected}, got ${actual}`,
  );
}

Deno.test("bigramModel() gives what one gets by hand", () => {
  // 0 1 0 1 0 2 3: pairs 01 x2, 10 x2, 02 x1, 23 x1 in a vocabulary of 5.
  const p = bigramModel(
    [Uint16Array.of(0, 1, 0, 1), Uint16Array.of(0, 2, 3)],
    5,
  );
  // n1 = 2, n2 = 2: D = 2 / 6. 4 different pairs; each of 0, 1, 2, 3 follows one other.
  const D = 1 / 3;
  const seen = (1 - D + D * 4 / 5) / 4;
  const unseen = D * 4 / 5 / 4;
  // 0 occurs 3 times before another token, of which there are 2 kinds.
  close(p(0, 1), (2 - D + D * 2 * seen) / 3);
  close(p(0, 2), (1 - D + D * 2 * seen) / 3);
  close(p(0, 3), D * 2 * seen / 3);
  close(p(0, 4), D * 2 * unseen / 3);
  close(p(1, 0), (2 - D + D * 1 * seen) / 2);
  // 3 ends the text and 4 is never seen: nothing is known of what follows.
  close(p(3, 0), seen);
  close(p(4, 4), unseen);
});

Deno.test("bigramModel() adds up to 1 after every token", () => {
  const vocabSize = 30;
  const tokens = Uint16Array.from(
    { length: 500 },
    (_, index) => (index * index * 3 + index * 5) % 23,
  );
  const texts = [[tokens], [Uint16Array.of(4)], [], [Uint16Array.of(1, 1, 1)]];
  for (const text of texts) {
    const p = bigramModel(text, vocabSize);
    for (let previous = 0; previous < vocabSize; previous++) {
      let sum = 0;
      for (let next = 0; next < vocabSize; next++) sum += p(previous, next);
      close(sum, 1);
    }
  }
});

Deno.test("bigramBaseline() judges the windows of the loader, and keeps the result", async () => {
  await withFolder(async (root) => {
    await writeFiles(root, { "a.txt": longText(300_000) });
    const tokenizer = await loadTokenizer("data/tokenizer");
    const { dir } = await prepareDataset(
      { kind: "files", train: `${root}/a.txt` },
      { tokenizer, root: `${root}/prepared` },
    );
    const shards = await openShards(dir);
    const options = { sequenceLength: 16, maxWindows: 20 };
    const result = await bigramBaseline(shards, options);
    assert.equal(result.valTokens, 20 * 16);
    assert.equal(result.trainTokens, shards.train.length);

    const p = bigramModel(shards.train.blocks(), tokenizer.vocabSize);
    const tokens = new Int32Array(20 * 17);
    shards.val.copyTo(0, tokens);
    let sum = 0;
    for (let place = 1; place < tokens.length; place++) {
      if (place % 17 === 0) continue;
      sum -= Math.log(p(tokens[place - 1]!, tokens[place]!));
    }
    close(result.loss, sum / (20 * 16));

    const kept = JSON.parse(
      await Deno.readTextFile(`${dir}/bigram-16-20-${2 ** 25}.json`),
    );
    assert.equal(kept.loss, result.loss);
    assert.deepEqual(await bigramBaseline(shards, options), result);
    const all = await bigramBaseline(shards, { sequenceLength: 16 });
    assert.equal(all.valTokens, Math.floor(shards.val.length / 17) * 16);
  });
});

Deno.test("bigramBaseline() needs a window", async () => {
  await assert.rejects(
    bigramBaseline(countingShards(10), { sequenceLength: 10 }),
    /^RangeError: The validation tokens in memory are too few for a window of 10 \+ 1: 10 there$/,
  );
});

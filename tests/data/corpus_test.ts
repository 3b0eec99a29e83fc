import assert from "node:assert/strict";
import {
  bigramBaseline,
  loadCorpus,
  openShards,
  prepareDataset,
} from "../../lib/data/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { allTokens, withFolder } from "./_helpers.ts";

Deno.test("loadCorpus() gives the same documents and split each time", async () => {
  const documents = await loadCorpus();
  assert.equal(documents.length, 372);
  assert.equal(documents[0]!.name, "moby-dick/Contents");
  assert.equal(documents[3]!.name, "moby-dick/1 Loomings.");
  assert.match(documents[3]!.text, /^Call me Ishmael\. Some years ago/);
  assert.equal(documents[139]!.name, "sotu/1790 George Washington");
  const val = documents.filter((document) => document.split === "val");
  assert.equal(val.length, 18);
  assert.equal(val[0]!.name, "moby-dick/17 The Ramadan.");
  const trainTexts = new Set(
    documents.filter(({ split }) => split === "train").map(({ text }) => text),
  );
  assert.ok(val.every(({ text }) => !trainTexts.has(text)));
});

Deno.test("prepareDataset() prepares the default corpus", async () => {
  await withFolder(async (root) => {
    const tokenizer = await loadTokenizer("data/tokenizer");
    const prepared = await prepareDataset({ kind: "corpus" }, {
      tokenizer,
      root,
      maxVocab: 4096,
    });
    const { splits } = prepared.manifest;
    assert.equal(splits.train.tokens, 2_746_515);
    assert.equal(splits.train.documents, 354);
    assert.equal(splits.val.tokens, 116_097);
    assert.equal(splits.val.documents, 18);

    const shards = await openShards(prepared.dir, { verify: true });
    const val = allTokens(shards, "val");
    assert.equal(val.filter((id) => id === tokenizer.bosId).length, 18);
    const documents = await loadCorpus();
    const text = documents
      .filter((document) => document.split === "val")
      .map((document) => document.text.trim()).join("");
    assert.equal(tokenizer.decode(val), text);

    const { loss } = await bigramBaseline(shards, { sequenceLength: 256 });
    assert.ok(Math.abs(loss - 4.5502) < 1e-3, `bigram loss ${loss}`);

    const again = await prepareDataset({ kind: "corpus" }, { tokenizer, root });
    assert.equal(again.reused, true);
  });
});

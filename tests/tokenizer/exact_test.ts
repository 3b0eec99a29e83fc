import { Tokenizer as Engine } from "@huggingface/tokenizers";
import fc from "fast-check";
import assert from "node:assert/strict";
import { join } from "node:path";
import { withUnicodeSpaces } from "../../lib/tokenizer/_exact.ts";
import {
  gpt2TokenizerFiles,
  loadTokenizer,
  textStream,
} from "../../lib/tokenizer/mod.ts";

const SENTENCEPIECE = join(import.meta.dirname!, "fixtures/sentencepiece");

Deno.test("withUnicodeSpaces() gives \\s the meaning it has outside JavaScript, and nothing else", () => {
  const pattern = withUnicodeSpaces(/[^\s\p{L}]+|\\s|\S\s/gu);
  assert.equal(
    pattern.source,
    "[^\\p{White_Space}\\p{L}]+|\\\\s|\\P{White_Space}\\p{White_Space}",
  );
  assert.equal(pattern.flags, "gu");
  const bytes = /\s/g;
  assert.equal(withUnicodeSpaces(bytes), bytes);
  const isSpace = withUnicodeSpaces(/^\s$/u);
  assert.deepEqual(
    ["\u0085", "\ufeff", "\u00a0", "\n", "x"].map((text) => isSpace.test(text)),
    [true, false, true, true, false],
  );
});

Deno.test("gpt2 takes U+0085 for white space and U+FEFF for none, as Python's tokenizers do", async () => {
  const tokenizer = await loadTokenizer("gpt2");
  // From Python's tokenizers 0.23.3 with GPT-2's tokenizer.json.
  const expected: [string, number[]][] = [
    ["a \u0085b", [64, 220, 126, 227, 65]],
    ["\u0085\u0085's", [126, 227, 126, 227, 338]],
    ["\ufeffhello", [171, 119, 123, 31373]],
    ["x\ufeff!", [87, 171, 119, 123, 0]],
    ["\u2003\u0085 z", [447, 225, 126, 227, 1976]],
    ["'\u017f It'S", [6, 129, 123, 632, 6, 50]],
  ];
  for (const [text, ids] of expected) {
    assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text));
    assert.equal(tokenizer.decode(ids), text);
  }
});

Deno.test("gpt2TokenizerFiles() is the same tokenizer for other tools", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = await gpt2TokenizerFiles();
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const { model } = JSON.parse(files["tokenizer.json"]);
    assert.equal(model.merges.length, 50_000);
    assert.deepEqual(model.merges.slice(0, 3), [["\u0120", "t"], [
      "\u0120",
      "a",
    ], ["h", "e"]]);
    const written = await loadTokenizer(folder);
    const builtIn = await loadTokenizer("gpt2");
    assert.equal(written.vocabSize, builtIn.vocabSize);
    assert.equal(written.bosId, builtIn.bosId);
    assert.equal(written.eosId, builtIn.eosId);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        assert.deepEqual(written.encode(text), builtIn.encode(text));
      }),
      { seed: 4 },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("gpt2 joins a word of any length as the library does, in no time", async () => {
  const tokenizer = await loadTokenizer("gpt2");
  const engine = new Engine(
    JSON.parse((await gpt2TokenizerFiles())["tokenizer.json"]),
    {},
  );
  const word = Array.from(
    { length: 5000 },
    (_, index) => "acgtkxq"[(index * index + index) % 7],
  ).join("");
  assert.deepEqual([...tokenizer.encode(word)], engine.encode(word).ids);
  const long = word.repeat(40);
  const started = performance.now();
  assert.equal(tokenizer.decode(tokenizer.encode(long)), long);
  assert.ok(performance.now() - started < 20_000);
});

Deno.test("byte tokens that are no UTF-8 give one U+FFFD each, as Python's tokenizers have it", async () => {
  const tokenizer = await loadTokenizer(SENTENCEPIECE);
  const id = (byte: number) => {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    return vocabulary[name]!;
  };
  const vocabulary: Record<string, number> = JSON.parse(
    await Deno.readTextFile(join(SENTENCEPIECE, "tokenizer.json")),
  ).model.vocab;
  const decode = (...bytes: number[]) => tokenizer.decode(bytes.map(id));
  assert.equal(decode(0xf0, 0x9f, 0x90, 0x8b), "\u{1f40b}");
  // The whole run is judged, not each of its characters.
  assert.equal(decode(0x41, 0xf0, 0x9f, 0x90), "\ufffd".repeat(4));
  assert.equal(decode(0x41), "A");
  assert.equal(decode(0xef, 0xbb, 0xbf), "\ufeff");
  const stream = textStream(tokenizer);
  const parts = [0xf0, 0x9f, 0x90, 0x8b].map((byte) => stream.push(id(byte)));
  assert.deepEqual(parts, ["", "", "", "\u{1f40b}"]);
});

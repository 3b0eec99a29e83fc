import { Tokenizer as Engine } from "@huggingface/tokenizers";
import fc from "fast-check";
import gpt2Reference from "gpt-tokenizer/encoding/r50k_base";
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  loadTokenizer,
  textStream,
  type Tokenizer,
} from "../../lib/tokenizer/mod.ts";
import expected from "./fixtures/expected.json" with { type: "json" };

const FIXTURES = join(import.meta.dirname!, "fixtures");
const DIRECTORIES = {
  "data/tokenizer": "data/tokenizer",
  byte_level: join(FIXTURES, "byte_level"),
  sentencepiece: join(FIXTURES, "sentencepiece"),
};

/** Ids with nothing put before or after them, nor taken away. */
function plainIds(tokenizer: Tokenizer, text: string): number[] {
  const options = { bos: false, eos: false, begins: false, ends: false };
  return [...tokenizer.encode(text, options)];
}

function streamed(tokenizer: Tokenizer, ids: Iterable<number>): string {
  const stream = textStream(tokenizer);
  let text = "";
  for (const id of ids) text += stream.push(id);
  return text + stream.end();
}

/** Text with much white space, punctuation and characters of 1 to 4 bytes. */
const anyText = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(..." \n\t'.,-12abcsTHE") },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1 }) },
  ),
  maxLength: 60,
});

for (const [name, cases] of Object.entries(expected)) {
  Deno.test(`${name} gives the ids and texts of Python's tokenizers`, async () => {
    const directory = DIRECTORIES[name as keyof typeof DIRECTORIES];
    const tokenizer = await loadTokenizer(directory);
    for (const { text, ids, decoded } of cases) {
      // LitGPT's rule for what is not wanted.
      const inner = ids[0] === tokenizer.bosId ? ids.slice(1) : ids;
      if (inner.at(-1) === tokenizer.eosId) inner.pop();
      const encoded = tokenizer.encode(text, { bos: false, eos: false });
      assert.deepEqual([...encoded], inner, text);
      assert.equal(tokenizer.decode(ids), decoded, text);
    }
  });
}

Deno.test("gpt2 gives GPT-2's ids", async () => {
  const tokenizer = await loadTokenizer("gpt2");
  assert.deepEqual([...tokenizer.encode("Hello world")], [15496, 995]);
  assert.deepEqual(
    [...tokenizer.encode("one<|endoftext|>two")],
    [505, 50256, 11545],
  );
  assert.equal(tokenizer.decode([505, 50256, 11545]), "onetwo");
});

Deno.test("gpt2 equals the library, word by word or not", async () => {
  const tokenizer = await loadTokenizer("gpt2");
  fc.assert(fc.property(anyText, (text) => {
    const reference = gpt2Reference.encode(text, {
      disallowedSpecial: new Set(),
    });
    assert.deepEqual(plainIds(tokenizer, text), reference);
  }));
});

Deno.test("data/tokenizer equals the library, word by word or not", async () => {
  const tokenizer = await loadTokenizer("data/tokenizer");
  const engine = new Engine(
    JSON.parse(await Deno.readTextFile("data/tokenizer/tokenizer.json")),
    {},
  );
  fc.assert(fc.property(anyText, (text) => {
    assert.deepEqual(plainIds(tokenizer, text), engine.encode(text).ids);
  }));
});

Deno.test("decode() undoes encode() for all text", async () => {
  const tokenizers = await Promise.all(
    ["data/tokenizer", "gpt2", DIRECTORIES.byte_level].map(loadTokenizer),
  );
  fc.assert(fc.property(anyText, (text) => {
    for (const tokenizer of tokenizers) {
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
    }
  }));
});

Deno.test("encode() takes a word of any length", async () => {
  const tokenizer = await loadTokenizer("gpt2");
  const genome = "ACGTTGCA".repeat(20_000);
  assert.equal(tokenizer.decode(tokenizer.encode(genome)), genome);
});

Deno.test("encode() puts bos and eos there once, or takes them away", async () => {
  const tokenizer = await loadTokenizer(DIRECTORIES.byte_level);
  const { bosId, eosId } = tokenizer;
  const inner = plainIds(tokenizer, "the sea");
  const encode = (text: string, bos: boolean, eos: boolean) => [
    ...tokenizer.encode(text, { bos, eos }),
  ];
  // The template of this tokenizer begins every text with bos by itself.
  assert.deepEqual(encode("the sea", true, false), [bosId, ...inner]);
  assert.deepEqual(encode("the sea", false, false), inner);
  assert.deepEqual(encode("the sea", false, true), [...inner, eosId]);
  assert.deepEqual(encode("the sea", true, true), [bosId, ...inner, eosId]);
  assert.deepEqual(encode("", true, true), [bosId, eosId]);
  const written = "the sea<|end_of_text|>";
  assert.deepEqual(encode(written, false, true), [...inner, eosId]);
  assert.deepEqual(encode(written, false, false), inner);
});

Deno.test("encode() begins with bos by itself where the tokenizer is used to", async () => {
  const corpus = await loadTokenizer("data/tokenizer");
  assert.equal(corpus.encode("the sea")[0], corpus.bosId);
  assert.notEqual(corpus.encode("the sea", { bos: false })[0], corpus.bosId);
  // bos and eos are one id here: an empty text keeps its bos.
  assert.deepEqual([...corpus.encode("")], [0]);
  assert.deepEqual([...corpus.encode("", { bos: true, eos: true })], [0, 0]);
  const gpt2 = await loadTokenizer("gpt2");
  assert.deepEqual([...gpt2.encode("")], []);
});

Deno.test("encode() of the parts of a document equals that of the whole", async () => {
  for (const directory of Object.values(DIRECTORIES)) {
    const tokenizer = await loadTokenizer(directory);
    const settings = { bos: true, eos: true };
    const parts = [
      { text: "The sea, the ship\n", begins: true, ends: false },
      { text: "<|endoftext|>and the whale;\n", begins: false, ends: false },
      { text: "it was the best of times.", begins: false, ends: true },
    ];
    const whole = parts.map((part) => part.text).join("");
    assert.deepEqual(
      parts.flatMap(({ text, begins, ends }) => [
        ...tokenizer.encode(text, { ...settings, begins, ends }),
      ]),
      directory === DIRECTORIES.sentencepiece
        ? sentencePieceParts(tokenizer, parts.map((part) => part.text))
        : [...tokenizer.encode(whole, settings)],
    );
  }
});

/** Its normalizer puts a space before every part: that is what a seam costs there. */
function sentencePieceParts(tokenizer: Tokenizer, texts: string[]): number[] {
  return [
    tokenizer.bosId!,
    ...texts.flatMap((text) => plainIds(tokenizer, text)),
    tokenizer.eosId!,
  ];
}

Deno.test("encode() names the token that is missing", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.copyFile(
      join(DIRECTORIES.byte_level, "tokenizer.json"),
      join(directory, "tokenizer.json"),
    );
    const tokenizer = await loadTokenizer(directory);
    assert.throws(
      () => tokenizer.encode("the sea", { bos: true }),
      /^RangeError: The tokenizer .* has no bos token: name one as "bos_token" in its tokenizer_config\.json, or ask for none \(bos: false\)$/,
    );
    assert.throws(
      () => tokenizer.encode("the sea", { eos: true }),
      /has no eos token/,
    );
    assert.ok(tokenizer.encode("the sea").length > 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("decode() gives no text for special tokens and unknown ids", async () => {
  for (const directory of ["gpt2", ...Object.values(DIRECTORIES)]) {
    const tokenizer = await loadTokenizer(directory);
    const ids = plainIds(tokenizer, "sea");
    const { bosId, eosId, vocabSize } = tokenizer;
    assert.equal(
      tokenizer.decode([bosId!, ...ids, vocabSize + 3, eosId!]),
      tokenizer.decode(ids),
    );
    assert.equal(tokenizer.decode([]), "");
    assert.equal(tokenizer.decode([bosId!]), "");
  }
});

Deno.test("textStream() gives out whole characters only, together all of the text", async () => {
  for (const directory of ["gpt2", ...Object.values(DIRECTORIES)]) {
    const tokenizer = await loadTokenizer(directory);
    for (const { text } of expected["data/tokenizer"]) {
      const ids = tokenizer.encode(text, { bos: true, eos: true });
      const stream = textStream(tokenizer);
      const parts = [...ids].map((id) => stream.push(id));
      assert.ok(parts.every((part) => !part.includes("\ufffd")), text);
      assert.equal(parts.join("") + stream.end(), tokenizer.decode(ids));
    }
  }
});

Deno.test("textStream() equals decode() for any ids", async () => {
  const tokenizers = await Promise.all(
    ["data/tokenizer", "gpt2", DIRECTORIES.byte_level].map(loadTokenizer),
  );
  fc.assert(fc.property(fc.array(fc.nat({ max: 255 })), (ids) => {
    for (const tokenizer of tokenizers) {
      assert.equal(streamed(tokenizer, ids), tokenizer.decode(ids));
    }
  }));
});

Deno.test("textStream() ends with U+FFFD for half a character", async () => {
  for (const directory of ["gpt2", ...Object.values(DIRECTORIES)]) {
    const tokenizer = await loadTokenizer(directory);
    const ids = plainIds(tokenizer, "a \u{1f40a}");
    const stream = textStream(tokenizer);
    const text = ids.slice(0, -1).map((id) => stream.push(id)).join("");
    assert.equal(text, "a ");
    assert.match(stream.end(), /^\ufffd+$/);
  }
});

Deno.test("textStream() goes on after a prompt", async () => {
  for (const directory of ["gpt2", ...Object.values(DIRECTORIES)]) {
    const tokenizer = await loadTokenizer(directory);
    const ids = tokenizer.encode("The sea \u{1f40b} and the ship", {
      bos: true,
    });
    for (let length = 1; length < ids.length; length++) {
      const prompt = ids.subarray(0, length);
      // A prompt that ends within a character cannot be shown whole.
      if (tokenizer.decode(prompt).endsWith("\ufffd")) continue;
      const stream = textStream(tokenizer, prompt);
      const rest = [...ids.subarray(length)].map((id) => stream.push(id));
      assert.equal(
        tokenizer.decode(prompt) + rest.join("") + stream.end(),
        tokenizer.decode(ids),
      );
    }
  }
});

/**
 * tokenizer.json of the kinds that models come with, against Python's tokenizers:
 * the same ids and the same text on 10 MB of prose, code, all of Unicode and
 * bytes. Run by `deno task test:interop`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { loadCorpus } from "../../../lib/data/corpus.ts";
import { Random } from "../../../lib/data/random.ts";
import { loadTokenizer } from "../../../lib/tokenizer/mod.ts";
import { textsBelow } from "../../_texts.ts";
import { PYTHON_VARIABLE } from "./_peer.ts";

const PYTHON = Deno.env.get(PYTHON_VARIABLE);
const KINDS = ["llama2", "mixtral", "llama3", "gpt2", "qwen2"];
const TOTAL_BYTES = 10e6;
const CODE = /\.(ts|cc|h|cu|py|yaml)$/;

const SPECIAL = [
  ...["<s>", "</s>", "<unk>", "[INST]", "[/INST]", "<0x41>"],
  ...["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|endoftext|>"],
  // White space to some and not to others, contractions in odd letters, marks.
  ...["\u0085", "\ufeff", "\u180e", "\u200b", "'\u017f", "'LL", "'s", "\u0301"],
  ...["<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<|im_"],
];

/**
 * Marks that combine since versions of Unicode that are newer than the table in
 * Python's tokenizers, which therefore orders them otherwise in normal form C:
 * all 120 code points where it differs from that of Deno 2.9.
 */
const NEWER_MARKS =
  /[\u07fd\u0897-\u089f\u08ca-\u08d3\u09fe\u0c3c\u0d3b\u0d3c\u0eba\u1715\u1abf-\u1ace\u1df6-\u1dfa\ua82c\u{10d24}-\u{10d27}\u{10d69}-\u{10d6d}\u{10eab}\u{10eac}\u{10efd}-\u{10eff}\u{10f46}-\u{10f50}\u{10f82}-\u{10f85}\u{11070}\u{1133b}\u{113ce}-\u{113d0}\u{1145e}\u{11839}\u{1183a}\u{1193d}\u{1193e}\u{11943}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11d42}\u{11d44}\u{11d45}\u{11d97}\u{11f41}\u{11f42}\u{1612f}\u{16ff0}\u{16ff1}\u{1e08f}\u{1e130}-\u{1e136}\u{1e2ae}\u{1e2ec}-\u{1e2ef}\u{1e4ec}-\u{1e4ef}\u{1e5ee}\u{1e5ef}]/u;

Deno.test({
  name:
    "tokenizer.json of Llama, Mixtral, GPT-2 and Qwen: the ids and texts of Python's tokenizers on 10 MB",
  ignore: PYTHON === undefined,
  async fn(context) {
    const folder = await Deno.makeTempDir({ prefix: "moebius-tokenizers-" });
    try {
      const prose = (await loadCorpus()).map(({ text }) => text);
      const training = join(folder, "training.jsonl");
      await writeLines(training, prose.filter((_, index) => index % 8 === 0));
      await python("make", folder, training);
      const texts = mixedTexts(prose);
      const utf8 = new TextEncoder();
      const bytes = texts.reduce((sum, t) => sum + utf8.encode(t).length, 0);
      assert.ok(bytes >= TOTAL_BYTES);
      await writeLines(join(folder, "texts.jsonl"), texts);
      for (const kind of KINDS) {
        await context.step(
          `${kind}: ${texts.length} texts, ${bytes} bytes`,
          () => compare(folder, kind, texts),
        );
        await context.step(
          `${kind}: lists of random ids decode alike`,
          () => compareDecoding(folder, kind),
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function compare(
  folder: string,
  kind: string,
  texts: readonly string[],
): Promise<void> {
  const tokenizer = await loadTokenizer(join(folder, kind));
  const [ids, decoded] = [join(folder, "ids.bin"), join(folder, "decoded")];
  const json = join(folder, kind, "tokenizer.json");
  await python("encode", json, join(folder, "texts.jsonl"), ids, decoded);
  const expectedIds = readIds(await Deno.readFile(ids));
  const expectedTexts = await readLines(decoded);
  assert.equal(expectedIds.length, texts.length);
  let differing = 0;
  let message = "";
  for (const [index, text] of texts.entries()) {
    const expected = expectedIds[index]!;
    // LitGPT's rule for what is not wanted.
    const start = Number(expected[0] === tokenizer.bosId);
    const end = expected.length -
      Number(expected.length > start && expected.at(-1) === tokenizer.eosId);
    const actual = tokenizer.encode(text, { bos: false, eos: false });
    const sameIds = equal(actual, expected.subarray(start, end));
    const sameText = tokenizer.decode(expected) === expectedTexts[index];
    if (sameIds && sameText) continue;
    differing++;
    message ||= describe(text, {
      ids: [actual, expected.subarray(start, end)],
      texts: [tokenizer.decode(expected), expectedTexts[index]!],
    });
  }
  assert.equal(differing, 0, `${differing} of ${texts.length}: ${message}`);
}

async function compareDecoding(folder: string, kind: string): Promise<void> {
  const tokenizer = await loadTokenizer(join(folder, kind));
  const random = new Random(7);
  const lists = Array.from(
    { length: 3000 },
    () =>
      Int32Array.from(
        { length: 1 + random.below(12) },
        // The lowest ids are bytes, of which characters may be incomplete.
        () => random.below(random.below(2) === 0 ? 300 : tokenizer.vocabSize),
      ),
  );
  const [ids, decoded] = [join(folder, "random.bin"), join(folder, "decoded")];
  const flat = lists.flatMap((list) => [list.length, ...list]);
  await Deno.writeFile(ids, new Uint8Array(Int32Array.from(flat).buffer));
  await python("decode", join(folder, kind, "tokenizer.json"), ids, decoded);
  const expected = await readLines(decoded);
  const wrong = lists.flatMap((list, index) => {
    const text = tokenizer.decode(list);
    if (text === expected[index]) return [];
    return [`${list}: ${JSON.stringify([text, expected[index]])}`];
  });
  assert.equal(wrong.length, 0, `${wrong.length}: ${wrong[0]}`);
}

/** Prose, code, Unicode and bytes in texts of 1 to 4,000 characters, with special tokens and odd spaces in them. */
function mixedTexts(prose: readonly string[]): string[] {
  const random = new Random(42);
  const code = [
    ...["lib", "ffi", "shim", "tests"].flatMap((folder) =>
      textsBelow(folder, CODE)
    ),
  ].join("\n");
  const book = prose.join("\n\n");
  const makers: [share: number, make: (length: number) => string][] = [
    [0.55, (length) => piece(book, length, random)],
    [0.25, (length) => piece(code, length, random)],
    [0.12, (length) => unicode(length / 8, random)],
    [0.08, (length) => latin(length / 4, random)],
  ];
  const utf8 = new TextEncoder();
  return makers.flatMap(([share, make]) => {
    const texts: string[] = [];
    for (let bytes = 0; bytes < share * TOTAL_BYTES;) {
      const parts = [make(1 + random.below(4000))];
      while (random.below(3) === 0) {
        parts.push(
          random.below(2) === 0
            ? SPECIAL[random.below(SPECIAL.length)]!
            : " \n\t\r".charAt(random.below(4)).repeat(1 + random.below(20)),
        );
        if (random.below(2) === 0) parts.push(make(1 + random.below(200)));
        if (random.below(4) === 0) parts.reverse();
      }
      const text = parts.join("").toWellFormed();
      texts.push(text);
      bytes += utf8.encode(text).length;
    }
    return texts;
  });
}

function piece(text: string, length: number, random: Random): string {
  const start = random.below(text.length - length);
  return text.slice(start, start + length);
}

/** Runs of characters of one script, and characters of all of Unicode. */
function unicode(length: number, random: Random): string {
  let text = "";
  while (text.length < length) {
    const anywhere = random.below(3) === 0;
    const base = random.below(0x110) << 8;
    for (let run = random.below(24); run >= 0; run--) {
      const point = anywhere
        ? random.below(0x110000)
        : random.below(4) === 0
        ? 0x300 + random.below(0x70)
        : base + random.below(256);
      const character = String.fromCodePoint(point);
      if (!NEWER_MARKS.test(character)) text += character;
    }
    text += random.below(2) === 0 ? " " : "";
  }
  return text;
}

/** Any bytes, each as a character. */
function latin(length: number, random: Random): string {
  return Array.from(
    { length: 1 + length },
    () => String.fromCharCode(random.below(256)),
  ).join("");
}

function describe(
  text: string,
  { ids: [actual, expected], texts }: {
    ids: [Int32Array, Int32Array];
    texts: [string, string];
  },
): string {
  const at = actual.findIndex((id, index) => id !== expected[index]);
  return `${JSON.stringify(text.slice(0, 200))}: ids differ at ${at}: ${
    actual.slice(Math.max(0, at - 2), at + 5)
  } here, ${expected.slice(Math.max(0, at - 2), at + 5)} in Python; ${
    texts[0] === texts[1] ? "texts equal" : JSON.stringify(
      texts.map((t) => t.slice(0, 100)),
    )
  }`;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

function readIds(bytes: Uint8Array<ArrayBuffer>): Int32Array[] {
  const flat = new Int32Array(bytes.buffer);
  const lists: Int32Array[] = [];
  for (let place = 0; place < flat.length;) {
    const end = place + 1 + flat[place]!;
    lists.push(flat.subarray(place + 1, end));
    place = end;
  }
  return lists;
}

async function writeLines(
  path: string,
  texts: readonly string[],
): Promise<void> {
  const lines = texts.map((text) => `${JSON.stringify(text)}\n`);
  await Deno.writeTextFile(path, lines.join(""));
}

async function readLines(path: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  return lines.map((line): string => JSON.parse(line));
}

async function python(...args: string[]): Promise<void> {
  const peer = join(import.meta.dirname!, "tokenizers_peer.py");
  const { success, stderr } = await new Deno.Command(PYTHON ?? "python3", {
    args: [peer, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

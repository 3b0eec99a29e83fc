import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { documents, type TextPiece } from "../../lib/data/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { longText, withFolder, writeFiles } from "./_helpers.ts";
import { PARQUET } from "./_parquet.ts";

async function textsOf(
  files: Record<string, string | Uint8Array>,
  options: { path?: string; textField?: string } = {},
): Promise<string[]> {
  const { path = "", ...rest } = options;
  let texts: string[] = [];
  await withFolder(async (folder) => {
    await writeFiles(folder, files);
    const pieces = documents(join(folder, path), rest);
    texts = (await Array.fromAsync(pieces)).map((piece) => piece.text);
  });
  return texts;
}

function refused(
  files: Record<string, string | Uint8Array>,
  message: RegExp,
): Promise<void> {
  return assert.rejects(textsOf(files), message);
}

Deno.test("documents() reads .txt files, stripped, each one document", async () => {
  assert.deepEqual(
    await textsOf({
      "b.txt": "\n second\r\nline \n",
      "a.txt": "\ufefffirst",
      "sub/c.TXT": "third\rline",
      ".hidden.txt": "no",
      ".git/d.txt": "no",
      "notes.md": "no",
      "empty.txt": " \n ",
    }),
    ["first", "second\nline", "", "third\nline"],
  );
});

Deno.test("documents() reads one file", async () => {
  const files = { "a.txt": "first", "b.txt": "second" };
  assert.deepEqual(await textsOf(files, { path: "b.txt" }), ["second"]);
});

Deno.test("documents() reads .jsonl: objects or strings, a line each", async () => {
  const lines = [
    '{"text": "one\\n\\"two\\"", "id": 1}',
    "",
    '"a string"',
    '{"id": 2, "text": null}',
    '{"text": "\\ud83d\\udc0b \\ud83d"}',
  ];
  const expected = ['one\n"two"', "a string", "", "\u{1f40b} \ufffd"];
  assert.deepEqual(await textsOf({ "a.jsonl": lines.join("\n") }), expected);
  assert.deepEqual(
    await textsOf({ "a.jsonl": lines.join("\r\n") + "\r\n" }),
    expected,
  );
});

Deno.test("documents() reads .json: an array, one object, or lines", async () => {
  const array = [
    { text: 'brackets ]}[{ "quoted, \\"' },
    "a string, with a comma",
    { nested: [{ text: "not this" }], text: "this" },
  ];
  const expected = [array[0], array[1], "this"]
    .map((item) => typeof item === "object" ? item.text : item);
  for (const indent of [0, 2]) {
    const json = JSON.stringify(array, null, indent);
    assert.deepEqual(await textsOf({ "a.json": ` ${json}\n` }), expected);
  }
  assert.deepEqual(
    await textsOf({ "a.json": JSON.stringify({ text: "one" }, null, 2) }),
    ["one"],
  );
  assert.deepEqual(
    await textsOf({ "a.json": '{"text": "one"}\n{"text": "two"}\n' }),
    ["one", "two"],
  );
  assert.deepEqual(
    await textsOf({ "a.json": "[]", "b.txt": "some" }),
    ["some"],
  );
});

Deno.test("documents() reads an array longer than one chunk of its file", async () => {
  const array = Array.from({ length: 30_000 }, (_, index) => ({
    text: `story ${index} "\u{1f40b}" ${"x".repeat(index % 90)}.`,
  }));
  assert.deepEqual(
    await textsOf({ "a.json": JSON.stringify(array) }),
    array.map((item) => item.text),
  );
});

Deno.test("documents() reads the text column of .csv", async () => {
  const csv = 'id,text,more\n1,"one, ""two""\nthree",x\n2,plain,y\n';
  assert.deepEqual(await textsOf({ "a.csv": csv }), [
    'one, "two"\nthree',
    "plain",
  ]);
  assert.deepEqual(await textsOf({ "a.csv": csv }, { textField: "more" }), [
    "x",
    "y",
  ]);
});

Deno.test("documents() reads the text column of .parquet", async () => {
  assert.deepEqual(await textsOf({ "a.parquet": PARQUET }), [
    "The first story.",
    "na\u00efve \u{1f40b}",
    "",
  ]);
});

Deno.test("documents() cuts long documents where tokens end anyway", async () => {
  const tokenizers = await Promise.all(
    ["data/tokenizer", "gpt2"].map(loadTokenizer),
  );
  const text = longText(1_200_000);
  await withFolder(async (folder) => {
    await writeFiles(folder, { "a.txt": text, "b.txt": "the next" });
    const pieces = await Array.fromAsync(documents(folder));
    const first = pieces.slice(0, -1);
    assert.equal(first.length, 5);
    assert.ok(pieces.every((piece) => piece.text.length <= 2 ** 18));
    assert.equal(first.map((piece) => piece.text).join(""), text.trim());
    assert.deepEqual(pieces.map((piece) => [piece.begins, piece.ends]), [
      [true, false],
      [false, false],
      [false, false],
      [false, false],
      [false, true],
      [true, true],
    ]);
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.bytes, 0),
      text.length + 8,
    );
    for (const tokenizer of tokenizers) {
      const settings = { bos: true, eos: true };
      const encode = ({ text, begins, ends }: TextPiece) => [
        ...tokenizer.encode(text, { ...settings, begins, ends }),
      ];
      assert.deepEqual(
        first.flatMap(encode),
        [...tokenizer.encode(text.trim(), settings)],
      );
    }
  });
});

Deno.test("documents() cuts text without spaces, but no character", async () => {
  const text = "\u{1f40b}".repeat(300_000);
  await withFolder(async (folder) => {
    await writeFiles(folder, { "a.txt": `x${text}` });
    const pieces = await Array.fromAsync(documents(folder));
    assert.equal(pieces.length, 3);
    assert.ok(pieces.every((piece) => piece.text.isWellFormed()));
    assert.equal(pieces.map((piece) => piece.text).join(""), `x${text}`);
  });
});

Deno.test("documents() names file and offset of bytes that are no UTF-8", async () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const at = (offset: number) =>
    new RegExp(
      `^TypeError: Cannot read .*a\\.txt as UTF-8: undecodable byte .*at offset ${offset}: convert the file`,
    );
  await refused({ "a.txt": bytes([0xff]) }, at(0));
  await refused({ "a.txt": bytes("caf", [0xe9], " au lait") }, at(3));
  await refused({ "a.txt": bytes("caf\u00e9", [0x80]) }, at(5));
  await refused({ "a.txt": bytes("whale ", [0xf0, 0x9f, 0x90]) }, at(6));
  // A whole file is read in chunks of 2^20 bytes: within, across and after the border.
  const chunk = "x".repeat(2 ** 20 - 1);
  await refused({ "a.txt": bytes(chunk, [0xff], "x") }, at(2 ** 20 - 1));
  await refused({ "a.txt": bytes(chunk, [0xf0, 0x9f], "x") }, at(2 ** 20 - 1));
  await refused({ "a.txt": bytes(chunk, "\u00e9x", [0xff]) }, at(2 ** 20 + 2));
  await refused(
    { "a.csv": bytes("text\ncaf", [0xe9], "\n") },
    /a\.csv as UTF-8: undecodable byte 0xe9 at offset 8/,
  );
  await refused(
    { "a.jsonl": bytes('"caf', [0xe9], '"\n') },
    /a\.jsonl as UTF-8: undecodable byte 0xe9 at offset 4/,
  );
});

Deno.test("documents() reads characters that lie across chunks", async () => {
  const text = "x".repeat(2 ** 20 - 2) + "\u{1f40b}";
  assert.equal((await textsOf({ "a.txt": text })).join(""), text);
});

Deno.test("documents() says what is wrong, and where", async () => {
  await assert.rejects(
    Array.fromAsync(documents("no/such/place")),
    /^Error: Cannot read text from no\/such\/place: there is no such path$/,
  );
  await refused(
    {},
    /it holds no \.txt, \.jsonl, \.json, \.csv, \.parquet file/,
  );
  await refused({ "a.md": "x" }, /it holds no \.txt/);
  await refused({ "a.txt": "", "b.csv": "" }, /all its files are empty/);
  await assert.rejects(
    textsOf({ "a.txt": "" }, { path: "a.txt" }),
    /a\.txt: it is empty/,
  );
  await assert.rejects(
    textsOf({ "a.md": "x" }, { path: "a.md" }),
    /its kind is not known/,
  );
  await refused(
    { "a.jsonl": '"x"\n{"text": 3}\n' },
    /^TypeError: Cannot read .*a\.jsonl, line 2: expected a string or an object with a string "text", got an object whose "text" is a number$/,
  );
  await refused(
    { "a.jsonl": '"x"\n\n{"story": "y"}\n' },
    /line 3: .*got an object with "story"$/,
  );
  await refused({ "a.jsonl": '"x"\n{' }, /line 2: it is not valid JSON/);
  await refused({ "a.json": '["x", {]' }, /a\.json.*it is not valid JSON/);
  await refused({ "a.json": '["x", "y"' }, /the array .* does not end/);
  await refused({ "a.json": '["x"] "y"' }, /is followed by more/);
  await refused({ "a.json": '["x", ]' }, /element 2: it is not valid JSON/);
  await refused({ "a.json": "3" }, /expected a string .* got a number/);
  await refused(
    { "a.csv": "id,body\n1,x\n" },
    /^TypeError: Cannot read .*a\.csv: it has no column "text", only "id", "body"$/,
  );
  await refused(
    { "a.csv": "id,text\n1,x\n1,x,3\n" },
    /^SyntaxError: Cannot read .*a\.csv: it is not valid CSV/,
  );
  await refused({ "a.parquet": "PAR1 not" }, /a\.parquet: it is not Parquet/);
  await assert.rejects(
    textsOf({ "a.parquet": PARQUET }, { textField: "body" }),
    /it has no column "body", only "id", "text"/,
  );
  await assert.rejects(
    textsOf({ "a.parquet": PARQUET }, { textField: "id" }),
    /row 1: expected a string in column "id", got a bigint/,
  );
});

Deno.test("documents() refuses a file that changes while it is read", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { "a.txt": longText(600_000) });
    const pieces = documents(folder);
    await pieces.next();
    await Deno.writeTextFile(join(folder, "a.txt"), "more", { append: true });
    await assert.rejects(
      Array.fromAsync(pieces),
      /a\.txt: it changed while it was read/,
    );
  });
});

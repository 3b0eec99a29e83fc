import assert from "node:assert/strict";
import { parse, parseAll, stringify } from "@std/yaml";
import { parse as parseOnly } from "@std/yaml/parse";
import { stringify as stringifyOnly } from "@std/yaml/stringify";

Deno.test("parse() reads every way of writing a number that configurations use", () => {
  const numbers: [text: string, value: number][] = [
    ["1e-4", 0.0001],
    ["3e-4", 0.0003],
    ["4.0e-05", 0.00004],
    ["1.0e-05", 0.00001],
    [".5", 0.5],
    ["+3", 3],
    ["3000000000000", 3e12],
    ["1_000_000", 1000000],
    ["0x1F", 31],
    ["0b101", 5],
    ["012", 10],
    [".inf", Infinity],
  ];
  for (const [text, value] of numbers) {
    assert.deepEqual(parse(`x: ${text}`), { x: value }, text);
  }
});

Deno.test("parse() leaves what only looks like a number or a boolean as text", () => {
  for (
    const text of ["1:30", "1_", "_1", "bf16-mixed", "32-true", "on", "no"]
  ) {
    assert.deepEqual(parse(`x: ${text}`), { x: text });
  }
});

Deno.test("parse() reads dates, null, empty values and lists", () => {
  assert.deepEqual(parse("a: 2024-05-01\nb: ~\nc:\nd: [0.9, 0.95]"), {
    a: new Date("2024-05-01T00:00:00Z"),
    b: null,
    c: null,
    d: [0.9, 0.95],
  });
});

Deno.test("parse() merges mappings", () => {
  const text = "base: &base {lr: 1e-3, eps: 1e-8}\nown: {<<: *base, lr: 2e-3}";
  assert.deepEqual(parse(text), {
    base: { lr: 1e-3, eps: 1e-8 },
    own: { lr: 2e-3, eps: 1e-8 },
  });
});

Deno.test("parse() returns null for an empty document", () => {
  assert.equal(parse(""), null);
  assert.equal(parse("# nothing\n"), null);
});

Deno.test("parse() refuses duplicate keys unless asked not to", () => {
  assert.throws(() => parse("a: 1\na: 2"), SyntaxError);
  assert.deepEqual(parse("a: 1\na: 2", { allowDuplicateKeys: true }), { a: 2 });
});

Deno.test("parse() refuses broken YAML and a second document", () => {
  assert.throws(() => parse("a: [1, 2"), SyntaxError);
  assert.throws(() => parse("a: 1\n  b: 2"), SyntaxError);
  assert.throws(() => parse("a: 1\n---\nb: 2"), SyntaxError);
});

Deno.test("parse() keeps scalars as text with the failsafe schema", () => {
  assert.deepEqual(parse("x: 1", { schema: "failsafe" }), { x: "1" });
});

Deno.test("parseAll() reads several documents", () => {
  assert.deepEqual(parseAll("a: 1\n---\nb: 2"), [{ a: 1 }, { b: 2 }]);
});

Deno.test("stringify() writes what parse() reads back", () => {
  const value = {
    int: 3e12,
    float: 1e-7,
    text: ["1_000", "012", "yes", "1e-5", "2024-05-01", "", "a: b"],
    nothing: null,
    date: new Date("2024-05-01T12:00:00Z"),
    nested: { list: [[1, 2], [{ a: 1 }]] },
  };
  assert.deepEqual(parse(stringify(value)), value);
});

Deno.test("stringify() follows std's options", () => {
  const shared = { b: 1 };
  const value = { z: [1, 2], a: shared, c: shared };
  assert.equal(
    stringify(value, { sortKeys: true, useAnchors: false, arrayIndent: false }),
    "a:\n  b: 1\nc:\n  b: 1\nz:\n- 1\n- 2\n",
  );
  assert.equal(stringify({ a: [1, 2] }, { flowLevel: 1 }), "a: [1, 2]\n");
  assert.equal(
    stringify({ a: 31 }, { styles: { "!!int": "hexadecimal" } }),
    "a: 0x1F\n",
  );
  assert.equal(stringify("yes"), "'yes'\n");
  assert.equal(stringify("yes", { compatMode: false }), "yes\n");
});

Deno.test("stringify() refuses a function unless asked to skip it", () => {
  assert.throws(() => stringify({ a: () => 1 }), TypeError);
  assert.equal(
    stringify({ a: () => 1, b: 2 }, { skipInvalid: true }),
    "b: 2\n",
  );
});

Deno.test("the sub-paths of @std/yaml hold the same functions", () => {
  assert.equal(parseOnly, parse);
  assert.equal(stringifyOnly, stringify);
});

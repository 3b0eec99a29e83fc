import assert from "node:assert/strict";
import { parse, stringify } from "@std/csv";
import { parse as parseOnly } from "@std/csv/parse";
import { stringify as stringifyOnly } from "@std/csv/stringify";

Deno.test("parse() returns rows of text", () => {
  assert.deepEqual(parse("a,b,c\n1,,3\n"), [["a", "b", "c"], ["1", "", "3"]]);
});

Deno.test("parse() reads quoted values", () => {
  assert.deepEqual(parse('"a ""word""","x,y","two\nlines"\r\nfoo,bar,baz'), [
    ['a "word"', "x,y", "two\nlines"],
    ["foo", "bar", "baz"],
  ]);
});

Deno.test("parse() skips a byte-order mark, empty lines and comments", () => {
  assert.deepEqual(parse("\ufeffa,b\n\n#c,d\ne,#f\n", { comment: "#" }), [
    ["a", "b"],
    ["e", "#f"],
  ]);
});

Deno.test("parse() names columns by the first row or by option", () => {
  const text = "step,loss\n1,9.2\n2,8.1";
  assert.deepEqual(parse(text, { skipFirstRow: true }), [
    { step: "1", loss: "9.2" },
    { step: "2", loss: "8.1" },
  ]);
  const rows = parse(text, { skipFirstRow: true, columns: ["s", "l"] });
  assert.deepEqual(rows.map((row) => row.l), ["9.2", "8.1"]);
  assert.deepEqual(parse("1,2", { columns: ["x", "y"] }), [{ x: "1", y: "2" }]);
});

Deno.test("parse() follows separator, trimLeadingSpace and lazyQuotes", () => {
  assert.deepEqual(parse("a\tb", { separator: "\t" }), [["a", "b"]]);
  assert.deepEqual(parse('a, "b"', { trimLeadingSpace: true }), [["a", "b"]]);
  assert.deepEqual(parse('a"b,c', { lazyQuotes: true }), [['a"b', "c"]]);
});

Deno.test("parse() refuses misplaced and missing quotes", () => {
  assert.throws(() => parse('a,b"c'), SyntaxError);
  assert.throws(() => parse('a,"b'), SyntaxError);
});

Deno.test("parse() counts the values of each row when asked", () => {
  assert.deepEqual(parse("a,b\nc"), [["a", "b"], ["c"]]);
  assert.throws(() => parse("a,b\nc", { fieldsPerRecord: 0 }), SyntaxError);
  assert.throws(() => parse("a,b\nc,d", { fieldsPerRecord: 3 }), SyntaxError);
  assert.throws(() => parse("a,b\nc", { skipFirstRow: true }), SyntaxError);
  assert.throws(() => parse("", { skipFirstRow: true }), TypeError);
});

Deno.test("stringify() writes arrays, with RFC 4180's line ends", () => {
  assert.equal(
    stringify([["Rick", 70], ["Morty", 14]]),
    "Rick,70\r\nMorty,14\r\n",
  );
});

Deno.test("stringify() quotes separators, quotes and line feeds only", () => {
  assert.equal(
    stringify([["a b", "x,y", 'q"', "two\nlines", null, undefined, true, {
      a: 1,
    }]]),
    'a b,"x,y","q""","two\nlines",,,true,"{""a"":1}"\r\n',
  );
});

Deno.test("stringify() takes columns of objects by path and name", () => {
  const data = [{ name: { first: "Rick" }, age: 70, runs: [3, 4] }];
  const columns = [["name", "first"], { prop: "age", header: "years" }, [
    "runs",
    1,
  ]];
  assert.equal(stringify(data, { columns }), "first,years,1\r\nRick,70,4\r\n");
  assert.equal(stringify(data, { columns, headers: false }), "Rick,70,4\r\n");
});

Deno.test("stringify() follows separator and bom", () => {
  assert.equal(
    stringify([[1, 2]], { separator: "\t", bom: true }),
    "\ufeff1\t2\r\n",
  );
  assert.throws(() => stringify([[1]], { separator: '"' }), TypeError);
});

Deno.test("stringify() refuses objects without columns", () => {
  assert.throws(() => stringify([{ a: 1 }]), TypeError);
});

Deno.test("parse() reads back what stringify() writes", () => {
  const rows = [["a,b", 'say "hi"'], ["two\nlines", ""], [" padded ", "#x"]];
  assert.deepEqual(parse(stringify(rows)), rows);
});

Deno.test("the sub-paths of @std/csv hold the same functions", () => {
  assert.equal(parseOnly, parse);
  assert.equal(stringifyOnly, stringify);
});

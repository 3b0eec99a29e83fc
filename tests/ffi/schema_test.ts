import { strict as assert } from "node:assert";
import { operatorSchemas } from "../../ffi/mod.ts";
import { parseSchema, type SchemaValue } from "../../ffi/schema.ts";

const value = (type: string, rest: Partial<SchemaValue> = {}): SchemaValue => ({
  name: "",
  type,
  repeats: false,
  written: false,
  optional: false,
  keywordOnly: false,
  ...rest,
});

Deno.test("parseSchema() reads names, types, defaults and keyword-only arguments", () => {
  assert.deepEqual(
    parseSchema(
      "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    ),
    {
      name: "aten::sum.dim_IntList",
      args: [
        value("Tensor", { name: "self" }),
        value("int[]?", { name: "dim", repeats: true }),
        value("bool", { name: "keepdim", optional: true }),
        value("ScalarType?", {
          name: "dtype",
          optional: true,
          keywordOnly: true,
        }),
      ],
      returns: [value("Tensor")],
    },
  );
});

Deno.test("parseSchema() keeps commas and brackets of defaults together", () => {
  const { args } = parseSchema(
    'aten::x(Tensor input, int[2] stride=[1, 1], str mode="none", float[] p=[], Scalar s=-0.5) -> ()',
  );
  assert.deepEqual(args.map(({ name }) => name), [
    "input",
    "stride",
    "mode",
    "p",
    "s",
  ]);
  assert.deepEqual(args.map(({ optional }) => optional), [
    false,
    true,
    true,
    true,
    true,
  ]);
});

Deno.test("parseSchema() tells which values an operator writes to", () => {
  const { args, returns } = parseSchema(
    "aten::x(Tensor(a!) self, Tensor(b) view, Tensor(c!)[] list, Tensor[](d!) other, Tensor(e|f) both, *, Tensor(g!) out) -> (Tensor(a!), Tensor(b)[])",
  );
  assert.deepEqual(args.map(({ written }) => written), [
    true,
    false,
    true,
    true,
    false,
    true,
  ]);
  assert.deepEqual(args.map(({ type }) => type), [
    "Tensor",
    "Tensor",
    "Tensor[]",
    "Tensor[]",
    "Tensor",
    "Tensor",
  ]);
  assert.deepEqual(returns, [
    value("Tensor", { written: true }),
    value("Tensor[]"),
  ]);
});

Deno.test("parseSchema() reads several results, named results and none", () => {
  const named = parseSchema(
    "aten::topk(Tensor self, SymInt k) -> (Tensor values, Tensor indices)",
  );
  assert.deepEqual(named.returns.map(({ name }) => name), [
    "values",
    "indices",
  ]);
  assert.deepEqual(parseSchema("aten::x() -> ()"), {
    name: "aten::x",
    args: [],
    returns: [],
  });
  const alias = parseSchema("aten::t(Tensor(a) self) -> Tensor(a)");
  assert.deepEqual(alias.returns, [value("Tensor")]);
  const list = parseSchema(
    "aten::split(Tensor(a -> *) self, int n) -> Tensor(a)[]",
  );
  assert.deepEqual(list.returns, [value("Tensor[]")]);
  assert.equal(list.args[0]?.type, "Tensor");
});

Deno.test("parseSchema() reads lists of optional values and optional lists", () => {
  const { args } = parseSchema(
    "aten::x(Tensor?[] indices, SymInt[2]? size, bool[3] mask) -> Tensor",
  );
  assert.deepEqual(args.map(({ type }) => type), [
    "Tensor?[]",
    "SymInt[]?",
    "bool[]",
  ]);
  assert.deepEqual(args.map(({ repeats }) => repeats), [false, true, true]);
});

Deno.test("parseSchema() refuses what is no schema", () => {
  for (const text of ["", "aten::x", "aten::x(Tensor self)", "x) -> ("]) {
    assert.throws(() => parseSchema(text), SyntaxError);
  }
  assert.throws(
    () => parseSchema("aten::x(Tensor self what ever) -> Tensor"),
    { name: "SyntaxError", message: /"Tensor self what ever"/ },
  );
});

Deno.test("parseSchema() reads every operator of this libtorch", () => {
  const schemas = ["aten", "moebius", "quantized", "_c10d_functional"]
    .flatMap((namespace) => operatorSchemas(namespace));
  assert.ok(schemas.length > 3000);
  for (const text of schemas) {
    const { name, args } = parseSchema(text);
    assert.ok(text.startsWith(`${name}(`));
    assert.ok(args.every((arg) => arg.name !== ""), text);
  }
});

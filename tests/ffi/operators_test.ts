import { strict as assert } from "node:assert";
import { declare, generate } from "../../ffi/generate_operators.ts";
import { buildInfo, operatorSchemas } from "../../ffi/mod.ts";
import { parseSchema } from "../../ffi/schema.ts";

const PATH = new URL("../../ffi/operators.generated.ts", import.meta.url);

Deno.test("declare() types optional, repeated, named and written values", () => {
  const declared = (schema: string) => declare(parseSchema(schema));
  assert.equal(
    declared(
      "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    ),
    '  "sum.dim_IntList": (self: Tensor, dim: number | readonly number[] | null, keepdim?: boolean, options?: { dtype?: DType | null }) => Tensor;',
  );
  assert.equal(
    declared("aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor"),
    '  "index.Tensor": (self: Tensor, indices: readonly (Tensor | null)[]) => Tensor;',
  );
  assert.equal(
    declared(
      "moebius::x(Tensor self, Tensor other, *, float eps) -> (Tensor a, int b)",
    ),
    '  "moebius::x": (self: Tensor, other: Tensor | number, options: { eps: number }) => [Tensor, number];',
  );
  assert.equal(
    declared("aten::x(Tensor(a!)[] self) -> ()"),
    '  "x": (self: readonly Tensor[]) => void;',
  );
});

Deno.test("declare() leaves out operators whose types cannot cross the border", () => {
  assert.equal(
    declare(parseSchema("aten::x(Tensor self, Dimname dim) -> Tensor")),
    undefined,
  );
  assert.equal(
    declare(parseSchema("aten::x(Tensor self) -> Storage")),
    undefined,
  );
});

// Other versions of libtorch have other operators.
Deno.test({
  name: "operators.generated.ts is what its generator writes for libtorch 2.13",
  ignore: !/^2\.13\./.test(buildInfo().torch),
  fn: async () => {
    const source = generate([
      ...operatorSchemas("aten"),
      ...operatorSchemas("moebius"),
    ]);
    const format = new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--ext=ts", "-"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = format.stdin.getWriter();
    await writer.write(new TextEncoder().encode(source));
    await writer.close();
    const { stdout } = await format.output();
    assert.ok(
      new TextDecoder().decode(stdout) === Deno.readTextFileSync(PATH),
      "it is out of date: run `deno task generate-operators`",
    );
  },
});

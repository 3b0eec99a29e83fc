import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { DTYPES } from "../../ffi/dtype.ts";
import { ErrorBuffer } from "../../ffi/error.ts";
import { ABI_VERSION, asyncSymbols, symbols } from "../../ffi/symbols.ts";

const HEADER = new URL("../../shim/moebius.h", import.meta.url);
const header = Deno.readTextFileSync(HEADER);

interface Prototype {
  name: string;
  parameters: string[];
  result: string;
  anyThread: boolean;
}

const HANDLES = [...header.matchAll(/^typedef uint32_t (moe_\w+);$/gm)]
  .map((match) => match[1]);

function kindOf(type: string): string {
  if (type.includes("*")) return "buffer";
  const base = type.trim().split(" ")[0] ?? "";
  if (HANDLES.includes(base)) return "u32";
  const kinds: Record<string, string> = {
    int32_t: "i32",
    int64_t: "i64",
    uint32_t: "u32",
    double: "f64",
  };
  assert.ok(kinds[base] !== undefined, `the header uses the type "${type}"`);
  return kinds[base];
}

/** Every function of the header, in its order. */
function prototypes(): Prototype[] {
  const found: Prototype[] = [];
  let comment = "";
  const pattern =
    /\/\*([\s\S]*?)\*\/|^([a-z][\w ]*?(?: |\* ?))(moe_\w+)\(([^)]*)\);/gm;
  for (const match of header.matchAll(pattern)) {
    const [, text, result = "", name = "", parameters = ""] = match;
    if (text !== undefined) {
      comment = text;
      continue;
    }
    found.push({
      name,
      parameters: parameters === "void"
        ? []
        : parameters.split(",").map((parameter) => kindOf(parameter)),
      result: result.includes("*") ? "pointer" : kindOf(result),
      anyThread: comment.includes("[any-thread]"),
    });
    comment = "";
  }
  return found;
}

/** The numbers of an enum, by name. */
function enumOf(name: string): Record<string, number> {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? "";
  return Object.fromEntries(
    [...body.matchAll(/MOE_(\w+) = (\d+)/g)]
      .map(([, key = "", value]) => [key, Number(value)]),
  );
}

function defined(name: string): number {
  return Number(new RegExp(`^#define ${name} (\\d+)$`, "m").exec(header)?.[1]);
}

Deno.test("symbols holds every function of moebius.h, with its types and in its order", () => {
  const found = prototypes();
  // As many prototypes as there are lines that could be one: the parser missed none.
  const declared = header.match(/^[a-z][\w *]*\bmoe_\w+\(/gm) ?? [];
  assert.equal(found.length, declared.length);
  assert.ok(found.length > 40);
  assert.deepEqual(
    Object.entries(symbols).map(([name, { parameters, result }]) => ({
      name,
      parameters: [...parameters],
      result,
    })),
    found.map(({ name, parameters, result }) => ({ name, parameters, result })),
  );
});

Deno.test("asyncSymbols are functions that moebius.h marks [any-thread], unchanged but nonblocking", () => {
  const marked = prototypes().filter(({ anyThread }) => anyThread);
  const waiting = Object.values(asyncSymbols);
  assert.ok(waiting.length > 0);
  for (const symbol of waiting) {
    const prototype = marked.find(({ name }) => name === symbol.name);
    assert.ok(prototype !== undefined, `${symbol.name} is not [any-thread]`);
    assert.deepEqual([...symbol.parameters], prototype.parameters);
    assert.equal(symbol.result, prototype.result);
    assert.equal(symbol.nonblocking, true);
  }
  // moe_live_count returns at once: there is nothing to wait for.
  assert.deepEqual(
    marked.map(({ name }) => name).filter((name) => name !== "moe_live_count"),
    waiting.map(({ name }) => name).sort((left, right) =>
      header.indexOf(`${left}(`) - header.indexOf(`${right}(`)
    ),
  );
});

Deno.test("ABI_VERSION is that of moebius.h", () => {
  assert.equal(defined("MOE_ABI_VERSION"), ABI_VERSION);
});

Deno.test("DTYPES are numbered as enum moe_dtype", () => {
  assert.deepEqual(
    enumOf("moe_dtype"),
    Object.fromEntries(DTYPES.map((name, i) => [name.toUpperCase(), i])),
  );
});

Deno.test("ErrorBuffer is a moe_error and names every code of moebius.h", () => {
  const buffer = new ErrorBuffer();
  assert.equal(buffer.bytes.length, 8 + defined("MOE_ERROR_CAPACITY"));
  const { OK, ...codes } = enumOf("moe_error_code");
  assert.equal(OK, 0);
  assert.ok(Object.keys(codes).length >= 6);
  for (const [name, code] of Object.entries(codes)) {
    new Int32Array(buffer.bytes.buffer).set([code, 3]);
    new TextEncoder().encodeInto("why?", buffer.bytes.subarray(8));
    const error = buffer.take();
    assert.equal(error.kind, name.toLowerCase().replaceAll("_", " "));
    assert.equal(error.message, "why");
  }
});

const compiler = ["cc", "gcc", "clang"].find((name) => {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
});

Deno.test({
  name: "moebius.h is C11 (needs a C compiler)",
  ignore: compiler === undefined,
  fn: () => {
    const folder = Deno.makeTempDirSync({ prefix: "moebius-header-" });
    try {
      const source = `${folder}/header.c`;
      Deno.writeTextFileSync(
        source,
        `#include "moebius.h"
_Static_assert(sizeof(moe_value) == 16, "call.ts writes 16 bytes a value");
_Static_assert(sizeof(moe_error) == 8 + MOE_ERROR_CAPACITY, "error.ts");
int main(void) { return moe_abi_version() != MOE_ABI_VERSION; }
`,
      );
      const { success, stderr } = new Deno.Command(compiler!, {
        args: [
          ..."-std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -I".split(
            " ",
          ),
          fileURLToPath(new URL(".", HEADER)),
          source,
        ],
      }).outputSync();
      assert.ok(success, new TextDecoder().decode(stderr));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

import { strict as assert } from "node:assert";
import { unpickle } from "../../lib/interop/mod.ts";
import { PickledTensor } from "../../lib/interop/pickle_values.ts";
import { pickleOf, string, tensorOf } from "./_pickles.ts";

const read = (...parts: readonly (string | Uint8Array)[]) =>
  unpickle(pickleOf("\x80\x02", ...parts), "evil.pth");

/** What an attacker would try, and what a file should never hold. */
const REFUSED: Readonly<
  Record<string, { parts: (string | Uint8Array)[]; says: RegExp }>
> = {
  "os.system": {
    parts: ["cos\nsystem\n(", string("echo pwned"), "tR."],
    says: /names os\.system;/,
  },
  "posix.system": {
    parts: ["cposix\nsystem\n(", string("id"), "tR."],
    says: /names posix\.system;/,
  },
  "builtins.eval": {
    parts: ["c__builtin__\neval\n(", string("1+1"), "tR."],
    says: /names __builtin__\.eval;/,
  },
  "builtins.getattr of a module": {
    parts: ["cbuiltins\ngetattr\n(", string("os"), string("system"), "tR."],
    says: /names builtins\.getattr;/,
  },
  "subprocess.Popen": {
    parts: ["csubprocess\nPopen\n(](", string("sh"), "etR."],
    says: /names subprocess\.Popen;/,
  },
  "a name from the stack": {
    parts: ["\x8c\x02os\x8c\x06system\x93("].concat(["\x8c\x02id", "tR."]),
    says: /names os\.system;/,
  },
  "a name with a dotted path": {
    parts: ["\x8c\x0bcollections\x8c\x15OrderedDict.__class__\x93."],
    says: /names collections\.OrderedDict\.__class__;/,
  },
  "a function of torch that loads code": {
    parts: ["ctorch.hub\nload\n(", string("x"), "tR."],
    says: /names torch\.hub\.load;/,
  },
  "a rebuild function that is not needed": {
    parts: ["ctorch._utils\n_rebuild_wrapper_subclass\n."],
    says: /names torch\._utils\._rebuild_wrapper_subclass;/,
  },
  "a whole model instead of its weights": {
    parts: ["clitgpt.model\nGPT\n)\x81}b."],
    says: /names litgpt\.model\.GPT;/,
  },
  "numpy's scalars": {
    parts: ["cnumpy.core.multiarray\nscalar\n."],
    says: /names numpy\.core\.multiarray\.scalar;/,
  },
  "INST, which calls": {
    parts: ["(S'id'\nios\nsystem\n."],
    says: /operation "S"|operation INST/,
  },
  "OBJ, which calls": { parts: ["(o."], says: /operation OBJ/ },
  "NEWOBJ, which constructs": {
    parts: ["ccollections\nOrderedDict\n)\x81."],
    says: /operation NEWOBJ /,
  },
  "EXT1, which names by number": {
    parts: ["\x82\x01."],
    says: /operation EXT1/,
  },
  "PERSID, a name as text": { parts: ["Pfile\n."], says: /operation PERSID/ },
  "a call of what is no function": {
    parts: [string("system"), ")R."],
    says: /calls what is no function/,
  },
  "a call whose arguments are a list": {
    parts: ["ccollections\nOrderedDict\n]R."],
    says: /arguments of a call are no tuple/,
  },
  "attributes of a tensor": {
    parts: [tensorOf(), "}b."],
    says: /sets attributes of what is no OrderedDict/,
  },
  "attributes of a list": { parts: ["]}b."], says: /no OrderedDict/ },
  "a storage that is no storage": {
    parts: ["(", string("module"), string("os"), "tQ."],
    says: /refers to something that is no storage/,
  },
  "a storage of a negative length": {
    parts: [tensorOf({ length: -1 }), "."],
    says: /no storage of a tensor/,
  },
  "a tensor of a negative size": {
    parts: [tensorOf({ shape: [-2, 3] }), "."],
    says: /a tensor that is none/,
  },
  "a tensor with a negative stride": {
    parts: [tensorOf({ strides: [-3, 1] }), "."],
    says: /a tensor that is none/,
  },
  "a tensor with more sizes than strides": {
    parts: [tensorOf({ strides: [1] }), "."],
    says: /a tensor that is none/,
  },
  "a value that is not remembered": {
    parts: ["h\x05."],
    says: /refers to value 5/,
  },
  "an empty stack": { parts: ["."], says: /a value where there is none/ },
  "a value too many": { parts: ["NN."], says: /values left over/ },
  "a tuple without a beginning": { parts: ["t."], says: /not open/ },
  "a mark taken for a value": {
    parts: ["(\x85."],
    says: /where there is none/,
  },
  "a key without a value": {
    parts: ["}(", string("a"), "u."],
    says: /a key without a value/,
  },
  "an append to a tuple": { parts: [")Na."], says: /what is no list/ },
  "an item of a list": { parts: ["]NNs."], says: /what is no dict/ },
  "a text longer than the file": {
    parts: ["X\xff\xff\xff\xff", "abc."],
    says: /cut off/,
  },
  "bytes longer than memory": {
    parts: ["\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."],
    says: /cut off/,
  },
  "an integer of 4 GB": {
    parts: ["\x8b\xff\xff\xff\xff."],
    says: /integer of/,
  },
  "text that is not UTF-8": { parts: ["\x8c\x02\xff\xfe."], says: /not UTF-8/ },
  "a name without an end": { parts: ["cos"], says: /cut off/ },
  "no end at all": { parts: ["}"], says: /cut off/ },
  "a protocol to come": { parts: ["\x80\x06N."], says: /protocol 6/ },
};

for (const [what, { parts, says }] of Object.entries(REFUSED)) {
  Deno.test(`unpickle() refuses ${what}`, () => {
    assert.throws(() => read(...parts), (error: unknown) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, /^Cannot read evil\.pth: /);
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("unpickle() reads what Python's pickle writes", () => {
  // {"a": [1, -2, 3.5, None, True], ("t",): {2**40: b"x"}}, of protocols 2 and 4.
  const protocol2 =
    "80027d71002858010000006171015d7102284b014afeffffff47400c000000000" +
    "0004e88655801000000747103857104" +
    "7d71058a06000000000001635f636f646563730a656e636f64650a710658010000007871075806000000" +
    "6c6174696e3171088671095271" + "0a73752e";
  const value = unpickle(Uint8Array.fromHex(protocol2), "two");
  assert.ok(value instanceof Map);
  assert.deepEqual(value.get("a"), [1, -2, 3.5, null, true]);
  const [, [key, inner]] = [...value] as [unknown, [unknown, unknown]];
  assert.deepEqual(key, ["t"]);
  assert.deepEqual(inner, new Map([[2 ** 40, Uint8Array.of(0x78)]]));
  const protocol4 = "8004950e000000000000007d948c0161945d94284b014b02" +
    "65732e";
  assert.deepEqual(
    unpickle(Uint8Array.fromHex(protocol4), "four"),
    new Map([["a", [1, 2]]]),
  );
});

Deno.test("unpickle() reads an OrderedDict with attributes, and a tensor in it", () => {
  const value = read(
    "ccollections\nOrderedDict\n)R(",
    string("weight"),
    tensorOf(),
    "u}(",
    string("_metadata"),
    "ccollections\nOrderedDict\n)Rub.",
  );
  assert.ok(value instanceof Map);
  const tensor = value.get("weight");
  assert.ok(tensor instanceof PickledTensor);
  assert.deepEqual(tensor.shape, [2, 3]);
  assert.deepEqual(tensor.strides, [3, 1]);
  assert.equal(tensor.storage.dtype, "F32");
});

Deno.test("unpickle() does not fall over a value that holds itself", () => {
  const value = read("]q\x00h\x00a.");
  assert.ok(Array.isArray(value));
  assert.equal(value[0], value);
});

Deno.test("unpickle() does not fall over 100,000 nested tuples, or random bytes", () => {
  assert.ok(Array.isArray(read(")", "\x85".repeat(100_000), ".")));
  let state = 1;
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: 64 }, () => {
      state = Math.imul(state, 1664525) + 1013904223 | 0;
      return state >>> 24;
    });
    try {
      unpickle(bytes, "noise");
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
    }
  }
});

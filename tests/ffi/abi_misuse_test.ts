/**
 * Calls every function of the shim as no caller should: with null, handles that are freed, of another
 * kind or invented, and with numbers that make no sense. Each must answer with its failure value and a
 * message. What C cannot check (a pointer that is not null but wrong) is not tried.
 */
import { strict as assert } from "node:assert";
import { cString } from "../../ffi/library.ts";
import { cudaDeviceCount, liveCount } from "../../ffi/mod.ts";
import { symbols } from "../../ffi/symbols.ts";
import {
  bytes,
  DEFAULT,
  failure,
  free,
  handles,
  LIST,
  mapFile,
  type Name,
  newTensor,
  NUMBER,
  operator,
  raw,
  requireGrad,
  sizes,
  STRING,
  TENSOR,
  transposed,
  unmap,
  values,
} from "./_raw.ts";

const cuda = cudaDeviceCount() > 0;

/** What a function's correct arguments are, without its error buffer, and how to spoil them. */
interface Misuse {
  valid: unknown[];
  /** Positions of handles: null, freed, foreign and invented ones are put there. */
  handles?: number[];
  /** Positions of pointers that must not be null. */
  pointers?: number[];
  /** Other wrong arguments, and what the message says about them. */
  wrong?: [args: unknown[], message: RegExp][];
}

/** Functions that nothing can be wrong about, and what they return. */
type Harmless = { harmless: [args: unknown[], result: unknown][] };

const before = { tensors: liveCount(), mappings: liveCount("mapping") };
const tensor = newTensor([2n, 3n]);
const other = newTensor([4n, 5n]);
const view = transposed(tensor);
const integers = newTensor([1n], 7);
const scalar = newTensor([]);
const leaf = requireGrad(newTensor([]));
const vector = requireGrad(newTensor([3n]));
const mapping = mapFile();
const mm = operator("aten::mm");
const topk = operator("aten::topk");
const cat = operator("aten::cat");
const to = operator("aten::to", "dtype");
const freed = newTensor([1n]);
free(freed);
const freedMapping = mapFile();
unmap(freedMapping);

// Null, freed, of another kind, a slot never used, a slot that cannot be, all bits.
const BAD_HANDLES: [name: string, handle: number][] = [
  ["null", 0],
  ["freed", freed],
  ["freed mapping", freedMapping],
  ["tensor", tensor],
  ["operator", mm],
  ["mapping", mapping],
  ["slot 0", 1 << 22],
  ["unused slot", 0x3fffff],
  ["unused graph", 0x80000005],
  ["garbage", 0xdeadbeef],
  ["all bits", 0xffffffff],
];

// ---- the table --------------------------------------------------------------------------------

const info = new BigInt64Array(6 + 2 * 16);
const results = new Uint8Array(16 * 8);
const tall = BigInt64Array.from({ length: 17 }, () => 1n);
const call = (args: Uint8Array | null, count: number, op = mm) => [
  op,
  args,
  count,
  null,
  results,
  8,
];
const two = values([TENSOR, tensor], [TENSOR, other]);

/** Devices that do not exist here, as [device, index]. */
const badDevices: [args: number[], message: RegExp][] = [
  [[2, 0], /device 2/],
  [[-1, 0], /device -1/],
  [[1, 99], /cuda:99|no CUDA/],
  [[1, -1], /cuda:-1|no CUDA/],
];

const deviceIndexes: [args: number[], message: RegExp][] = [
  [[99], /cuda:99|no CUDA/],
  [[-1], /cuda:-1|no CUDA/],
];

const TABLE: Record<Name, Misuse | Harmless> = {
  moe_abi_version: { harmless: [[[], raw.moe_abi_version()]] },
  moe_build_info: { harmless: [[[], raw.moe_build_info()]] },
  moe_initialize: { harmless: [[[failure.bytes], 0]] },
  moe_live_count: {
    harmless: [[[-1], -1n], [[4], -1n], [[2 ** 31 - 1], -1n]],
  },
  moe_operator_find: {
    valid: [cString("aten::mm"), cString("")],
    pointers: [0, 1],
    wrong: [
      [[cString("aten::nope"), cString("")], /aten::nope.* does not exist/],
      [[cString("aten::mm"), cString("Nope")], /aten::mm\.Nope.* does not/],
      [[cString(""), cString("")], /does not exist/],
      [[cString("mm"), cString("")], /does not exist/],
    ],
  },
  moe_operator_schema: { valid: [mm, bytes, 64n], handles: [0] },
  moe_operator_list: { valid: [cString("aten"), bytes, 64n], pointers: [0] },
  moe_call: {
    valid: call(two, 2),
    handles: [0],
    wrong: [
      [call(two, 2), /aten::mm\(float32\[2, 3\], float32\[4, 5\]\): /],
      [call(null, 2), /arguments is null/],
      [call(two, -1), /negative/],
      [call(two, 1), /argument mat2 is missing/],
      [call(values(), 0), /argument self is missing/],
      [
        call(values([TENSOR, tensor], [TENSOR, other], [NUMBER, 1]), 3),
        /more arguments/,
      ],
      [call(values([TENSOR, freed], [TENSOR, other]), 2), /freed/],
      [call(values([TENSOR, mm], [TENSOR, other]), 2), /not a handle/],
      [call(values([TENSOR, 0], [TENSOR, other]), 2), /null/],
      [call(values([99], [TENSOR, other]), 2), /an unknown value/],
      [call(values([DEFAULT], [TENSOR, other]), 2), /self is missing/],
      [call(values([STRING, 0, 4], [TENSOR, other]), 2), /got a string/],
      [call(values([LIST, 0, 1], [TENSOR, other]), 2), /got a list/],
      [call(values([LIST, 0, 2 ** 32 - 1]), 1, cat), /a list is longer/],
      [call(values([TENSOR, tensor], [STRING, 0, 7]), 2, to), /text is null/],
      [
        [
          to,
          values([TENSOR, tensor], [STRING, 0, 7]),
          2,
          cString("float99"),
          results,
          8,
        ],
        /dtype "float99" is unknown/,
      ],
      [
        [topk, values([TENSOR, tensor], [NUMBER, 2]), 2, null, results, 1],
        /aten::topk.*do not fit/,
      ],
      [
        [topk, values([TENSOR, tensor], [NUMBER, 2]), 2, null, results, -1],
        /negative/,
      ],
      [
        [topk, values([TENSOR, tensor], [NUMBER, 2]), 2, null, null, 8],
        /results is null/,
      ],
      [
        call(values([TENSOR, tensor], [NUMBER, NaN]), 2, topk),
        /argument k: expected an integer, got nan/,
      ],
      [
        call(values([TENSOR, tensor], [NUMBER, 1e300]), 2, topk),
        /expected an integer/,
      ],
    ],
  },
  moe_tensor_from_bytes: {
    valid: [bytes, 24n, sizes(2n, 3n), 2, 0, 0, 0],
    pointers: [0, 2],
    wrong: [
      [[bytes, 24n, sizes(2n, 3n), 2, 12, 0, 0], /dtype 12/],
      [[bytes, 24n, sizes(2n, 3n), 2, -1, 0, 0], /dtype -1/],
      [[bytes, 20n, sizes(2n, 3n), 2, 0, 0, 0], /24 bytes, got 20/],
      [[bytes, -1n, sizes(2n, 3n), 2, 0, 0, 0], /24 bytes, got -1/],
      [[bytes, 24n, sizes(-2n, -3n), 2, 0, 0, 0], /negative/],
      [[bytes, 0n, sizes(2n ** 62n, 4n), 2, 0, 0, 0], /overflows/],
      [[bytes, 4n, tall, 17, 0, 0, 0], /0 to 16 dimensions, not 17/],
      [[bytes, 4n, tall, -1, 0, 0, 0], /dimensions, not -1/],
      ...badDevices.map(([device, message]): [unknown[], RegExp] => [
        [bytes, 24n, sizes(2n, 3n), 2, 0, ...device],
        message,
      ]),
    ],
  },
  moe_tensor_from_mapping: {
    valid: [mapping, 0n, sizes(2n, 3n), 2, 0],
    handles: [0],
    pointers: [2],
    wrong: [
      [[mapping, 48n, sizes(2n, 3n), 2, 0], /outside the file's 64/],
      [[mapping, -4n, sizes(2n, 3n), 2, 0], /outside/],
      [[mapping, 2n ** 62n, sizes(2n, 3n), 2, 0], /outside/],
      [[mapping, 0n, sizes(2n ** 61n), 1, 0], /overflows/],
      [[mapping, 0n, sizes(2n ** 60n), 1, 0], /outside/],
      [[mapping, 0n, sizes(-1n), 1, 0], /negative/],
      [[mapping, 0n, tall, 17, 0], /dimensions/],
      [[mapping, 0n, sizes(2n, 3n), 2, 99], /dtype 99/],
    ],
  },
  moe_tensor_free: {
    valid: [handles(tensor), 1],
    pointers: [0],
    wrong: [
      [[handles(tensor), -1], /negative/],
      ...BAD_HANDLES.filter(([name]) => name !== "tensor").map(
        ([, handle]): [unknown[], RegExp] => [
          [handles(tensor, handle), 2],
          /tensor/,
        ],
      ),
    ],
  },
  moe_tensor_info: { valid: [tensor, info], handles: [0], pointers: [1] },
  moe_tensor_data: {
    valid: [tensor],
    handles: [0],
    wrong: [[[view], /float32\[3, 2\] is not a contiguous/]],
  },
  moe_tensor_write: {
    valid: [tensor, bytes, 24n],
    handles: [0],
    pointers: [1],
    wrong: [
      [[tensor, bytes, 23n], /float32\[2, 3\] holds 24 bytes, got 23/],
      [[tensor, bytes, -24n], /got -24/],
      [[view, bytes, 24n], /not contiguous/],
    ],
  },
  moe_tensor_read: {
    valid: [tensor, bytes, 24n],
    handles: [0],
    pointers: [1],
    wrong: [
      [[tensor, bytes, 8n], /float32\[2, 3\] holds 24 bytes, got 8/],
      [[tensor, bytes, -24n], /got -24/],
    ],
  },
  moe_file_map: {
    valid: [cString("/nonexistent/file"), sizes(0n)],
    pointers: [0, 1],
    wrong: [
      [[cString("/nonexistent/file"), sizes(0n)], /\/nonexistent\/file: No/],
      [[cString("/"), sizes(0n)], /not a regular file/],
      [[cString(""), sizes(0n)], /cannot open/],
    ],
  },
  moe_file_data: { valid: [mapping], handles: [0] },
  moe_file_unmap: { valid: [mapping], handles: [0] },
  moe_backward: {
    valid: [handles(scalar), null, 1, 0],
    pointers: [0],
    wrong: [
      [[handles(scalar), null, 1, 0], /float32\[\] does not require grad/],
      [[handles(scalar), null, 0, 0], /at least one/],
      [[handles(scalar), null, -1, 0], /at least one/],
      [[handles(vector), null, 1, 0], /float32\[3\] needs a gradient/],
      [[handles(leaf), handles(tensor), 1, 0], /has not the shape/],
      ...BAD_HANDLES.filter(([name]) => name !== "tensor").flatMap(
        ([name, handle]): [unknown[], RegExp][] => [
          [[handles(handle), null, 1, 0], /tensor/],
          ...name === "null" ? [] : [
            [[handles(leaf), handles(handle), 1, 0], /gradient/],
          ] satisfies [unknown[], RegExp][],
        ],
      ),
    ],
  },
  moe_tensor_grad: { valid: [tensor], handles: [0] },
  moe_tensor_set_grad: {
    valid: [tensor, tensor],
    handles: [0],
    wrong: [
      [[tensor, tensor], /its own gradient/],
      [[tensor, other], /float32\[4, 5\] does not fit float32\[2, 3\]/],
      [[tensor, freed], /gradient was freed/],
      [[tensor, mm], /gradient is not a handle/],
    ],
  },
  moe_tensor_set_requires_grad: {
    valid: [tensor, 0],
    handles: [0],
    wrong: [[[integers, 1], /floating point/]],
  },
  moe_grad_enabled: { harmless: [[[], 1]] },
  // Any number but 0 enables.
  moe_set_grad_enabled: { harmless: [[[0], 1], [[-5], 0], [[1], 1]] },
  moe_manual_seed: {
    harmless: [
      [[-1n, failure.bytes], 0],
      [[2n ** 63n - 1n, failure.bytes], 0],
    ],
  },
  moe_rng_state: { valid: [0, 0], wrong: badDevices },
  moe_set_rng_state: {
    valid: [0, 0, tensor],
    handles: [2],
    wrong: [
      [[0, 0, tensor], /uint8 tensor on the CPU, got float32\[2, 3\]/],
      ...badDevices.map(([device, message]): [unknown[], RegExp] => [
        [...device, tensor],
        message,
      ]),
    ],
  },
  moe_thread_count: { harmless: [[[], raw.moe_thread_count()]] },
  moe_set_thread_count: {
    valid: [1],
    wrong: [[[0], /at least 1, got 0/], [[-3], /got -3/]],
  },
  moe_float32_precision: {
    valid: [0],
    wrong: [[[2], /0 or 1, got 2/], [[-1], /got -1/]],
  },
  moe_interrupt_install: {
    harmless: [[[failure.bytes], 0], [[failure.bytes], 0]],
  },
  moe_interrupt_uninstall: {
    harmless: [[[failure.bytes], 0], [[failure.bytes], 0]],
  },
  moe_interrupt_counter: { harmless: [[[], raw.moe_interrupt_counter()]] },
  moe_cuda_device_count: { harmless: [[[], raw.moe_cuda_device_count()]] },
  moe_cuda_device_info: {
    valid: [0, bytes, 64n],
    wrong: deviceIndexes.map((
      [index, message],
    ) => [[...index, bytes, 64n], message]),
  },
  moe_synchronize: { valid: [0, 0], wrong: badDevices },
  moe_cuda_memory_stats: {
    valid: [0, info],
    pointers: [1],
    wrong: deviceIndexes.map(([index, message]) => [[...index, info], message]),
  },
  moe_cuda_reset_peak_memory: { valid: [0], wrong: deviceIndexes },
  moe_cuda_empty_cache: cuda
    ? { harmless: [[[failure.bytes], 0]] }
    : { valid: [], wrong: [[[], /no CUDA/]] },
  moe_cuda_memory_fraction: {
    valid: [0, 0.5],
    wrong: [
      [[0, 0], /fraction must lie|no CUDA/],
      [[0, NaN], /fraction must lie|no CUDA/],
      [[0, 1.5], /fraction must lie|no CUDA/],
      [[99, 0.5], /cuda:99|no CUDA/],
    ],
  },
  moe_cuda_sync_debug: {
    valid: [0],
    wrong: [
      [[-1], /mode must be|no CUDA/],
      [[3], /mode must be|no CUDA/],
    ],
  },
  moe_graph_begin: {
    valid: [0],
    wrong: BAD_HANDLES.filter(([, handle]) => handle !== 0).map(
      ([, handle]): [unknown[], RegExp] => [[handle], /pool|no CUDA/],
    ),
  },
  moe_graph_end: { valid: [0], handles: [0] },
  moe_graph_abandon: { valid: [0], handles: [0] },
  moe_graph_replay: { valid: [0], handles: [0] },
  moe_graph_free: { valid: [0], handles: [0] },
};

/** Which kind of handle a position takes: a good handle of that kind is no misuse there. */
function isRightKind(name: Name, kind: string): boolean {
  if (name.startsWith("moe_file") || name === "moe_tensor_from_mapping") {
    return kind === "mapping";
  }
  if (name.startsWith("moe_operator") || name === "moe_call") {
    return kind === "operator";
  }
  return kind === "tensor" && !name.startsWith("moe_graph");
}

function misuses(
  name: Name,
  { valid, handles = [], pointers = [], wrong = [] }: Misuse,
): [what: string, args: unknown[], message: RegExp][] {
  const spoiled = (at: number, value: unknown) =>
    valid.map((arg, i) => i === at ? value : arg);
  return [
    ...handles.flatMap((at) =>
      BAD_HANDLES.filter(([kind]) => !isRightKind(name, kind)).map((
        [kind, handle],
      ): [string, unknown[], RegExp] => [
        `handle ${at} ${kind}`,
        spoiled(at, handle),
        /null|freed|not a handle/,
      ])
    ),
    ...pointers.map((at): [string, unknown[], RegExp] => [
      `pointer ${at} null`,
      spoiled(at, null),
      /null|no CUDA/,
    ]),
    ...wrong.map(([args, message]): [string, unknown[], RegExp] => [
      Deno.inspect(args),
      args,
      message,
    ]),
  ];
}

const FAILED: Record<string, unknown> = {
  i32: -1,
  i64: -1n,
  u32: 0,
  pointer: null,
};

for (const name of Object.keys(symbols) as Name[]) {
  const entry = TABLE[name];
  if ("harmless" in entry) {
    Deno.test(`${name} cannot be misused`, () => {
      assert.ok(entry.harmless.length > 0);
      for (const [args, result] of entry.harmless) {
        assert.deepEqual(raw[name](...args), result);
      }
    });
    continue;
  }
  Deno.test(`${name} refuses what it cannot use`, () => {
    const cases = misuses(name, entry);
    assert.ok(cases.length > 0, "no case of misuse is listed");
    for (const [what, args, message] of cases) {
      assert.equal(
        args.length + 1,
        symbols[name].parameters.length,
        `${what}: number of arguments`,
      );
      failure.bytes.fill(0);
      const failed = FAILED[symbols[name].result];
      assert.deepEqual(raw[name](...args, failure.bytes), failed, what);
      const { kind, message: said } = failure.take();
      assert.match(said, message, what);
      assert.match(said, /^(moe_\w+|aten::[\w.]+\(.*\)): ./, what);
      assert.notEqual(kind, "unknown", what);
      // Without a buffer for the error the call still fails and harms nothing.
      assert.deepEqual(raw[name](...args, null), failed, what);
    }
  });
}

Deno.test("a tensor given twice to moe_tensor_free is refused the second time", () => {
  const twice = newTensor([1n]);
  assert.equal(
    raw.moe_tensor_free(handles(twice, twice), 2, failure.bytes),
    -1,
  );
  assert.match(failure.take().message, /freed/);
});

Deno.test("texts are cut to the capacity given, and their whole length is returned", () => {
  const text = new Uint8Array(8).fill(7);
  const length = raw.moe_operator_schema(mm, text, 4n, failure.bytes);
  assert.equal(
    length,
    BigInt("aten::mm(Tensor self, Tensor mat2) -> Tensor".length),
  );
  assert.equal(new TextDecoder().decode(text.subarray(0, 4)), "aten");
  assert.deepEqual([...text.subarray(4)], [7, 7, 7, 7]);
  assert.equal(raw.moe_operator_schema(mm, null, 0n, failure.bytes), length);
  assert.equal(raw.moe_operator_schema(mm, text, -1n, failure.bytes), length);
});

Deno.test("no misuse leaves a tensor or a mapping behind", () => {
  free(tensor, other, view, integers, scalar, leaf, vector);
  unmap(mapping);
  assert.deepEqual(
    { tensors: liveCount(), mappings: liveCount("mapping") },
    before,
  );
});

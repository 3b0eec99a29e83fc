import { strict as assert } from "node:assert";
import {
  arange,
  aten,
  elementSize,
  liveCount,
  scope,
  Tensor,
  tensor,
  zeros,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, devices, numbers } from "./_helpers.ts";

Deno.test("Tensor tells its shape, strides, dtype and device", () => {
  scope(() => {
    const x = zeros([2, 3, 4], { dtype: "float16" });
    assert.deepEqual(x.shape, [2, 3, 4]);
    assert.deepEqual(x.strides, [12, 4, 1]);
    assert.deepEqual([x.dtype, x.device], ["float16", "cpu"]);
    assert.deepEqual([x.dim, x.numel, x.size(1), x.size(-1)], [3, 24, 3, 4]);
    assert.equal(x.isContiguous, true);
    const view = x.transpose(0, 2);
    assert.deepEqual(view.shape, [4, 3, 2]);
    assert.deepEqual(view.strides, [1, 4, 12]);
    assert.equal(view.isContiguous, false);
    assert.equal(view.contiguous().isContiguous, true);
    assert.equal(zeros([]).numel, 1);
    assert.throws(() => x.size(3), { name: "RangeError", message: /size 3/ });
    assert.throws(() => x.size(-4), { name: "RangeError" });
  });
});

Deno.test("Tensor.toArray() copies in row-major order, whatever the memory order", () => {
  for (const device of devices) {
    scope(() => {
      const x = tensor([[1, 2, 3], [4, 5, 6]], { device });
      const copy = x.toArray();
      assert.deepEqual(copy, Float32Array.of(1, 2, 3, 4, 5, 6));
      assert.deepEqual(numbers(x.t()), [1, 4, 2, 5, 3, 6]);
      assert.deepEqual(numbers(x.select(1, 1)), [2, 5]);
      assert.deepEqual(numbers(x.select(0, 0).expand(2, 3)), [
        1,
        2,
        3,
        1,
        2,
        3,
      ]);
      copy[0] = 9;
      assert.deepEqual(numbers(x), [1, 2, 3, 4, 5, 6]);
      assert.equal(zeros([0, 3], { device }).toArray().length, 0);
    });
  }
});

Deno.test("Tensor.toArray() widens bfloat16 to float32", () => {
  for (const device of devices) {
    using x = tensor([1, 1 / 3, -2.5], { dtype: "bfloat16", device });
    const before = liveCount();
    const values = x.toArray();
    assert.ok(values instanceof Float32Array);
    assertClose([...values], [1, 0.333984375, -2.5], 0);
    assert.equal(liveCount(), before);
  }
});

Deno.test("Tensor.toBytes() copies the bits of any dtype", () => {
  for (const device of devices) {
    scope(() => {
      const x = tensor([[1, 2], [-1.5, 0]], { dtype: "bfloat16", device });
      const bits = Uint16Array.of(0x3f80, 0xbfc0, 0x4000, 0);
      assert.deepEqual(x.t().toBytes(), new Uint8Array(bits.buffer));
      assert.deepEqual(
        tensor([true, false], { dtype: "bool", device }).toBytes(),
        Uint8Array.of(1, 0),
      );
    });
  }
});

Deno.test("Tensor.toArrayAsync() gives what toArray() gives", async () => {
  for (const device of devices) {
    for (const dtype of ["float32", "bfloat16", "int64"] as const) {
      using x = tensor([[1, 2], [3, 4]], { dtype, device });
      using view = x.t();
      const before = liveCount();
      assert.deepEqual(await view.toArrayAsync(), view.toArray());
      assert.equal(liveCount(), before);
    }
  }
});

Deno.test("Tensor.toArrayAsync() gives the elements of its call, even of a tensor changed or freed since", async () => {
  for (const device of devices) {
    for (const dtype of ["float32", "bfloat16"] as const) {
      const before = liveCount();
      const x = tensor([1, 2], { dtype, device });
      const changed = x.toArrayAsync();
      x.zero_();
      const freed = x.toArrayAsync();
      x.dispose();
      const scoped =
        scope(() => ({ result: tensor([3], { dtype, device }).toArrayAsync() }))
          .result;
      assert.deepEqual(await changed, Float32Array.of(1, 2));
      assert.deepEqual(await freed, Float32Array.of(0, 0));
      assert.deepEqual(await scoped, Float32Array.of(3));
      assert.equal(liveCount(), before);
    }
  }
});

Deno.test("Tensor.item() is the only element as a number", () => {
  for (const device of devices) {
    scope(() => {
      const item = (x: Tensor) => x.to(device).item();
      assert.equal(item(tensor(1.5)), 1.5);
      assert.equal(item(tensor([[2]])), 2);
      assert.equal(item(tensor(BigInt64Array.of(-3n))), -3);
      assert.equal(item(tensor(0.25, { dtype: "bfloat16" })), 0.25);
      assert.equal(item(tensor(true, { dtype: "bool" })), 1);
      assert.ok(Number.isNaN(item(tensor(NaN))));
    });
  }
  scope(() => {
    assert.throws(
      () => zeros([2, 3]).item(),
      { name: "TypeError", message: /float32\[2, 3\].*6 elements, expected 1/ },
    );
    assert.throws(() => zeros([0]).item(), { name: "TypeError" });
  });
});

Deno.test("Tensor.bytes() is the memory itself", () => {
  scope(() => {
    const x = tensor([1, 2]);
    const view = new Float32Array(x.bytes().buffer);
    assert.deepEqual([...view], [1, 2]);
    view[0] = 7;
    assert.deepEqual(numbers(x), [7, 2]);
    x.fill_(3);
    assert.deepEqual([...view], [3, 3]);
    const part = x.narrow(0, 1, 1);
    assert.equal(part.bytes().length, 4);
    assert.equal(zeros([0]).bytes().length, 0);
    const wide = zeros([3], { dtype: "float64" });
    assert.equal(wide.bytes().length, 3 * elementSize("float64"));
    assertTorchError(
      () => zeros([2, 3]).t().bytes(),
      "invalid argument",
      /float32\[3, 2\] is not a contiguous tensor on the CPU/,
    );
  });
});

Deno.test("Tensor.write() overwrites all elements", () => {
  for (const device of devices) {
    scope(() => {
      const x = zeros([2, 2], { device });
      assert.equal(x.write(Float32Array.of(1, 2, 3, 4)), x);
      assert.deepEqual(numbers(x), [1, 2, 3, 4]);
      const half = zeros([1], { dtype: "bfloat16", device });
      half.write(Uint16Array.of(0x3fc0));
      assert.equal(half.item(), 1.5);
      const leaf = zeros([1], { device });
      leaf.requiresGrad = true;
      assert.equal(leaf.write(Float32Array.of(5)).item(), 5);
      assertTorchError(
        () => x.write(Float32Array.of(1, 2)),
        "invalid argument",
        /float32\[2, 2\].* holds 16 bytes, got 8/,
      );
      assert.throws(
        () => x.write(Int32Array.of(1, 2, 3, 4)),
        {
          name: "TypeError",
          message: /Int32Array to float32\[2, 2\].*: expected a Float32Array/,
        },
      );
      assertTorchError(
        () => x.t().write(Float32Array.of(1, 2, 3, 4)),
        "invalid argument",
        /not contiguous/,
      );
    });
  }
});

Deno.test("Tensor.to() converts, and is the same elements where nothing changes", () => {
  scope(() => {
    const x = tensor([1.5, -1.5]);
    assert.deepEqual(x.to("int32").toArray(), Int32Array.of(1, -1));
    x.to("float32").fill_(4);
    assert.deepEqual(numbers(x), [4, 4]);
    for (const device of devices) {
      const there = x.to(device);
      assert.equal(there.device, device === "cuda" ? "cuda:0" : device);
      assert.deepEqual(numbers(there.to("cpu")), [4, 4]);
    }
    assertTorchError(() => x.to("cuda:99"), "unsupported", /cuda:99|no CUDA/);
  });
});

// Results worked out by hand.
const METHODS: [string, (x: Tensor, y: Tensor) => Tensor, number[]][] = [
  ["add", (x, y) => x.add(y), [1, 3, 0, 6]],
  ["add with alpha", (x, y) => x.add(y, -2), [1, 0, -9, 0]],
  ["add a number", (x) => x.add(1), [2, 3, -2, 5]],
  ["sub", (x, y) => x.sub(y), [1, 1, -6, 2]],
  ["mul", (x, y) => x.mul(y), [0, 2, -9, 8]],
  ["div", (x) => x.div(2), [0.5, 1, -1.5, 2]],
  ["pow", (x) => x.pow(3), [1, 8, -27, 64]],
  ["square", (x) => x.square(), [1, 4, 9, 16]],
  ["sqrt", (x) => x.abs().sqrt(), [1, Math.SQRT2, Math.sqrt(3), 2]],
  ["rsqrt", (x) => x.square().rsqrt(), [1, 1 / 2, 1 / 3, 1 / 4]],
  ["exp", (x) => x.exp(), [1, 2, -3, 4].map(Math.exp)],
  ["log", (x) => x.abs().log(), [1, 2, 3, 4].map(Math.log)],
  ["neg", (x) => x.neg(), [-1, -2, 3, -4]],
  ["abs", (x) => x.abs(), [1, 2, 3, 4]],
  [
    "sigmoid",
    (x) => x.sigmoid(),
    [1, 2, -3, 4].map((v) => 1 / (1 + Math.exp(-v))),
  ],
  ["silu", (x) => x.silu(), [1, 2, -3, 4].map((v) => v / (1 + Math.exp(-v)))],
  ["eq", (x, y) => x.eq(y.mul(2)), [0, 1, 0, 1]],
  ["eq a number", (x) => x.eq(2), [0, 1, 0, 0]],
  ["clamp", (x) => x.clamp(-1, 2), [1, 2, -1, 2]],
  ["clamp below", (x) => x.clamp(0), [1, 2, 0, 4]],
  ["matmul", (x, y) => x.matmul(y), [6, 5, 12, 5]],
  ["linear", (x, y) => x.linear(y), [2, 7, 4, -1]],
  ["linear with bias", (x, y) => x.linear(y, y.select(0, 1)), [5, 9, 7, 1]],
  ["softmax", (x) => x.mul(0).softmax(1), [0.5, 0.5, 0.5, 0.5]],
  ["sum", (x) => x.sum(), [4]],
  ["sum along", (x) => x.sum(0), [-2, 6]],
  ["sum, keeping", (x) => x.sum([0, 1], true), [4]],
  ["mean", (x) => x.mean(), [1]],
  ["mean along", (x) => x.mean(-1), [1.5, 0.5]],
  ["max", (x) => x.max(), [4]],
  ["min", (x) => x.min(), [-3]],
  ["argmax", (x) => x.argmax(), [3]],
  ["argmax along", (x) => x.argmax(0), [0, 1]],
  ["topk", (x) => x.topk(1)[0], [2, 4]],
  ["topk indices", (x) => x.topk(1, 0)[1], [0, 1]],
  ["cumsum", (x) => x.cumsum(1), [1, 3, -3, 1]],
  ["view", (x) => x.view(4, -1), [1, 2, -3, 4]],
  ["reshape", (x) => x.t().reshape(4), [1, -3, 2, 4]],
  ["transpose", (x) => x.transpose(0, 1), [1, -3, 2, 4]],
  ["t", (x) => x.t(), [1, -3, 2, 4]],
  ["permute", (x) => x.permute(1, 0), [1, -3, 2, 4]],
  ["expand", (x) => x.select(0, 0).expand(2, -1), [1, 2, 1, 2]],
  ["unsqueeze and squeeze", (x) => x.unsqueeze(1).squeeze(1), [1, 2, -3, 4]],
  ["flatten", (x) => x.flatten(), [1, 2, -3, 4]],
  ["narrow", (x) => x.narrow(1, 1, 1), [2, 4]],
  ["select", (x) => x.select(0, -1), [-3, 4]],
  ["split", (x) => x.split([1, 1], 0)[1]!, [-3, 4]],
  ["chunk", (x) => x.chunk(2, 1)[0]!, [1, -3]],
  ["indexSelect", (x) => x.indexSelect(0, index(x, 1, 0, 1)), [
    -3,
    4,
    1,
    2,
    -3,
    4,
  ]],
  ["gather", (x) => x.gather(1, index(x, 1, 0).view(2, 1)), [2, -3]],
  ["clone", (x) => x.clone(), [1, 2, -3, 4]],
  ["detach", (x) => x.detach(), [1, 2, -3, 4]],
  ["add_", (x, y) => x.add_(y).add_(1), [2, 4, 1, 7]],
  ["mul_", (x, y) => x.mul_(y).mul_(2), [0, 4, -18, 16]],
  ["copy_", (x, y) => x.copy_(y.to("float64")), [0, 1, 3, 2]],
  ["fill_", (x) => x.fill_(0.5), [0.5, 0.5, 0.5, 0.5]],
  ["zero_", (x) => x.zero_(), [0, 0, 0, 0]],
  ["normal_", (x) => x.normal_(7, 0), [7, 7, 7, 7]],
];

function index(like: Tensor, ...values: number[]): Tensor {
  return tensor(values, { dtype: "int64", device: like.device });
}

for (const device of devices) {
  Deno.test(`Tensor's methods compute what they say on ${device}`, () => {
    for (const [name, method, expected] of METHODS) {
      scope(() => {
        const x = tensor([[1, 2], [-3, 4]], { device });
        const y = tensor([[0, 1], [3, 2]], { device });
        const result = method(x, y);
        try {
          assertClose(numbers(result), expected, 1e-5);
        } catch (cause) {
          throw new Error(`${name}: ${numbers(result)}`, { cause });
        }
        if (/_$/.test(name)) assert.equal(result, x, `${name} is in place`);
      });
    }
  });
}

Deno.test("every operator that is a method of Tensor is tried above", () => {
  const tried = METHODS.map(([name]) => /^\w+/.exec(name)?.[0]);
  const other = ["constructor", "to", "squeeze", "contiguous"];
  const operators = Object.getPrototypeOf(Tensor.prototype);
  const methods = Object.getOwnPropertyNames(operators);
  assert.ok(methods.length > 50, `${methods.length}`);
  assert.deepEqual(
    methods.filter((name) => !tried.includes(name) && !other.includes(name)),
    [],
  );
});

Deno.test("Tensor.softmax() computes in the dtype asked for", () => {
  scope(() => {
    const x = tensor([[1, 3]], { dtype: "bfloat16" });
    assert.equal(x.softmax(-1).dtype, "bfloat16");
    const y = x.softmax(-1, "float32");
    assert.equal(y.dtype, "float32");
    assertClose(
      numbers(y),
      [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-2))],
      1e-6,
    );
  });
});

Deno.test("Tensor.dispose() frees once, and the tensor is refused by name afterwards", () => {
  const before = liveCount();
  const x = tensor([1, 2]);
  assert.equal(liveCount(), before + 1);
  assert.deepEqual(x.shape, [2]);
  x.dispose();
  x.dispose();
  assert.equal(x.disposed, true);
  assert.equal(x.handle, 0);
  assert.equal(liveCount(), before);
  const uses: [string, () => unknown][] = [
    ["shape", () => x.shape],
    ["shape", () => x.dtype],
    ["shape", () => x.requiresGrad],
    ["requiresGrad", () => x.requiresGrad = true],
    ["grad", () => x.grad],
    ["grad", () => x.grad = null],
    ["shape", () => x.toArray()],
    ["shape", () => x.bytes()],
    ["shape", () => x.write(Float32Array.of(1, 2))],
  ];
  for (const [action, use] of uses) {
    assert.throws(use, {
      name: "TypeError",
      message: `Cannot use ${action} of a tensor that was disposed`,
    });
  }
  assert.throws(() => x.add(1), {
    message: /argument self is a tensor that was disposed/,
  });
  assert.equal(`${x}`, "disposed tensor");
  assert.equal(Deno.inspect(x), "Tensor (disposed)");
});

Deno.test("Tensor is freed at the end of a using block", () => {
  const before = liveCount();
  {
    using x = tensor([1, 2]);
    using y = x.add(1);
    assert.equal(liveCount(), before + 2);
    assert.deepEqual(numbers(y), [2, 3]);
  }
  assert.equal(liveCount(), before);
});

Deno.test("Tensor shows dtype, shape, values and statistics of itself", () => {
  scope(() => {
    const x = arange(0, 12, { dtype: "float32" }).view(3, 4);
    assert.equal(`${x}`, "float32[3, 4]");
    assert.equal(
      Deno.inspect(x),
      "Tensor float32[3, 4] [0, 1, 2, 3, 4, 5, 6, 7, ...] (min 0, mean 5.500, max 11)",
    );
    const leaf = tensor([0.1, -0.25], { dtype: "bfloat16" });
    leaf.requiresGrad = true;
    assert.equal(
      Deno.inspect(leaf),
      "Tensor bfloat16[2] [0.1001, -0.2500] (min -0.2500, mean -0.07495, max 0.1001, requires grad)",
    );
    assert.equal(
      Deno.inspect(tensor([true, false], { dtype: "bool" })),
      "Tensor bool[2] [1, 0] (min 0, mean 0.5000, max 1)",
    );
    assert.equal(
      Deno.inspect(zeros([0, 3])),
      "Tensor float32[0, 3] [] (empty)",
    );
    assert.match(
      Deno.inspect(tensor([NaN, 1])),
      /\[NaN, 1\] \(min NaN, mean NaN/,
    );
    for (const dtype of ["uint16", "uint32", "int64", "float16"] as const) {
      assert.match(
        Deno.inspect(tensor([3], { dtype })),
        /\[3\] \(min 3, mean 3/,
      );
    }
    for (const device of devices.filter((device) => device !== "cpu")) {
      assert.equal(`${zeros([1], { device })}`, "float32[1] cuda:0");
      assert.match(Deno.inspect(zeros([1], { device })), /cuda:0 \[0\]/);
    }
    const before = liveCount();
    Deno.inspect(leaf);
    assert.equal(liveCount(), before);
  });
});

Deno.test("Tensor shows itself in a notebook as a table and as text", () => {
  scope(() => {
    const x = tensor([[1, 2], [3, 4]]);
    const display: unknown = Reflect.get(x, Symbol.for("Jupyter.display"));
    assert.ok(typeof display === "function");
    const bundle: Record<string, string> = display.call(x);
    assert.deepEqual(Object.keys(bundle), ["text/plain", "text/html"]);
    assert.equal(bundle["text/plain"], Deno.inspect(x));
    const html = bundle["text/html"] ?? "";
    assert.match(html, /^<table>.*<\/table><img .*>$/);
    for (
      const part of ["float32", "[2, 2]", "cpu", "1, 2, 3, 4", "mean 2.500"]
    ) {
      assert.ok(html.includes(part), part);
    }
  });
  const gone = tensor([1]);
  gone.dispose();
  const display: unknown = Reflect.get(gone, Symbol.for("Jupyter.display"));
  assert.ok(typeof display === "function");
  assert.deepEqual(display.call(gone), { "text/plain": "Tensor (disposed)" });
});

Deno.test("Tensor says so where a dtype of libtorch's is not supported", () => {
  using x = aten("complex", tensor([1]), tensor([2]));
  assertTorchError(() => x.dtype, "unsupported", /ComplexFloat/);
});

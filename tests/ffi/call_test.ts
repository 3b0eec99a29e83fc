import { strict as assert } from "node:assert";
import {
  arange,
  aten,
  call,
  full,
  liveCount,
  ones,
  operatorSchemas,
  scope,
  Tensor,
  tensor,
  zeros,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, devices, numbers } from "./_helpers.ts";

const one = (value: ReturnType<typeof call>) => {
  assert.ok(value instanceof Tensor);
  return value;
};

Deno.test("aten() takes a whole number for an integer Scalar and a fraction for a float", () => {
  scope(() => {
    const x = tensor(Int32Array.of(7, -7));
    const doubled = aten("mul.Tensor", x, 2);
    assert.equal(doubled.dtype, "int32");
    assert.deepEqual(numbers(doubled), [14, -14]);
    const halved = aten("mul.Tensor", x, 0.5);
    assert.equal(halved.dtype, "float32");
    assert.deepEqual(numbers(halved), [3.5, -3.5]);
    assert.deepEqual(numbers(aten("pow.Tensor_Scalar", x, 2)), [49, 49]);
  });
});

Deno.test("aten() takes a number for a tensor as PyTorch does: it does not promote", () => {
  scope(() => {
    for (const dtype of ["bfloat16", "float16", "float64", "int8"] as const) {
      const x = ones([2], { dtype });
      assert.equal(x.add(1).dtype, dtype);
      assert.equal(
        aten("div.Tensor", x, 3).dtype,
        dtype === "int8" ? "float32" : dtype,
      );
    }
    assert.equal(zeros([2], { dtype: "int64" }).eq(0).dtype, "bool");
    const flags = call("mul.Tensor", [ones([1], { dtype: "bool" }), true]);
    assert.equal(one(flags).dtype, "bool");
  });
});

Deno.test("aten() takes a bigint that a double cannot hold", () => {
  scope(() => {
    const large = 2n ** 62n + 1n;
    const x = call("full", [[2], large, { dtype: "int64" }]);
    assert.deepEqual(one(x).toArray(), BigInt64Array.of(large, large));
    assertTorchError(
      () => call("narrow", [x as Tensor, 0, 2 ** 60, 1]),
      "invalid argument",
      /argument start: expected an integer, got 1\.152921504606847e\+18/,
    );
  });
});

Deno.test("aten() takes empty lists, lists of integers, and one number for a list of a length", () => {
  scope(() => {
    assert.deepEqual(zeros([]).shape, []);
    assert.deepEqual(aten("sum.dim_IntList", ones([2, 3]), []).shape, []);
    assert.deepEqual(aten("sum.dim_IntList", ones([2, 3]), 1).shape, [2]);
    assert.deepEqual(aten("permute", ones([2, 3, 4]), [2, 0, 1]).shape, [
      4,
      2,
      3,
    ]);
    assert.deepEqual(
      aten("avg_pool2d", ones([1, 1, 4, 6]), 2).shape,
      [1, 1, 2, 3],
    );
    assert.deepEqual(
      one(call("upsample_nearest2d.vec", [ones([1, 1, 2, 2]), null, [2, 3]]))
        .shape,
      [1, 1, 4, 6],
    );
  });
});

Deno.test("aten() takes null where a schema says optional, and leaves out to default", () => {
  scope(() => {
    const x = tensor([[1, 2], [3, 4]]);
    assert.equal(aten("sum.dim_IntList", x, null).item(), 10);
    assert.deepEqual(numbers(aten("clamp", x, null, 2)), [1, 2, 2, 2]);
    assert.deepEqual(numbers(aten("clamp", x, 3)), [3, 3, 3, 4]);
    assert.deepEqual(aten("argmax", x, undefined, true).shape, [1, 1]);
    assertTorchError(
      () => call("add.Tensor", [x, null]),
      "invalid argument",
      /aten::add\.Tensor\(float32\[2, 2\], null\): argument other: expected Tensor, got null/,
    );
  });
});

Deno.test("aten() takes a list of tensors, some of them missing", () => {
  scope(() => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const index = tensor(BigInt64Array.of(2n, 0n));
    assert.deepEqual(numbers(aten("index.Tensor", x, [null, index])), [
      3,
      1,
      6,
      4,
    ]);
    assert.deepEqual(numbers(aten("cat", [x, x], 1)).length, 12);
    assert.deepEqual(aten("cat", [x, zeros([0, 3])]).shape, [2, 3]);
    assertTorchError(
      () => call("cat", [[x, null]]),
      "invalid argument",
      /argument tensors: expected Tensor, got null/,
    );
    for (const wrong of [3, true, "x", null, x]) {
      assertTorchError(
        () => call("cat", [wrong]),
        "invalid argument",
        /argument tensors: expected List\[Tensor\], got/,
      );
    }
  });
});

Deno.test("aten() takes names for dtypes, devices and memory formats", () => {
  scope(() => {
    const x = zeros([2], { dtype: "int16", device: "cpu" });
    assert.equal(x.dtype, "int16");
    const y = call("empty.memory_format", [[2, 2], {
      layout: "strided",
      memory_format: "contiguous_format",
    }]);
    assert.deepEqual(one(y).strides, [2, 1]);
    const wrong: [options: Record<string, string>, message: RegExp][] = [
      [{ dtype: "float31" }, /argument dtype: dtype "float31" is unknown/],
      [{ device: "gpu" }, /device "gpu" is not "cpu", "cuda" or "cuda:N"/],
      [{ device: "cuda:x" }, /device "cuda:x" is not/],
      [{ layout: "sparse" }, /layout "sparse" is not "strided"/],
    ];
    for (const [options, message] of wrong) {
      assertTorchError(
        () => call("zeros", [[1], options]),
        "invalid argument",
        message,
      );
    }
    assertTorchError(
      () => call("zeros", [[1], { device: "cuda:99" }]),
      "unsupported",
      /aten::zeros.*(cuda:99 does not exist|has no CUDA|no CUDA device)/,
    );
  });
});

Deno.test("aten() takes named arguments last, by name, positional ones among them", () => {
  scope(() => {
    const x = tensor([1, 2]);
    assert.deepEqual(numbers(aten("add.Tensor", x, x, { alpha: 10 })), [
      11,
      22,
    ]);
    assert.deepEqual(
      one(call("sum.dim_IntList", [ones([2, 3]), { keepdim: true, dim: [1] }]))
        .shape,
      [2, 1],
    );
    assert.throws(
      () => call("add.Tensor", [x, x, { beta: 1 }]),
      {
        name: "TypeError",
        message:
          /add\.Tensor: it has no argument "beta".*expected one of alpha/,
      },
    );
    assert.throws(
      () => call("add.Tensor", [x, x, { self: x }]),
      { name: "TypeError", message: /no argument "self" to be named/ },
    );
  });
});

Deno.test("aten() refuses arguments that no operator takes", () => {
  scope(() => {
    const x = tensor([1, 2]);
    assert.throws(
      () => call("add.Tensor", [x, x, 2]),
      {
        name: "TypeError",
        message:
          /takes 2 positional arguments, then an object of named ones \(alpha\)/,
      },
    );
    assert.throws(
      () => call("relu", [x, x]),
      { name: "TypeError", message: /takes 1 positional arguments.*\(none\)/ },
    );
    assertTorchError(
      () => call("relu", []),
      "invalid argument",
      /argument self is missing/,
    );
    assert.throws(
      // @ts-expect-error a function is no value
      () => call("relu", [() => x]),
      {
        name: "TypeError",
        message: /relu: argument self is \[Function.*expected a tensor/,
      },
    );
    assert.throws(
      () => call("add_.Tensor", [1, x]),
      {
        name: "TypeError",
        message:
          /add_\.Tensor: it changes its first argument, which must be a tensor/,
      },
    );
    assert.throws(
      () => call("cat", [Array<Tensor>(20_000).fill(x)]),
      { name: "RangeError", message: /cat: more than 16384 values/ },
    );
    assert.throws(
      () => call("zeros", [[1], { dtype: "x".repeat(5000) }]),
      {
        name: "RangeError",
        message: /zeros: its strings take more than 4096 bytes/,
      },
    );
  });
});

Deno.test("aten() gives tuples, lists, numbers, booleans and nothing", () => {
  scope(() => {
    const x = tensor([[1, 5, 3], [9, 7, 8]]);
    const [values, indices] = aten("topk", x, 2);
    assert.deepEqual(numbers(values), [5, 3, 9, 8]);
    assert.equal(indices.dtype, "int64");
    const parts = aten("chunk", x, 3, 1);
    assert.equal(parts.length, 3);
    assert.deepEqual(numbers(parts[2]!), [3, 8]);
    assert.equal(aten("equal", x, x), true);
    assert.equal(aten("is_same_size", x, zeros([1])), false);
    assert.equal(aten("_local_scalar_dense", tensor(Int32Array.of(42))), 42);
    assert.equal(aten("_local_scalar_dense", tensor([0.5])), 0.5);
    assert.equal(call("_foreach_add_.Scalar", [[x], 1]), undefined);
    assert.deepEqual(numbers(x), [2, 6, 4, 10, 8, 9]);
    assert.deepEqual(aten("unbind.int", zeros([0, 2])), []);
  });
});

Deno.test("aten() gives null for a tensor that an operator leaves undefined", () => {
  scope(() => {
    const x = ones([1, 3]);
    const results = call("native_layer_norm_backward", [
      x,
      x,
      [3],
      ones([1, 1]),
      ones([1, 1]),
      null,
      null,
      [true, false, false],
    ]);
    assert.ok(Array.isArray(results));
    assert.ok(results[0] instanceof Tensor);
    assert.deepEqual(results.slice(1), [null, null]);
  });
});

Deno.test("aten() returns the same object from an operator that works in place", () => {
  scope(() => {
    const x = tensor([1, 2]);
    const before = liveCount();
    assert.equal(aten("add_.Tensor", x, 1), x);
    assert.equal(aten("mul_.Tensor", x, 2), x);
    assert.equal(liveCount(), before);
    assert.deepEqual(numbers(x), [4, 6]);
  });
});

Deno.test("aten() forgets the shape of a tensor that an operator may have resized", () => {
  scope(() => {
    const x = tensor([[1, 2, 3]]);
    assert.deepEqual(x.shape, [1, 3]);
    aten("t_", x);
    assert.deepEqual(x.shape, [3, 1]);
    const out = zeros([0]);
    assert.deepEqual(out.shape, [0]);
    call("add.out", [x, x, { out }]);
    assert.deepEqual(out.shape, [3, 1]);
    assert.deepEqual(numbers(out), [2, 4, 6]);
  });
});

Deno.test("aten() names the operator and the shapes in its errors", () => {
  scope(() => {
    const x = zeros([2, 3]);
    assertTorchError(
      () => x.matmul(zeros([4, 5])),
      "torch",
      /^aten::matmul\(float32\[2, 3\], float32\[4, 5\]\): .*\(2x3 and 4x5\)$/,
    );
    assertTorchError(
      () => x.add(zeros([2, 2], { dtype: "int8" }), 1e-9),
      "torch",
      /^aten::add\.Tensor\(float32\[2, 3\], int8\[2, 2\], 1e-09\): /,
    );
    assertTorchError(
      () => aten("cat", [x, zeros([1])]),
      "torch",
      /^aten::cat\(list of 2, float32\[2, 3\], float32\[1\]\): /,
    );
    assertTorchError(
      () => aten("empty.memory_format", [1e15]),
      "out of memory",
      /^aten::empty\.memory_format\(list of 1, 1000000000000000\): .*4000000000000000 bytes/,
    );
  });
});

Deno.test("a failure that says that CUDA or its libraries lack memory is one of memory", () => {
  using no = tensor(false);
  const fail = (message: string) => () =>
    aten("_assert_async.msg", no, message);
  for (
    const message of [
      "CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation'",
      "CUDA driver error: out of memory",
      "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
      "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ]
  ) {
    assertTorchError(fail(message), "out of memory", /CUDA|cuDNN/);
  }
  assertTorchError(
    fail("CUDA error: an illegal memory access"),
    "torch",
    /ill/,
  );
});

Deno.test("aten() refuses a disposed tensor by the name of its argument", () => {
  const x = tensor([1]);
  const y = tensor([1]);
  y.dispose();
  assert.throws(
    () => aten("add.Tensor", x, y),
    {
      name: "TypeError",
      message: /add\.Tensor: argument other is a tensor that was disposed/,
    },
  );
  assert.throws(
    () => aten("cat", [x, y]),
    {
      name: "TypeError",
      message: /cat: argument tensors is a tensor that was disposed/,
    },
  );
  x.dispose();
});

Deno.test("aten() refuses an operator that does not exist", () => {
  assertTorchError(
    () => call("no_such_operator", []),
    "invalid argument",
    /operator "aten::no_such_operator" does not exist in this libtorch/,
  );
  assertTorchError(
    () => call("elsewhere::add.Tensor", []),
    "invalid argument",
    /operator "elsewhere::add\.Tensor" does not exist/,
  );
  assertTorchError(
    () => call("add.Nothing", []),
    "invalid argument",
    /operator "aten::add\.Nothing" does not exist/,
  );
  assert.throws(() => call("add\0", []), { name: "TypeError", message: /NUL/ });
});

Deno.test("aten() finds operators of other namespaces", () => {
  scope(() => {
    const x = tensor([[1, 2], [3, 4]]);
    const sum = call("aten::add.Tensor", [x, x]);
    assert.deepEqual(numbers(one(sum)), [2, 4, 6, 8]);
    const quantized = operatorSchemas("quantized");
    assert.ok(quantized.length > 0);
    assert.ok(quantized.every((schema) => schema.startsWith("quantized::")));
    assert.deepEqual(operatorSchemas("no_such_namespace"), []);
    assertTorchError(
      () => call("quantized::add", [x, x, 1, 0]),
      "torch",
      /^quantized::add\(float32\[2, 2\], float32\[2, 2\], 1, 0\): /,
    );
  });
});

Deno.test("aten() computes on every device of this machine", () => {
  scope(() => {
    for (const device of devices) {
      const x = arange(0, 6, { device, dtype: "float32" }).view(2, 3);
      const y = x.matmul(full([3, 1], 2, { device }));
      assert.equal(y.device, device === "cuda" ? "cuda:0" : device);
      assertClose(numbers(y), [6, 24], 0);
    }
  });
});

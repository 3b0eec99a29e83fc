import { strict as assert } from "node:assert";
import {
  arange,
  cat,
  type DType,
  empty,
  full,
  ones,
  rand,
  randn,
  scope,
  stack,
  tensor,
  type TypedArray,
  zeros,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, devices, numbers } from "./_helpers.ts";

Deno.test("tensor() takes nested arrays as float32", () => {
  scope(() => {
    const x = tensor([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]);
    assert.equal(x.dtype, "float32");
    assert.deepEqual(x.shape, [2, 2, 3]);
    assert.deepEqual(x.strides, [6, 3, 1]);
    assert.deepEqual(numbers(x), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual(tensor(5).shape, []);
    assert.deepEqual(tensor([]).shape, [0]);
    assert.deepEqual(tensor([[], []]).shape, [2, 0]);
    assert.deepEqual(tensor([1, 2, 3, 4], { shape: [2, 2] }).shape, [2, 2]);
  });
});

Deno.test("tensor() keeps the type of every typed array", () => {
  const arrays: [DType, TypedArray][] = [
    ["float32", Float32Array.of(0.5, -1e30)],
    ["float64", Float64Array.of(1 / 3, 1e300)],
    ["float16", Float16Array.of(0.5, 65504)],
    ["int8", Int8Array.of(-128, 127)],
    ["int16", Int16Array.of(-32768, 32767)],
    ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ["int64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ["uint8", Uint8Array.of(0, 255)],
    ["uint16", Uint16Array.of(0, 65535)],
    ["uint32", Uint32Array.of(0, 2 ** 32 - 1)],
  ];
  for (const device of devices) {
    for (const [dtype, array] of arrays) {
      using x = tensor(array, { device });
      assert.equal(x.dtype, dtype);
      assert.deepEqual(x.shape, [2]);
      assert.deepEqual(x.toArray(), array);
    }
  }
});

Deno.test("tensor() reads a typed array that begins inside its buffer", () => {
  const all = Float32Array.of(1, 2, 3, 4);
  using x = tensor(all.subarray(1, 3));
  assert.deepEqual(numbers(x), [2, 3]);
});

Deno.test("tensor() converts to the dtype asked for", () => {
  const dtypes: [DType, number[]][] = [
    ["float32", [0, 1, 2.5]],
    ["float64", [0, 1, 2.5]],
    ["float16", [0, 1, 2.5]],
    ["bfloat16", [0, 1, 2.5]],
    ["int8", [0, 1, 2]],
    ["int16", [0, 1, 2]],
    ["int32", [0, 1, 2]],
    ["int64", [0, 1, 2]],
    ["uint8", [0, 1, 2]],
    ["uint16", [0, 1, 2]],
    ["uint32", [0, 1, 2]],
    ["bool", [0, 1, 1]],
  ];
  for (const device of devices) {
    for (const [dtype, expected] of dtypes) {
      using x = tensor([0, 1, 2.5], { dtype, device });
      assert.equal(x.dtype, dtype);
      assert.deepEqual(numbers(x), expected, dtype);
      using y = tensor(Int32Array.of(0, 1, 2), { dtype, device });
      assert.equal(y.dtype, dtype);
    }
  }
  using flags = tensor([true, false], { dtype: "bool" });
  assert.deepEqual(flags.toArray(), Uint8Array.of(1, 0));
  using exact = tensor([2 ** 53], { dtype: "int64" });
  assert.deepEqual(exact.toArray(), BigInt64Array.of(2n ** 53n));
});

Deno.test("tensor() refuses rows that differ, at any depth", () => {
  const ragged = [
    [[1, 2], [3]],
    [1, [2]],
    [[1], 2],
    [[[1], [2]], [[1, 2], [3, 4]]],
    // As many numbers as a [3, 2, 2] has.
    [[[1, 2], [3, 4]], [[5], [6]], [[7, 8, 9], [10, 11, 12]]],
  ];
  for (const data of ragged) {
    assert.throws(
      () => tensor(data),
      { name: "TypeError", message: /its rows differ in length/ },
    );
  }
});

Deno.test("tensor() refuses arrays and shapes that do not fit", () => {
  assertTorchError(
    () => tensor(new Float32Array(6), { shape: [2, 4] }),
    "invalid argument",
    /holds 32 bytes, got 24/,
  );
  assertTorchError(
    () => tensor([1], { shape: Array<number>(17).fill(1) }),
    "invalid argument",
    /0 to 16 dimensions, not 17/,
  );
  assert.throws(
    () => tensor([1], { shape: [0.5] }),
    { name: "RangeError", message: /0\.5/ },
  );
  const unsigned = BigUint64Array.of(1n) as unknown as BigInt64Array;
  assert.throws(
    () => tensor(unsigned),
    { name: "TypeError", message: /BigUint64Array: no dtype fits it/ },
  );
  assert.throws(
    () => tensor([1], { device: "gpu" as "cpu" }),
    { name: "TypeError", message: /Unknown device "gpu"/ },
  );
});

Deno.test("zeros(), ones(), full() and empty() have the shape, dtype and device asked for", () => {
  for (const device of devices) {
    scope(() => {
      assert.deepEqual(numbers(zeros([2, 2], { device })), [0, 0, 0, 0]);
      assert.deepEqual(numbers(ones([3], { device })), [1, 1, 1]);
      const sevens = full([2], 7, { device });
      assert.equal(sevens.dtype, "float32");
      assert.deepEqual(numbers(sevens), [7, 7]);
      const integers = full([2], 7, { dtype: "int64", device });
      assert.deepEqual(integers.toArray(), BigInt64Array.of(7n, 7n));
      const x = empty([4, 5], { dtype: "bfloat16", device });
      assert.deepEqual([x.shape, x.dtype], [[4, 5], "bfloat16"]);
    });
  }
  // 16 dimensions are the most there can be.
  using deep = zeros(Array<number>(16).fill(1));
  assert.equal(deep.dim, 16);
});

Deno.test("arange() counts in int64, or in float32 where a number is not whole", () => {
  scope(() => {
    assert.deepEqual(arange(2, 6).toArray(), BigInt64Array.of(2n, 3n, 4n, 5n));
    assert.deepEqual(
      arange(9, 0, { step: -4 }).toArray(),
      BigInt64Array.of(9n, 5n, 1n),
    );
    const quarters = arange(0, 1, { step: 0.25 });
    assert.deepEqual(quarters.toArray(), Float32Array.of(0, 0.25, 0.5, 0.75));
    assert.equal(arange(0, 3, { dtype: "float64" }).dtype, "float64");
  });
});

Deno.test("randn() and rand() draw from their distributions", () => {
  for (const device of devices) {
    scope(() => {
      const normal = randn([20_000], { device });
      assertClose([normal.mean().item()], [0], 0.05);
      assertClose([normal.square().mean().item()], [1], 0.05);
      const uniform = rand([20_000], { device });
      assertClose([uniform.mean().item()], [0.5], 0.02);
      assert.ok(uniform.min().item() >= 0 && uniform.max().item() < 1);
    });
  }
});

Deno.test("cat() and stack() join tensors", () => {
  scope(() => {
    const [a, b] = [tensor([[1, 2]]), tensor([[3, 4]])];
    assert.deepEqual(numbers(cat([a, b])), [1, 2, 3, 4]);
    assert.deepEqual(cat([a, b], 1).shape, [1, 4]);
    assert.deepEqual(stack([a, b]).shape, [2, 1, 2]);
    assert.deepEqual(numbers(stack([a, b], 2)), [1, 3, 2, 4]);
  });
});

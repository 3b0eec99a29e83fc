/** Norms, rotation, gate and products outside the experts. */

import { strict as assert } from "node:assert";
import {
  backward,
  manualSeed,
  noGrad,
  ones,
  randn,
  scope,
  zeros,
} from "../../ffi/mod.ts";
import { fusedOperators, plainOperators } from "../../lib/operators/mod.ts";
import {
  assertAsSpecified,
  assertNear,
  DTYPES,
  type Trial,
  withGaps,
} from "./_compare.ts";

/** Tests a trial in every dtype, or in those given. */
function testTrial(
  trial: Trial,
  dtypes: readonly (typeof DTYPES)[number][] = DTYPES,
): void {
  Deno.test(`fused ${trial.name}`, () => {
    for (const dtype of dtypes) {
      assertAsSpecified(trial, fusedOperators, dtype);
    }
  });
}

const eps = 1e-5;

for (const shape of [[2, 3, 64], [1, 1], [7, 13], [300, 129], [5]]) {
  const width = shape.at(-1)!;
  testTrial({
    name: `rmsNorm of [${shape}]`,
    inputs: [{ shape }, { shape: [width] }],
    run: (operators, [x, weight]) => [
      operators.rmsNorm(x!, weight!, { eps, dtype: x!.dtype }),
    ],
  });
  testTrial({
    name: `addRmsNorm of [${shape}]`,
    inputs: [{ shape }, { shape }, { shape: [width] }],
    // The sum, then its norm.
    roundings: 2,
    run: (operators, [x, residual, weight]) =>
      operators.addRmsNorm(x!, residual!, weight!, { eps, dtype: x!.dtype }),
  });
}

testTrial({
  name: "rmsNorm of rows with gaps",
  inputs: [{ shape: [6, 20] }, { shape: [20] }],
  run: (operators, [x, weight]) => [
    operators.rmsNorm(withGaps(x!), weight!, { eps, dtype: x!.dtype }),
  ],
});

testTrial({
  name: "rmsNorm from float32 to bfloat16",
  inputs: [{ shape: [9, 40] }, { shape: [40] }],
  run: (operators, [x, weight], as) => [
    operators.rmsNorm(x!, weight!, { eps, dtype: as("bfloat16") }),
  ],
}, ["float32"]);

testTrial({
  name: "addRmsNorm of bfloat16 and a float32 residual, to bfloat16",
  inputs: [
    { shape: [9, 40], dtype: "bfloat16" },
    { shape: [9, 40] },
    { shape: [40] },
  ],
  run: (operators, [x, residual, weight], as) =>
    operators.addRmsNorm(x!, residual!, weight!, {
      eps,
      dtype: as("bfloat16"),
    }),
}, ["float32"]);

testTrial({
  name: "addRmsNorm whose sum alone is used",
  inputs: [{ shape: [4, 8] }, { shape: [4, 8] }, { shape: [8] }],
  run: (operators, [x, residual, weight]) => {
    const dtype = x!.dtype;
    const [sum, y] = operators.addRmsNorm(x!, residual!, weight!, {
      eps,
      dtype,
    });
    return [sum.add(y, 0)];
  },
});

Deno.test("fused addRmsNorm without a gradient of its norm passes that of its sum on", () => {
  scope(() => {
    const [x, residual] = [randn([3, 4]), randn([3, 4])];
    const weight = ones([4]);
    x.requiresGrad = true;
    residual.requiresGrad = true;
    const [sum] = fusedOperators.addRmsNorm(x, residual, weight, {
      eps,
      dtype: "float32",
    });
    backward(sum.sum());
    assertNear(x.grad!, ones([3, 4]), "gradient of x");
    assertNear(residual.grad!, ones([3, 4]), "gradient of the residual");
  });
});

Deno.test("fused rmsNorm and swiglu take no rows", () => {
  scope(() => {
    const x = zeros([0, 8]);
    x.requiresGrad = true;
    const weight = ones([8]);
    weight.requiresGrad = true;
    const options = { eps, dtype: "float32" } as const;
    const y = fusedOperators.rmsNorm(x, weight, options);
    backward(fusedOperators.swiglu(y).sum());
    assert.deepEqual(x.grad?.shape, [0, 8]);
    assertNear(weight.grad!, zeros([8]), "gradient of the weight");
  });
});

for (
  const { B, T, queries, groups, D, R } of [
    { B: 2, T: 5, queries: 4, groups: 2, D: 16, R: 16 },
    { B: 1, T: 1, queries: 1, groups: 1, D: 2, R: 2 },
    { B: 3, T: 7, queries: 6, groups: 3, D: 10, R: 4 },
    { B: 1, T: 33, queries: 2, groups: 1, D: 24, R: 0 },
  ]
) {
  testTrial({
    name: `ropeQkv of ${queries} heads of ${D}, ${groups} groups, ${R} rotated`,
    inputs: [{ shape: [B, T, (queries + 2 * groups) * D] }],
    run: (operators, [qkv], as) => {
      const angles = Float32Array.from(
        { length: T * R },
        (_, i) => Math.floor(i / R) * 0.3 + i % Math.max(R / 2, 1),
      );
      const table = (of: (x: number) => number) =>
        scope(() => {
          const values = zeros([T, R]);
          values.write(angles.map(of));
          return values.to(as("float32"));
        });
      const rope = { cos_TR: table(Math.cos), sin_TR: table(Math.sin) };
      return operators.ropeQkv(withGaps(qkv!), rope, {
        n_head: queries,
        n_query_groups: groups,
      });
    },
  });
}

for (const [rows, width] of [[4, 6], [1, 2], [37, 130], [500, 64]] as const) {
  testTrial({
    name: `swiglu of [${rows}, ${width}]`,
    inputs: [{ shape: [rows, width] }],
    run: (operators, [fc]) => [operators.swiglu(withGaps(fc!))],
  });
}

Deno.test("fused swiglu is right far from zero", () => {
  scope(() => {
    const fc = zeros([1, 12]);
    fc.write(
      Float32Array.of(-200, -100, -88, 88, 100, 200, 1, 1, 1, 1, 1, 1),
    );
    const y = fusedOperators.swiglu(fc);
    assertNear(y, plainOperators.swiglu(fc), "result");
    assert.ok(
      [...y.toArray()].every((value) => Number.isFinite(Number(value))),
    );
  });
});

for (
  const [shape, width] of [[[2, 3, 16], 8], [[1, 1], 1], [[40, 33], 130], [
    [700, 64],
    100,
  ]] as const
) {
  for (const bias of [false, true]) {
    testTrial({
      name: `linear of [${shape}] to ${width}${bias ? " with a bias" : ""}`,
      inputs: [
        { shape },
        { shape: [width, shape.at(-1)!] },
        { shape: [width] },
      ],
      // The product, then the sum.
      roundings: 2,
      run: (operators, [x, weight, added]) => [
        operators.linear(withGaps(x!), {
          weight: weight!,
          bias: bias ? added! : null,
        })
          // A gradient for every input, whether there is a bias or not.
          .add(added!),
      ],
    });
  }
}

Deno.test("fused operators without autograd keep nothing", () => {
  noGrad(() =>
    scope(() => {
      const x = randn([4, 8]);
      x.requiresGrad = true;
      assert.ok(!fusedOperators.swiglu(x).requiresGrad);
      const weight = ones([8]);
      const options = { eps, dtype: "float32" } as const;
      assert.ok(!fusedOperators.rmsNorm(x, weight, options).requiresGrad);
    })
  );
});

Deno.test("fused operators refuse what they cannot compute", () => {
  scope(() => {
    const options = { eps, dtype: "float32" } as const;
    const norm = fusedOperators.rmsNorm;
    assert.throws(() => norm(randn([4, 8]), ones([7]), options), /expected/);
    assert.throws(
      () => norm(randn([4, 8]).to("int32"), ones([8]), options),
      /float32 or bfloat16/,
    );
    assert.throws(() => fusedOperators.swiglu(randn([4, 7])), /even number/);
    const rope = { cos_TR: randn([3, 2]), sin_TR: randn([3, 2]) };
    const heads = { n_head: 2, n_query_groups: 1 };
    assert.throws(
      () => fusedOperators.ropeQkv(randn([1, 3, 15]), rope, heads),
      /not the heads/,
    );
    assert.throws(
      () => fusedOperators.ropeQkv(randn([1, 4, 16]), rope, heads),
      /angles/,
    );
  });
});

Deno.test("fused ropeQkv rounds as PyTorch does where tables and values are bfloat16", () => {
  const heads = { n_head: 3, n_query_groups: 1 };
  const run = (operators: typeof fusedOperators) =>
    scope(() => {
      manualSeed(1);
      const [T, D] = [50, 24];
      const qkv = randn([2, T, 5 * D]).to("bfloat16");
      qkv.requiresGrad = true;
      const table = () => randn([T, 16]).to("bfloat16");
      const rope = { cos_TR: table(), sin_TR: table() };
      const parts = operators.ropeQkv(qkv, rope, heads);
      const gradients = parts.map(({ shape }) => randn(shape).to("bfloat16"));
      backward(parts, { gradients });
      return [...parts, qkv.grad!].map((tensor) => [...tensor.toArray()]);
    });
  assert.deepEqual(run(fusedOperators), run(plainOperators));
});

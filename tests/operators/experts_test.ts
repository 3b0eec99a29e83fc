/** Tokens to their experts and back. */

import { strict as assert } from "node:assert";
import {
  backward,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../ffi/mod.ts";
import {
  fusedOperators,
  type OperatorTable,
  plainOperators,
  type SortedRows,
} from "../../lib/operators/mod.ts";
import {
  assertAsSpecified,
  assertNear,
  DTYPES,
  productPerExpert,
  randomChoices,
  type Trial,
  withGaps,
} from "./_compare.ts";

const all = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Tokens, choices, experts of which some have no rows, widths. */
const SIZES = [
  { N: 5, K: 2, E: 4, used: all(4), C: 8, I: 6 },
  { N: 1, K: 1, E: 3, used: [1], C: 1, I: 2 },
  { N: 40, K: 2, E: 8, used: [0, 2, 3, 7], C: 13, I: 33 },
  { N: 300, K: 3, E: 5, used: [1, 2, 4], C: 64, I: 40 },
  { N: 64, K: 1, E: 2, used: [1], C: 100, I: 130 },
  { N: 0, K: 2, E: 3, used: all(3), C: 4, I: 4 },
] as const;

const values = (index: Tensor) => [...index.toArray()].map(Number);
const numbers = (rows: SortedRows) =>
  Object.fromEntries(
    Object.entries(rows).map(([name, index]) => [name, values(index)]),
  );

for (const { N, K, E, used, C, I } of SIZES) {
  const size = `${N} tokens, ${K} of ${E} experts, ${C} by ${I}`;

  Deno.test(`fused moeSort sorts as the plain one: ${size}`, () => {
    scope(() => {
      const choices = randomChoices([N, K], used);
      const fused = fusedOperators.moeSort(choices, E);
      assert.deepEqual(
        numbers(fused),
        numbers(plainOperators.moeSort(choices, E)),
      );
      for (const index of Object.values(fused)) {
        assert.equal(index.dtype, "int32");
      }
      const chosen = values(choices);
      for (const [choice, row] of values(fused.row_NK).entries()) {
        const ends = values(fused.ends_E);
        assert.equal(ends.findIndex((end) => row < end), chosen[choice]);
        const token = values(fused.token_M)[row];
        assert.equal(token, Math.floor(choice / K));
      }
    });
  });

  /** Tests a trial that is given rows sorted by fresh random choices. */
  const test = (
    name: string,
    inputs: Trial["inputs"],
    run: (
      operators: OperatorTable,
      inputs: Tensor[],
      rows: SortedRows,
    ) => Tensor,
    roundings = 0,
  ) =>
    Deno.test(`fused ${name}: ${size}`, () => {
      for (const dtype of DTYPES) {
        scope(() => {
          const choices = randomChoices([N, K], used);
          const rows = fusedOperators.moeSort(choices, E);
          const trial: Trial = {
            name,
            inputs,
            roundings,
            run: (operators, inputs) => [run(operators, inputs, rows)],
          };
          assertAsSpecified(trial, fusedOperators, dtype);
        });
      }
    });

  const M = N * K;
  test("moeGather", [{ shape: [N, C] }], (operators, [x], rows) => {
    return operators.moeGather(withGaps(x!), rows);
  });
  test(
    "groupedLinear",
    [{ shape: [M, C] }, { shape: [E, I, C] }],
    (operators, [x, weight], rows) =>
      operators.groupedLinear(withGaps(x!), weight!, rows),
  );
  test(
    "moeCombine",
    [{ shape: [M, C] }, { shape: [N, K] }],
    (operators, [y, weights], rows) =>
      operators.moeCombine({
        y_MC: withGaps(y!),
        weights_NK: withGaps(weights!),
        rows,
      }, y!.dtype),
  );
  test(
    "combineRmsNorm",
    [{ shape: [M, C] }, { shape: [N, K] }, { shape: [1, N, C] }, {
      shape: [C],
    }],
    (operators, [y, weights, residual, weight], rows) => {
      const [sum, normed] = operators.combineRmsNorm(
        { y_MC: withGaps(y!), weights_NK: weights!, rows },
        withGaps(residual!),
        weight!,
        { eps: 1e-5, dtype: y!.dtype },
      );
      assert.deepEqual(sum.shape, residual!.shape);
      return sum.add(normed);
    },
    4,
  );
  test(
    "experts from end to end",
    [
      { shape: [N, C] },
      { shape: [E, 2 * I, C] },
      { shape: [E, C, I] },
      { shape: [N, K] },
    ],
    (operators, [x, fc, proj, weights], rows) => {
      const y_MC = operators.moeExperts(withGaps(x!), rows, {
        fc_E2IC: fc!.mul(0.1),
        proj_ECI: proj!,
      });
      const experts = { y_MC, weights_NK: weights!, rows };
      return operators.moeCombine(experts, x!.dtype);
    },
    4,
  );
}

Deno.test("fused moeCombine of bfloat16 rows with float32 weights gives float32", () => {
  scope(() => {
    const rows = fusedOperators.moeSort(randomChoices([20, 2], all(4)), 4);
    const trial: Trial = {
      name: "moeCombine",
      inputs: [
        { shape: [40, 24], dtype: "bfloat16" },
        { shape: [20, 2] },
      ],
      run: (operators, [y, weights], as) => [
        operators.moeCombine(
          { y_MC: y!, weights_NK: weights!, rows },
          as("float32"),
        ),
      ],
    };
    assertAsSpecified(trial, fusedOperators, "float32");
  });
});

Deno.test("plain groupedLinear is a product for each expert", () => {
  scope(() => {
    const rows = plainOperators.moeSort(randomChoices([50, 2], [0, 2]), 3);
    for (const dtype of ["float32", "bfloat16"] as const) {
      const x = randn([100, 16]).to(dtype);
      const weight = randn([3, 8, 16]).to(dtype);
      assertNear(
        plainOperators.groupedLinear(x, weight, rows),
        productPerExpert(x.to("float64"), weight.to("float64"), rows),
        dtype,
      );
    }
  });
});

Deno.test("plain moeExperts is gather, product, swiglu and product", () => {
  scope(() => {
    const rows = plainOperators.moeSort(randomChoices([30, 2], [0, 2]), 3);
    const [x, fc_E2IC, proj_ECI] = [[30, 16], [3, 24, 16], [3, 16, 12]].map((
      shape,
    ) => randn(shape)) as [Tensor, Tensor, Tensor];
    const x_MC = plainOperators.moeGather(x, rows);
    const gated_MI = plainOperators.swiglu(
      productPerExpert(x_MC, fc_E2IC, rows),
    );
    assertNear(
      plainOperators.moeExperts(x, rows, { fc_E2IC, proj_ECI }),
      productPerExpert(gated_MI, proj_ECI, rows).to("float64"),
      "y",
    );
  });
});

Deno.test("gradients of fused operators do not depend on how the result's gradient lies in memory", () => {
  scope(() => {
    const rows = fusedOperators.moeSort(randomChoices([6, 2], all(3)), 3);
    const x = randn([6, 5]);
    x.requiresGrad = true;
    // A sum's gradient is one number seen many times.
    backward(fusedOperators.moeGather(x, rows).sum());
    assertNear(x.grad!, zeros([6, 5]).add(2), "gradient");
  });
});

Deno.test("fused operators of experts refuse what does not fit", () => {
  scope(() => {
    const {
      moeSort,
      moeGather,
      groupedLinear,
      moeExperts,
      moeCombine,
      combineRmsNorm,
    } = fusedOperators;
    const choices = tensor([[0, 3], [1, 2]], { dtype: "int64" });
    assert.throws(() => moeSort(choices, 3), /expert 3 .* is not one of 3/);
    const rows = moeSort(choices, 4);
    assert.throws(() => moeGather(randn([3, 8]), rows), /row/);
    const weight = randn([4, 6, 8]);
    assert.throws(() => groupedLinear(randn([4, 7]), weight, rows), /shape/);
    assert.throws(
      () => groupedLinear(randn([4, 8]).to("bfloat16"), weight, rows),
      /weight is Float/,
    );
    assert.throws(
      () =>
        moeExperts(randn([2, 8]), rows, {
          fc_E2IC: randn([4, 6, 8]),
          proj_ECI: randn([4, 8, 6]),
        }),
      /fc_weight has the shape/,
    );
    const weights_NK = randn([2, 2]);
    assert.throws(
      () => moeCombine({ y_MC: randn([5, 8]), weights_NK, rows }, "float32"),
      /shape/,
    );
    const options = { eps: 1e-5, dtype: "float32" } as const;
    assert.throws(
      () =>
        combineRmsNorm(
          { y_MC: randn([4, 8]), weights_NK, rows },
          randn([3, 8]),
          randn([8]),
          options,
        ),
      /residual is \[3, 8\], expected 2 rows of 8 values/,
    );
  });
});

Deno.test("both tables have the same operators", () => {
  assert.deepEqual(Object.keys(fusedOperators), Object.keys(plainOperators));
});

/** The output layer with the loss. */

import { strict as assert } from "node:assert";
import {
  aten,
  backward,
  full,
  manualSeed,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
} from "../../ffi/mod.ts";
import {
  fusedOperators,
  IGNORE_INDEX,
  plainOperators,
} from "../../lib/operators/mod.ts";
import {
  assertAsSpecified,
  assertNear,
  DTYPES,
  type Trial,
} from "./_compare.ts";

/** Targets below V, every `ignored`-th left out. */
function targetsOf(N: number, V: number, ignored = Infinity): Tensor {
  return tensor(
    Array.from(
      { length: N },
      (_, i) => i % ignored === 1 ? IGNORE_INDEX : (7 * i + 3) % V,
    ),
    { dtype: "int64" },
  );
}

for (
  const { N, C, V, ignored = Infinity } of [
    { N: 1, C: 1, V: 1 },
    { N: 5, C: 8, V: 10 },
    { N: 70, C: 33, V: 101, ignored: 3 },
    { N: 600, C: 16, V: 64, ignored: 2 },
  ]
) {
  for (const withBias of [false, true]) {
    const size = `${N} rows of ${C} to ${V}${withBias ? " with a bias" : ""}${
      ignored < N ? ", some ignored" : ""
    }`;
    Deno.test(`fused linearCrossEntropy: ${size}`, () => {
      scope(() => {
        const targets = targetsOf(N, V, ignored);
        const trial: Trial = {
          name: "linearCrossEntropy",
          inputs: [{ shape: [N, C] }, { shape: [V, C] }, { shape: [V] }],
          // Logits, their gradients, sums with the bias.
          roundings: 3,
          run: (operators, [x, weight, bias]) => {
            const layer = { weight: weight!, bias: withBias ? bias! : null };
            // Small logits, whose rounding hardly moves their exponentials.
            const small = x!.mul(1 / 16);
            const loss = operators.linearCrossEntropy(small, targets, layer);
            // Without a bias it gets its gradient from here.
            return [withBias ? loss : loss.add(bias!.sum())];
          },
        };
        for (const dtype of DTYPES) {
          assertAsSpecified(trial, fusedOperators, dtype);
        }
      });
    });
  }
}

Deno.test("linear_cross_entropy gives the same for any number of rows at a time", () => {
  scope(() => {
    const [x, weight] = [randn([50, 12]), randn([30, 12])];
    const targets = targetsOf(50, 30, 4);
    const layer = { weight, bias: null };
    const expected = plainOperators.linearCrossEntropy(x, targets, layer);
    for (const rows of [1, 7, 49, 50, 1000]) {
      const [loss, dx, dweight] = aten(
        "moebius::linear_cross_entropy_forward",
        x,
        weight,
        null,
        targets,
        IGNORE_INDEX,
        rows,
        null,
        true,
      );
      assertNear(loss, expected, `${rows} rows at a time`);
      assert.deepEqual([dx.shape, dweight.shape], [x.shape, weight.shape]);
    }
  });
});

Deno.test("fused linearCrossEntropy gives the same gradients whether it knew the loss's or not", () => {
  scope(() => {
    const targets = targetsOf(20, 9, 5);
    const [known, other] = [full([], 0.25), full([], 0.5)];
    const gradientsOf = (gradient: Tensor | null, given: Tensor) => {
      manualSeed(4);
      const [x, weight] = [randn([20, 8]), randn([9, 8])];
      x.requiresGrad = weight.requiresGrad = true;
      const loss = fusedOperators.linearCrossEntropy(
        x,
        targets,
        { weight, bias: null },
        { gradient },
      );
      backward(loss, { gradients: [given] });
      return [loss.detach(), x.grad!, weight.grad!];
    };
    for (const given of [known, other]) {
      const expected = gradientsOf(null, given);
      for (const [i, each] of gradientsOf(known, given).entries()) {
        assertNear(each, expected[i]!, `${i}`);
      }
    }
  });
});

Deno.test("fused linearCrossEntropy of ignored targets alone is no number and has no gradient", () => {
  scope(() => {
    const x = randn([3, 4]);
    x.requiresGrad = true;
    const weight = randn([5, 4]);
    const targets = tensor([-100, -100, -100], { dtype: "int64" });
    const loss = fusedOperators.linearCrossEntropy(x, targets, {
      weight,
      bias: null,
    });
    backward(loss);
    assert.ok(Number.isNaN(loss.item()));
    assertNear(x.grad!, x.detach().mul(0), "gradient");
  });
});

Deno.test("fused linearCrossEntropy without autograd gives the same loss", () => {
  scope(() => {
    const [x, weight] = [randn([20, 8]), randn([9, 8])];
    x.requiresGrad = true;
    const targets = targetsOf(20, 9, 5);
    const layer = { weight, bias: null };
    const loss = noGrad(() =>
      fusedOperators.linearCrossEntropy(x, targets, layer)
    );
    assert.ok(!loss.requiresGrad);
    const recorded = fusedOperators.linearCrossEntropy(x, targets, layer);
    assert.equal(loss.item(), recorded.item());
  });
});

Deno.test("fused linearCrossEntropy refuses a target outside the vocabulary", () => {
  scope(() => {
    const layer = { weight: randn([5, 4]), bias: null };
    const loss = (targets: number[], rows = targets.length) =>
      fusedOperators.linearCrossEntropy(
        randn([rows, 4]),
        tensor(targets, { dtype: "int64" }),
        layer,
      );
    assert.throws(() => loss([0, 5]), /target 5 of row 1 is not one of 5/);
    assert.throws(() => loss([-1]), /target -1/);
    assert.throws(() => loss([1, 2], 3), /targets/);
  });
});

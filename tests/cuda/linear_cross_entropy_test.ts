/** The loss of the output layer on a CUDA device against its composition in float64. */

import { strict as assert } from "node:assert";
import { aten, type DType, rand, type Tensor, tensor } from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  reference,
  run,
} from "./_check.ts";

interface Sizes {
  N: number;
  C: number;
  V: number;
  chunk: number;
  bias: boolean;
}

const CASES: Sizes[] = [
  { N: 1, C: 8, V: 16, chunk: 1, bias: false },
  { N: 50, C: 64, V: 100, chunk: 16, bias: false },
  { N: 50, C: 64, V: 104, chunk: 50, bias: true },
  { N: 33, C: 24, V: 1001, chunk: 7, bias: true },
  { N: 300, C: 128, V: 50_304, chunk: 128, bias: false },
  // More than shared memory holds.
  { N: 10, C: 32, V: 130_000, chunk: 4, bias: false },
];

// Logits are rounded to the dtype before the softmax, and so are their gradients before the products.
const TOLERANCES: Partial<Record<DType, { whole: number; single: number }>> = {
  float32: { whole: 2e-5, single: 1e-4 },
  bfloat16: { whole: 1e-2, single: 2e-2 },
};

for (const { N, C, V, chunk, bias } of CASES) {
  for (const dtype of ACTIVATIONS) {
    kernelTest(
      `linear_cross_entropy of ${dtype} has its composition's numbers: [${N}, ${C}] by [${V}, ${C}], ${chunk} rows at a time${
        bias ? ", bias" : ""
      }`,
      () => {
        check(() => {
          const x = normal([N, C], { dtype });
          const weight = normal([V, C], { dtype, std: 2 / Math.sqrt(C) });
          const offset = normal([V], { dtype });
          // One target in four is left out, but not the first.
          const targets = rand([N], { device: DEVICE }).mul(V).to("int64");
          if (N > 4) targets.narrow(0, 1, Math.floor(N / 4)).fill_(-100);
          const inputs = bias ? [x, weight, offset] : [x, weight];
          const expected = reference(inputs, (x, weight, offset) => {
            const logits = x.linear(weight, offset ?? null);
            return [aten("cross_entropy_loss", logits, targets)];
          }, [tensor(1, { device: DEVICE })]);
          const tolerance = TOLERANCES[dtype]!;
          const call = (withGradients: boolean) =>
            run(
              "linear_cross_entropy_forward",
              x,
              weight,
              bias ? offset : null,
              targets,
              -100,
              chunk,
              null,
              withGradients,
            );
          const [loss, dx, dweight, dbias] = call(true);
          assertClose(loss!, expected.outputs[0]!, {
            name: "loss",
            tolerance: { whole: dtype === "float32" ? 1e-6 : 1e-3, single: 1 },
          });
          assert.equal(loss!.dtype, "float32");
          for (
            const [i, gradient] of [dx, dweight, dbias].slice(0, inputs.length)
              .entries()
          ) {
            assert.equal(gradient!.dtype, dtype);
            assertClose(gradient!, expected.gradients[i]!, {
              name: ["dx", "dweight", "dbias"][i]!,
              tolerance,
            });
          }
          const [alone, ...none] = call(false);
          assert.equal(alone!.item(), loss!.item());
          assert.deepEqual(none, [null, null, null]);
        });
      },
    );
  }
}

kernelTest(
  "linear_cross_entropy without any target is NaN, with gradients of zero",
  () => {
    check(() => {
      const x = normal([5, 16], { dtype: "bfloat16" });
      const weight = normal([40, 16], { dtype: "bfloat16" });
      const targets = tensor([7, 7, 7, 7, 7], {
        dtype: "int64",
        device: DEVICE,
      });
      const [loss, dx, dweight] = run(
        "linear_cross_entropy_forward",
        x,
        weight,
        null,
        targets,
        7,
        2,
        null,
        true,
      ) as [Tensor, Tensor, Tensor];
      assert.ok(Number.isNaN(loss.item()));
      assert.equal(dx.abs().max().item(), 0);
      assert.equal(dweight.abs().max().item(), 0);
    });
  },
);

kernelTest("linear_cross_entropy gives gradients of a known factor", () => {
  check(() => {
    const x = normal([20, 64]);
    const weight = normal([512, 64]);
    const targets = rand([20], { device: DEVICE }).mul(512).to("int64");
    const gradients = (gradient: Tensor | null) =>
      run(
        "linear_cross_entropy_forward",
        ...[x, weight, null, targets, -100, 8],
        ...[gradient, true],
      );
    const [loss, ...once] = gradients(null);
    const [same, ...twice] = gradients(tensor(2, { device: DEVICE }));
    assertClose(same!, loss!, { name: "loss" });
    for (const i of [0, 1]) {
      assertClose(twice[i]!, once[i]!.mul(2), { name: `gradient ${i}` });
    }
  });
});

kernelTest("linear_cross_entropy of large logits is finite", () => {
  check(() => {
    const x = normal([20, 64], { dtype: "bfloat16", std: 30 });
    const weight = normal([512, 64], { dtype: "bfloat16" });
    const targets = rand([20], { device: DEVICE }).mul(512).to("int64");
    const expected = reference(
      [x, weight],
      (x, weight) => [
        aten("cross_entropy_loss", x.linear(weight), targets),
      ],
      [tensor(1, { device: DEVICE })],
    );
    const [loss, dx] = run(
      "linear_cross_entropy_forward",
      x,
      weight,
      null,
      targets,
      -100,
      8,
      null,
      true,
    );
    // Logits of several hundred are rounded to whole numbers: the loss is only near.
    assertClose(loss!, expected.outputs[0]!, {
      name: "loss",
      tolerance: { whole: 1e-2, single: 1 },
    });
    assert.ok(Number.isFinite(dx!.abs().sum().item()));
  });
});

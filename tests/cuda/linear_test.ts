/** Linear layers and embeddings whose gradients are added to sums. */

import { strict as assert } from "node:assert";
import {
  backward,
  call,
  enableGrad,
  rand,
  type Tensor,
} from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  reference,
} from "./_check.ts";

/** Runs an operator forward and backward, with a sum of its weight's gradients or without. */
function gradientsOf(
  apply: () => Tensor,
  { leaves, dy }: { leaves: readonly Tensor[]; dy: Tensor },
): { y: Tensor; gradients: (Tensor | null)[] } {
  for (const leaf of leaves) {
    leaf.requiresGrad = true;
    leaf.grad = null;
  }
  const y = enableGrad(apply);
  backward([y], { gradients: [dy] });
  return { y: y.detach(), gradients: leaves.map(({ grad }) => grad) };
}

const tolerance = (dtype: string) =>
  dtype === "float32"
    ? { whole: 1e-5, single: 1e-4 }
    : { whole: 6e-3, single: 3e-2 };

for (const dtype of ACTIVATIONS) {
  for (const [shape, width] of [[[2, 9, 24], 16], [[1, 8], 40]] as const) {
    for (const hasBias of [false, true]) {
      kernelTest(
        `linear of ${dtype} [${shape}] to ${width}${
          hasBias ? " with a bias" : ""
        } adds its weight's gradient to a sum`,
        () => {
          check(() => {
            const C = shape.at(-1)!;
            const x = normal(shape, { dtype });
            const weight = normal([width, C], { dtype });
            const bias = hasBias ? normal([width], { dtype }) : null;
            const dy = normal([...shape.slice(0, -1), width], { dtype });
            const sum = normal([width, C]);
            const before = sum.to("float64");
            const expected = reference(
              [x, weight, ...(bias ? [bias] : [])],
              (x, weight, bias) => [x!.linear(weight!, bias ?? null)],
              [dy],
            );
            const { y, gradients } = gradientsOf(
              () => call("moebius::linear", [x, weight, bias, sum]) as Tensor,
              { leaves: [x, weight, ...(bias ? [bias] : [])], dy },
            );
            const [dx, dweight, dbias] = gradients;
            assertClose(y, expected.outputs[0]!, { name: "y" });
            assertClose(dx!, expected.gradients[0]!, { name: "dx" });
            assert.equal(dweight, null);
            assertClose(sum, before.add(expected.gradients[1]!), {
              name: "sum",
              tolerance: tolerance(dtype),
            });
            if (bias) {
              assertClose(dbias!, expected.gradients[2]!, { name: "dbias" });
            }
          });
        },
      );
    }
  }
}

kernelTest(
  "embedding adds its weight's gradient to a sum, the same each time",
  () => {
    check(() => {
      const [V, C, N] = [50, 24, 300];
      const weight = normal([V, C]);
      // Some are read often, some never.
      const tokens = rand([3, N / 3], { device: DEVICE }).square().mul(V - 5)
        .to("int32");
      const dy = normal([3, N / 3, C]);
      const start = normal([V, C]);
      const run = (sum: Tensor | null) =>
        gradientsOf(
          () => call("moebius::embedding", [weight, tokens, sum]) as Tensor,
          { leaves: [weight], dy },
        );
      const plain = run(null);
      const sums = [0, 1].map(() => {
        const sum = start.clone();
        const { y, gradients } = run(sum);
        assert.deepEqual(y.toArray(), plain.y.toArray());
        assert.deepEqual(gradients, [null]);
        return sum;
      });
      const wanted = start.to("float64").add(
        plain.gradients[0]!.to("float64"),
      );
      assertClose(sums[0]!, wanted, { name: "sum" });
      assert.deepEqual(sums[1]!.toArray(), sums[0]!.toArray());
    });
  },
);

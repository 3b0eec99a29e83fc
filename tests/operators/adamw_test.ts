/** The optimizer's update. */

import { strict as assert } from "node:assert";
import {
  aten,
  type DType,
  full,
  manualSeed,
  randn,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import {
  type AdamwTensors,
  fusedOperators,
  plainOperators,
} from "../../lib/operators/mod.ts";
import { assertNear } from "./_compare.ts";

const SHAPES = [[], [1], [7], [13, 5], [70_001]];
const OPTIONS = { betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0.1 } as const;

/** Parameters and state that are the same each time. */
function makeTensors(
  dtype: DType,
  { foundInf = 0, gradScale = 0.25, gradDtype = dtype } = {},
): AdamwTensors {
  manualSeed(3);
  const draw = (as = dtype) => SHAPES.map((shape) => randn(shape).to(as));
  return {
    params: draw(),
    grads: draw(gradDtype),
    expAvgs: draw(),
    expAvgSqs: draw().map((each) => each.square()),
    steps: SHAPES.map((_, i) => full([], i)),
    shadows: SHAPES.map((shape) => zeros(shape, { dtype: "bfloat16" })),
    lr: full([], 1e-2),
    gradScale: full([], gradScale),
    foundInf: full([], foundInf),
  };
}

const LISTS = ["params", "expAvgs", "expAvgSqs", "steps", "shadows"] as const;

for (
  const [dtype, gradDtype] of [
    ["float64", "float64"],
    ["float32", "float32"],
    ["float32", "bfloat16"],
    ["bfloat16", "bfloat16"],
  ] as const
) {
  Deno.test(`fused adamw updates as PyTorch's in ${dtype} from gradients in ${gradDtype}`, () => {
    scope(() => {
      const fused = makeTensors(dtype, { gradDtype });
      const plain = makeTensors(dtype, { gradDtype });
      for (let step = 0; step < 3; step++) {
        fusedOperators.adamw(fused, OPTIONS);
        plainOperators.adamw(plain, OPTIONS);
        // The plain form scales the gradients where they are.
        for (const [i, grad] of plain.grads.entries()) {
          grad.copy_(fused.grads[i]!);
        }
      }
      for (const list of LISTS) {
        for (const [i, tensor] of fused[list].entries()) {
          assertNear(tensor, plain[list][i]!, `${list} ${i}`, 1e-6);
        }
      }
      for (const [i, shadow] of fused.shadows.entries()) {
        const rounded = fused.params[i]!.to("bfloat16");
        assert.ok(aten("equal", shadow, rounded), `shadow ${i}`);
      }
    });
  });
}

Deno.test("fused adamw changes nothing where gradients are not finite", () => {
  scope(() => {
    const options = { foundInf: 1, gradScale: NaN };
    const [updated, before] = [
      makeTensors("float32", options),
      makeTensors("float32", options),
    ];
    fusedOperators.adamw(updated, OPTIONS);
    for (const list of LISTS) {
      for (const [i, tensor] of updated[list].entries()) {
        assert.ok(aten("equal", tensor, before[list][i]!), `${list} ${i}`);
      }
    }
  });
});

Deno.test("fused adamw takes no shadows and refuses lists that do not fit", () => {
  scope(() => {
    const tensors = makeTensors("float32");
    fusedOperators.adamw({ ...tensors, shadows: [] }, OPTIONS);
    const wrong: Partial<AdamwTensors>[] = [
      { grads: [] },
      { shadows: tensors.shadows.slice(1) },
      { shadows: tensors.params },
      { expAvgs: tensors.expAvgs.map((each: Tensor) => each.to("float64")) },
      { grads: tensors.grads.map((each) => each.unsqueeze(0)) },
    ];
    for (const lists of wrong) {
      assert.throws(() =>
        fusedOperators.adamw({ ...tensors, ...lists }, OPTIONS)
      );
    }
  });
});

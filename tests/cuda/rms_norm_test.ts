/** RMSNorm on a CUDA device against its composition in float64. */

import type { DType, Tensor } from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  kernelTest,
  normal,
  reference,
  run,
} from "./_check.ts";

const EPS = 1e-5;

// Of one column x has no gradient but what rounding leaves.
const SHAPES = [
  [6, 3],
  [1, 768],
  [5, 64],
  [3, 7, 768],
  [2, 100],
  [4, 33],
  [9, 4104],
  [3, 9001],
  [0, 64],
  [4099, 96],
];

const compose = (x: Tensor, weight: Tensor): Tensor =>
  x.mul(x.mul(x).mean(-1, true).add(EPS).rsqrt()).mul(weight);

const rowsOf = (shape: readonly number[]): number =>
  shape.slice(0, -1).reduce((product, size) => product * size, 1);

/** All combinations of two dtypes for some operands. */
function dtypesOf(count: number): DType[][] {
  return Array.from(
    { length: 2 ** count },
    (_, bits) =>
      Array.from({ length: count }, (_, i) => ACTIVATIONS[(bits >> i) & 1]!),
  );
}

for (const shape of SHAPES) {
  const options = { isLarge: shape.reduce((a, b) => a * b, 1) > 37_000 };
  kernelTest(`rms_norm of [${shape}] has its composition's numbers`, () => {
    for (const [xType, weightType, outType] of dtypesOf(3)) {
      for (const offset of [0, 1]) {
        check(() => {
          const x = normal(shape, { dtype: xType!, offset });
          const weight = normal(shape.slice(-1), { dtype: weightType! });
          const dy = normal(shape, { dtype: outType! });
          const expected = reference(
            [x, weight],
            (x, weight) => [compose(x, weight)],
            [dy],
          );
          const [y, rstd] = run("rms_norm_forward", x, weight, EPS, outType);
          const rows = rowsOf(shape);
          const scales = x.to("float64").square().mean(-1).add(EPS).rsqrt();
          assertClose(y!, expected.outputs[0]!, { name: `y ${outType}` });
          assertClose(rstd!, scales.view(rows), { name: "rstd" });
          const [dx, dweight] = run("rms_norm_backward", dy, x, weight, rstd!);
          assertClose(dx!, expected.gradients[0]!, { name: `dx ${xType}` });
          assertClose(dweight!, expected.gradients[1]!, {
            name: `dweight ${weightType}`,
          });
        });
      }
    }
  }, options);

  kernelTest(`add_rms_norm of [${shape}] has its composition's numbers`, () => {
    for (const [xType, residualType, outType] of dtypesOf(3)) {
      check(() => {
        const x = normal(shape, { dtype: xType! });
        const residual = normal(shape, { dtype: residualType! });
        const weight = normal(shape.slice(-1));
        const [sum, y, rstd] = run(
          "add_rms_norm_forward",
          x,
          residual,
          weight,
          EPS,
          outType,
        );
        const sumType = xType === residualType ? xType! : "float32";
        const exact = x.to("float64").add(residual.to("float64"));
        assertClose(sum!, exact, { name: `sum ${sumType}` });
        const dy = normal(shape, { dtype: outType! });
        const dsum = normal(shape, { dtype: sumType });
        // The norm is of the sum as it was rounded.
        const expected = reference(
          [sum!, weight],
          (sum, weight) => [sum.mul(1), compose(sum, weight)],
          [dsum, dy],
        );
        assertClose(y!, expected.outputs[1]!, { name: `y ${outType}` });
        const [dx, dresidual, dweight] = run(
          "add_rms_norm_backward",
          dsum,
          dy,
          sum!,
          weight,
          rstd!,
          xType,
          residualType,
        );
        assertClose(dx!, expected.gradients[0]!, { name: "dx" });
        assertClose(dresidual!, expected.gradients[0]!, { name: "dresidual" });
        assertClose(dweight!, expected.gradients[1]!, { name: "dweight" });

        const alone = reference(
          [sum!, weight],
          (sum, weight) => [compose(sum, weight)],
          [dy],
        );
        const [dxAlone] = run(
          "add_rms_norm_backward",
          null,
          dy,
          sum!,
          weight,
          rstd!,
          xType,
          residualType,
        );
        assertClose(dxAlone!, alone.gradients[0]!, { name: "dx without dsum" });
      });
    }
  }, options);
}

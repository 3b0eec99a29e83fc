/** RMSNorm on a CUDA device against its composition in float64. */

import { aten, type DType, rand, type Tensor } from "../../ffi/mod.ts";
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

const EPS = 1e-5;

// Of one column x has no gradient but what rounding leaves.
const SHAPES = [
  [6, 3],
  [1, 768],
  [5, 64],
  [3, 7, 768],
  [2, 100],
  [4, 33],
  [4, 4104],
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
  const options = { isLarge: shape.reduce((a, b) => a * b, 1) > 20_000 };
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

/** N tokens, K rows each, of C values. */
const COMBINED = [
  { N: 1, K: 1, C: 8 },
  { N: 70, K: 2, C: 96 },
  { N: 33, K: 3, C: 100 },
  { N: 9, K: 5, C: 1024 },
  { N: 3, K: 2, C: 4096 },
  { N: 0, K: 2, C: 64 },
  { N: 5000, K: 2, C: 768 },
];

for (const { N, K, C } of COMBINED) {
  const name = `${N} tokens of ${K} rows of ${C}`;
  kernelTest(`combine_rms_norm has its composition's numbers: ${name}`, () => {
    for (const [rowsType, residualType, weightsType] of dtypesOf(3)) {
      check(() => {
        const rows = normal([N * K, C], { dtype: rowsType! });
        const weights = normal([N, K], { dtype: weightsType! });
        const residual = normal([1, N, C], { dtype: residualType! });
        const weight = normal([C]);
        const order = aten("argsort", rand([N * K], { device: DEVICE }));
        const row = order.to("int32").view(N, K);
        const [sum, y, rstd] = run(
          "combine_rms_norm_forward",
          ...[rows, weights, row, residual, weight, EPS, "bfloat16"],
        );
        // The same as two operators, which round the combination as well.
        const [combined] = run(
          "moe_combine_forward",
          ...[rows, weights, row, residualType],
        );
        const exact = combined!.view(1, N, C).to("float64").add(residual);
        assertClose(sum!, exact, { name: `sum ${residualType}` });

        const dy = normal([1, N, C], { dtype: "bfloat16" });
        const dsum = normal([1, N, C], { dtype: residualType! });
        const normed = reference([sum!, weight], (sum, weight) => [
          sum.mul(1),
          compose(sum, weight),
        ], [dsum, dy]);
        assertClose(y!, normed.outputs[1]!, { name: "y" });
        const [drows, dweights, dresidual, dweight] = run(
          "combine_rms_norm_backward",
          ...[dsum, dy, sum!, weight, rstd!, rows, weights, row],
        );
        assertClose(dresidual!, normed.gradients[0]!, { name: "dresidual" });
        assertClose(dweight!, normed.gradients[1]!, { name: "dweight" });
        const spread = reference([rows, weights], (rows, weights) => [
          rows.indexSelect(0, row.view(-1)).view(1, N, K, C)
            .mul(weights.unsqueeze(2)).sum(2),
        ], [dresidual!]);
        assertClose(drows!, spread.gradients[0]!, { name: "drows" });
        const tolerance = { whole: 1e-2, single: 2e-2 };
        assertClose(dweights!, spread.gradients[1]!, {
          name: "dweights",
          ...(weightsType === "bfloat16" ? { tolerance } : {}),
        });
      });
    }
  }, { isLarge: N * K * C > 50_000 });
}

/** Matrix products of groups of rows on a CUDA device: libtorch's, where it is used, and both of our own. */

import { cat, type DType, type Tensor, tensor } from "../../ffi/mod.ts";
import {
  assertClose,
  check,
  DEVICE,
  normal,
  productTests,
  reference,
  run,
} from "./_check.ts";

/** Rows of each group, and the matrices' sizes [I, C]. */
const CASES: { groups: number[]; I: number; C: number }[] = [
  { groups: [1], I: 8, C: 8 },
  { groups: [1, 0, 2], I: 16, C: 24 },
  { groups: [0, 0, 0], I: 16, C: 16 },
  { groups: [0, 300, 0, 5, 128, 0], I: 256, C: 64 },
  { groups: [129, 127, 1, 255], I: 200, C: 136 },
  { groups: [37, 0, 211], I: 33, C: 71 },
  { groups: [3, 2], I: 1, C: 1 },
  { groups: [1000, 24, 500, 523], I: 768, C: 512 },
  // More tiles than an H100 has multiprocessors.
  { groups: [6000, 0, 3000, 5001], I: 520, C: 264 },
];

function compose(groups: readonly number[]) {
  return (x: Tensor, weight: Tensor): Tensor[] => {
    const parts = x.split([...groups], 0)
      .map((part, group) => part.matmul(weight.select(0, group).t()));
    return [cat(parts, 0)];
  };
}

// Sums of products of bfloat16 are float32, so that only the result is rounded.
const TOLERANCES: Partial<Record<DType, { whole: number; single: number }>> = {
  float32: { whole: 1e-5, single: 1e-4 },
  bfloat16: { whole: 4e-3, single: 1e-2 },
};

function checkCase(
  { groups, I, C }: typeof CASES[number],
  dtype: DType,
  offset: number,
): void {
  check(() => {
    const rows = groups.reduce((sum, count) => sum + count, 0);
    let end = 0;
    const ends = tensor(groups.map((count) => end += count), {
      dtype: "int32",
      device: DEVICE,
    });
    const x = normal([rows, C], { dtype, offset });
    const weight = normal([groups.length, I, C], { dtype });
    const dy = normal([rows, I], { dtype });
    const expected = reference([x, weight], compose(groups), [dy]);
    const tolerance = TOLERANCES[dtype]!;
    const [y] = run("grouped_linear_forward", x, weight, ends);
    assertClose(y!, expected.outputs[0]!, { name: "y", tolerance });
    const [dx] = run("grouped_linear_input", dy, weight, ends);
    assertClose(dx!, expected.gradients[0]!, { name: "dx", tolerance });
    const [dweight] = run("grouped_linear_weight", dy, x, ends);
    assertClose(dweight!, expected.gradients[1]!, {
      name: "dweight",
      tolerance,
    });
  });
}

for (const sizes of CASES) {
  productTests({
    operator: "grouped_linear",
    name: `[${sizes.groups}] rows by [${sizes.I}, ${sizes.C}]`,
    isLarge: sizes.I * sizes.C > 100_000,
  }, (dtype) => {
    checkCase(sizes, dtype, 0);
    checkCase(sizes, dtype, 1);
  });
}

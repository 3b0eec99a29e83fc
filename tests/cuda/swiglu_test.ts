/** SwiGLU on a CUDA device against its composition in float64. */

import {
  ACTIVATIONS,
  assertClose,
  check,
  kernelTest,
  normal,
  reference,
  run,
} from "./_check.ts";

for (
  const [rows, width] of [[1, 1], [5, 8], [7, 100], [3, 2048], [2, 5003], [
    0,
    8,
  ], [
    70_001,
    24,
  ]] as const
) {
  kernelTest(
    `swiglu of [${rows}, 2 * ${width}] has its composition's numbers`,
    () => {
      for (const dtype of ACTIVATIONS) {
        for (const offset of [0, 1]) {
          check(() => {
            const fc = normal([rows, 2 * width], { dtype, offset, std: 3 });
            const dy = normal([rows, width], { dtype });
            const expected = reference([fc], (fc) => {
              const [gate, up] = fc.chunk(2, 1);
              return [gate!.silu().mul(up!)];
            }, [dy]);
            const [y] = run("swiglu_forward", fc);
            assertClose(y!, expected.outputs[0]!, { name: `y ${dtype}` });
            const [dfc] = run("swiglu_backward", dy, fc);
            assertClose(dfc!, expected.gradients[0]!, { name: `dfc ${dtype}` });
          });
        }
      }
    },
  );
}

kernelTest("swiglu of very large and very small gates is finite", () => {
  for (const dtype of ACTIVATIONS) {
    check(() => {
      const fc = normal([64, 64], { dtype, std: 300 });
      const dy = normal([64, 32], { dtype });
      const expected = reference([fc], (fc) => {
        const [gate, up] = fc.chunk(2, 1);
        return [gate!.silu().mul(up!)];
      }, [dy]);
      const [y] = run("swiglu_forward", fc);
      assertClose(y!, expected.outputs[0]!, { name: `y ${dtype}` });
      const [dfc] = run("swiglu_backward", dy, fc);
      assertClose(dfc!, expected.gradients[0]!, { name: `dfc ${dtype}` });
    });
  }
});

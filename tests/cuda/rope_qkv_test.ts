/** The split of queries, keys and values with rotation, on a CUDA device against its composition. */

import { cat, type DType, type Tensor } from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  kernelTest,
  normal,
  reference,
  run,
} from "./_check.ts";

interface Sizes {
  B: number;
  T: number;
  H: number;
  G: number;
  D: number;
  R: number;
}

const CASES: Sizes[] = [
  { B: 1, T: 1, H: 1, G: 1, D: 2, R: 2 },
  { B: 2, T: 65, H: 12, G: 4, D: 64, R: 64 },
  { B: 2, T: 9, H: 4, G: 2, D: 64, R: 16 },
  { B: 1, T: 5, H: 6, G: 3, D: 24, R: 10 },
  { B: 3, T: 4, H: 2, G: 2, D: 16, R: 0 },
  { B: 1, T: 7, H: 40, G: 8, D: 128, R: 96 },
  { B: 0, T: 7, H: 2, G: 1, D: 16, R: 16 },
];

function rotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const rotated = cos.size(1);
  if (rotated === 0) return x;
  const [turning, rest] = x.split([rotated, x.size(-1) - rotated], -1);
  const [first, second] = turning!.chunk(2, -1);
  const turned = cat([second!.neg(), first!], -1);
  return cat([turning!.mul(cos).add(turned.mul(sin)), rest!], -1);
}

for (const { B, T, H, G, D, R } of CASES) {
  const compose =
    (cos: Tensor, sin: Tensor) => (qkv: Tensor): [Tensor, Tensor, Tensor] => {
      const [q, k, v] = qkv.view(B, T, H + 2 * G, D).transpose(1, 2)
        .split([H, G, G], 1) as [Tensor, Tensor, Tensor];
      return [rotate(q, cos, sin), rotate(k, cos, sin), v];
    };

  kernelTest(
    `rope_qkv has its composition's numbers for B ${B}, T ${T}, heads ${H} and ${G} of ${D}, ${R} rotated`,
    () => {
      const tables: DType[] = ["float32", "bfloat16"];
      for (const dtype of ACTIVATIONS) {
        for (const table of tables) {
          for (const offset of [0, 1]) {
            check(() => {
              const qkv = normal([B, T, (H + 2 * G) * D], { dtype, offset });
              const cos = normal([T, R], { dtype: table });
              const sin = normal([T, R], { dtype: table });
              // One gradient in the results' own layout, one in another, one a part of a larger array.
              const gradients = [
                normal([B, T, H, D], { dtype }).transpose(1, 2),
                normal([B, G, T, D], { dtype }),
                normal([B, G, T, 3 * D], { dtype }).narrow(3, D, D),
              ];
              const expected = reference(
                [qkv],
                compose(cos.to("float64"), sin.to("float64")),
                gradients,
              );
              const results = run("rope_qkv_forward", qkv, cos, sin, H, G);
              for (const [i, name] of ["q", "k", "v"].entries()) {
                assertClose(results[i]!, expected.outputs[i]!, { name });
              }
              const [dqkv] = run("rope_qkv_backward", ...gradients, cos, sin);
              assertClose(dqkv!, expected.gradients[0]!, { name: "dqkv" });
            });
          }
        }
      }
    },
  );
}

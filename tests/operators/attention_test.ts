/** Attention by the project's own kernel for CPUs. */

import { strict as assert } from "node:assert";
import { randn, scope, type Tensor } from "../../ffi/mod.ts";
import { fusedOperators } from "../../lib/operators/mod.ts";
import { assertAsSpecified, withGaps } from "./_compare.ts";

for (
  const { B, H, G, T, D } of [
    { B: 2, H: 4, G: 2, T: 33, D: 10 },
    { B: 1, H: 2, G: 2, T: 97, D: 64 },
    { B: 3, H: 6, G: 1, T: 5, D: 2 },
    { B: 2, H: 2, G: 1, T: 2, D: 100 },
    // More keys than are looked at in one block, more queries too.
    { B: 2, H: 3, G: 3, T: 609, D: 34 },
    // Left to libtorch: an odd width, a single position, fewer heads than threads.
    { B: 1, H: 2, G: 2, T: 6, D: 7 },
    { B: 2, H: 2, G: 1, T: 1, D: 8 },
    { B: 1, H: 1, G: 1, T: 20, D: 8 },
  ]
) {
  Deno.test(`fused attention of ${T} positions, ${H} heads of ${D}, ${G} of keys and values`, () => {
    const trial = {
      name: "attention",
      inputs: [
        { shape: [B, T, H, D] },
        { shape: [B, T, G, D] },
        { shape: [B, T, G, D] },
      ],
      // Probabilities and their gradients.
      roundings: 3,
      run: (operators: typeof fusedOperators, inputs: Tensor[]) => {
        const [q, k, v] = inputs
          .map((each) => withGaps(each).transpose(1, 2)) as Three;
        const scale = 1 / Math.sqrt(D);
        const backend = operators === fusedOperators ? "flash" : "math";
        return [
          operators.attention(q, k, v, { backend, causal: true, scale }),
        ];
      },
    };
    for (const dtype of ["float32", "bfloat16"] as const) {
      assertAsSpecified(trial, fusedOperators, dtype);
    }
  });
}

type Three = [Tensor, Tensor, Tensor];

Deno.test("fused attention is that of other kernels where it is not causal", () => {
  scope(() => {
    const [q, k, v] = [
      randn([1, 2, 1, 8]),
      randn([1, 2, 9, 8]),
      randn([1, 2, 9, 8]),
    ];
    const options = { causal: false, scale: 0.3 };
    const flash = fusedOperators.attention(q, k, v, {
      ...options,
      backend: "flash",
    });
    const math = fusedOperators.attention(q, k, v, {
      ...options,
      backend: "math",
    });
    assert.ok(flash.sub(math).abs().max().item() < 1e-6);
  });
});

Deno.test("fused attention refuses heads that do not fit each other", () => {
  scope(() => {
    const options = { backend: "flash", causal: true, scale: 1 } as const;
    const attention = (heads: number, groups: number, length = 4) =>
      fusedOperators.attention(
        randn([1, heads, 4, 8]),
        randn([1, groups, length, 8]),
        randn([1, groups, length, 8]),
        options,
      );
    assert.throws(() => attention(3, 2), /3 query heads cannot share 2/);
    assert.throws(() => attention(2, 2, 5), /shape/);
  });
});

/** What routers do with their logits. */

import { strict as assert } from "node:assert";
import { aten, full, manualSeed, randn, scope, zeros } from "../../ffi/mod.ts";
import { fusedOperators, plainOperators } from "../../lib/operators/mod.ts";
import { assertAsSpecified, assertNear, DTYPES } from "./_compare.ts";

for (const dtype of DTYPES) {
  for (const [tokens, experts, k] of [[1, 1, 1], [70, 8, 2], [9, 40, 7]]) {
    Deno.test(`fused topkSoftmax: ${k} of ${experts} for ${tokens} tokens in ${dtype}`, () => {
      assertAsSpecified(
        {
          name: "topkSoftmax",
          inputs: [{ shape: [tokens!, experts!] }],
          run: ({ topkSoftmax }, [logits]) => {
            const { weights_NK, experts_NK } = topkSoftmax(logits!, k!);
            // A place for each expert, so that a wrong choice shows.
            const places = zeros([tokens!, experts!], {
              dtype: weights_NK.dtype,
            });
            return [aten("scatter.src", places, 1, experts_NK, weights_NK)];
          },
        },
        fusedOperators,
        dtype,
      );
    });
  }
}

for (const dtype of ["float32", "bfloat16"] as const) {
  Deno.test(`fused routerStatistics adds up in ${dtype}`, () => {
    scope(() => {
      const sums = () => ({
        counts_E: full([5], 3),
        entropies: zeros([32]),
        passes: full([], 1),
      });
      const [fused, plain] = [sums(), sums()];
      manualSeed(5);
      for (let pass = 0; pass < 2; pass++) {
        const logits = randn([70, 5]).mul(4).to(dtype);
        const choices = full([5], 28, { dtype: "int32" });
        fusedOperators.routerStatistics(fused, logits, choices);
        plainOperators.routerStatistics(plain, logits, choices);
      }
      assertNear(fused.counts_E, plain.counts_E, "counts", 0);
      assertNear(fused.passes, plain.passes, "passes", 0);
      const entropy = fused.entropies.sum();
      assertNear(entropy, plain.entropies.sum(), "entropy", 1e-5);
      assert.ok(entropy.item() > 0.5);
    });
  });
}

Deno.test("fused topkSoftmax refuses more experts than there are", () => {
  scope(() => {
    assert.throws(
      () => fusedOperators.topkSoftmax(zeros([3, 4]), 5),
      /k is 5, expected 1 to 4/,
    );
  });
});

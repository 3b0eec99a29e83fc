/** Clipping by the norm of all gradients. */

import { strict as assert } from "node:assert";
import { full, manualSeed, randn, scope } from "../../ffi/mod.ts";
import { fusedOperators, plainOperators } from "../../lib/operators/mod.ts";
import { assertNear } from "./_compare.ts";

for (const maxNorm of [null, 1e-3, 1, 1e6]) {
  Deno.test(`fused clipFactor is clip_grad_norm_'s for a norm of ${maxNorm}`, () => {
    scope(() => {
      manualSeed(9);
      const grads = [
        randn([]),
        randn([70_001]),
        randn([13, 5]).to("bfloat16"),
        randn([300, 7]).t(),
      ];
      const fused = fusedOperators.clipFactor(grads, maxNorm);
      const plain = plainOperators.clipFactor(grads, maxNorm);
      assertNear(fused.norm, plain.norm, "norm", 1e-6);
      assertNear(fused.factor, plain.factor, "factor", 1e-6);
      assert.ok(fused.factor.item() <= 1);
      assert.equal(fused.foundInf.item(), 0);
    });
  });
}

for (const value of [NaN, Infinity]) {
  Deno.test(`clipFactor finds a gradient of ${value}`, () => {
    scope(() => {
      const grads = [full([3], 1), full([2], value)];
      for (const { clipFactor } of [fusedOperators, plainOperators]) {
        const { norm, foundInf } = clipFactor(grads, 1);
        assert.equal(foundInf.item(), 1);
        assert.ok(!Number.isFinite(norm.item()));
      }
    });
  });
}

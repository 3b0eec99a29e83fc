/** The CUDA kernels of clipping. */

import { strict as assert } from "node:assert";
import { aten, cat, full } from "../../ffi/mod.ts";
import {
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  run,
} from "./_check.ts";

kernelTest(
  "clip_factor: many tensors of both dtypes, some not on 16-byte boundaries",
  () =>
    check(() => {
      const grads = Array.from(
        { length: 300 },
        (_, i) =>
          normal([1 + (i * 7919) % 70_001], {
            dtype: i % 2 === 0 ? "float32" : "bfloat16",
            offset: i % 3,
          }),
      );
      const all = cat(grads.map((each) => each.to("float64")), 0);
      const expected = aten("linalg_vector_norm", all);
      for (const maxNorm of [null, 1, 1e9]) {
        const [norm, factor, foundInf] = run("clip_factor", grads, maxNorm);
        assertClose(norm!, expected, { name: "norm" });
        const wanted = Math.min(1, (maxNorm ?? Infinity) / expected.item());
        assert.ok(Math.abs(factor!.item() / wanted - 1) < 1e-5);
        assert.equal(foundInf!.item(), 0);
      }
    }),
);

kernelTest("clip_factor finds what is not finite", () =>
  check(() => {
    for (const value of [NaN, Infinity]) {
      const bad = full([70_000], 1, { device: DEVICE });
      bad.select(0, 69_999).fill_(value);
      const [, , foundInf] = run("clip_factor", [normal([5]), bad], 1);
      assert.equal(foundInf!.item(), 1);
    }
  }));

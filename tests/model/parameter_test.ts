/** Weights, their copies in the dtype of computation, and their gradients. */

import { strict as assert } from "node:assert";
import {
  aten,
  backward,
  full,
  liveCount,
  noGrad,
  scope,
} from "../../ffi/mod.ts";
import { Parameter } from "../../lib/model/parameter.ts";

Deno.test("Parameter computes with the weight itself where dtypes are one", () => {
  scope(() => {
    const weight = full([3], 2);
    using parameter = new Parameter("weight", weight, "float32");
    assert.equal(parameter.compute, weight);
    assert.equal(parameter.copy, null);
    backward(parameter.compute.square().sum());
    assert.deepEqual([...parameter.grad!.toArray()], [4, 4, 4]);
    parameter.zeroGrad();
    assert.equal(parameter.grad, null);
  });
});

Deno.test("Parameter.refresh() follows whatever was written to the weight", () => {
  scope(() => {
    const weight = full([2, 2], 1);
    using parameter = new Parameter("weight", weight, "bfloat16");
    const seen = () => {
      parameter.refresh();
      return [...parameter.compute.detach().to("float32").toArray()];
    };
    assert.deepEqual(seen(), [1, 1, 1, 1]);
    noGrad(() => weight.select(0, 1).fill_(3));
    assert.deepEqual(seen(), [1, 1, 3, 3]);
    // Who writes both says so, and nothing is copied.
    noGrad(() => weight.fill_(5));
    parameter.markFresh();
    assert.deepEqual(seen(), [1, 1, 3, 3]);
  });
});

Deno.test("Parameter adds bfloat16 gradients up in float32", () => {
  const before = liveCount();
  scope(() => {
    const weight = full([1], 1);
    using parameter = new Parameter("weight", weight, "bfloat16");
    parameter.refresh();
    for (const gradients of [[256, 1, 1], [1]]) {
      noGrad(() => parameter.beginSum());
      for (const gradient of gradients) {
        backward(parameter.compute.mul(gradient).sum());
        noGrad(() => parameter.addToSum());
      }
      assert.equal(parameter.grad!.dtype, "float32");
      // bfloat16 has 8 bits: there 256 + 1 is 256.
      const sum = gradients.reduce((a, b) => a + b);
      assert.equal(parameter.grad!.item(), sum);
      parameter.zeroGrad();
      assert.equal(parameter.grad, null);
    }
    aten("zero_", weight);
  });
  assert.equal(liveCount(), before);
});

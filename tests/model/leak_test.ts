/** A training loop gives back every handle it takes. */

import { strict as assert } from "node:assert";
import { aten, liveCount, scope, tensor, zeros } from "../../ffi/mod.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";
import { readModel } from "./_golden.ts";

Deno.test("1,000 training steps leave no live handle and no more memory", async () => {
  using model = await readModel("seed_like");
  const { device } = model;
  using optimizer = new AdamW(model.weights.parameters, { maxNorm: 1 });
  using tokens = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 97), {
    shape: [2, 8],
    device,
  });
  using targets = zeros([2, 8], { dtype: "int64", device });
  const step = () =>
    scope(() => {
      model.forwardBackward(tokens, targets);
      optimizer.step();
    });
  for (let i = 0; i < 50; i++) step();
  const before = liveCount();
  const beforeBytes = Deno.memoryUsage().rss;
  for (let i = 0; i < 1000; i++) step();
  assert.equal(liveCount(), before);
  const grown = Deno.memoryUsage().rss - beforeBytes;
  assert.ok(grown < 100 * 2 ** 20, `${grown} bytes more`);
});

Deno.test("1,000 thrown errors leave no live handle", async () => {
  using model = await readModel("seed_like");
  const options = { dtype: "int64", device: model.device } as const;
  using tokens = zeros([2, 8], options);
  using targets = zeros([2, 7], options);
  using tooLong = zeros([1, 65], options);
  const before = liveCount();
  for (let i = 0; i < 1000; i++) {
    assert.throws(() => model.forwardBackward(tokens, targets));
    assert.throws(() => scope(() => model.forward(tooLong)), /limit is 64/);
    assert.throws(() => scope(() => aten("mm", tokens, targets)));
  }
  assert.equal(liveCount(), before);
});

import { strict as assert } from "node:assert";
import { liveCount, noGrad, scope, tensor } from "../../ffi/mod.ts";
import { Decoder } from "../../lib/generate/decoder.ts";
import { readModel } from "../model/_golden.ts";

const PROMPT = Int32Array.of(1, 2, 3, 4, 5);

Deno.test("GPT.forward() gives the logits of the last position alone when asked to", async () => {
  using model = await readModel("seed_like");
  noGrad(() =>
    scope(() => {
      const { device } = model;
      const tokens = tensor(PROMPT, { shape: [1, 5], device });
      const last = model.forward(tokens, undefined, { last: true });
      const all = model.forward(tokens);
      assert.deepEqual(last.shape, [1, 1, all.size(2)]);
      const difference = last.sub(all.narrow(1, 4, 1)).abs().max().item();
      assert.ok(difference < 1e-5, `${difference}`);
    })
  );
});

Deno.test("Decoder continues several samples of one prompt as it does each alone", async () => {
  using model = await readModel("seed_like");
  const greedy = (samples: number) => {
    using decoder = new Decoder(model, { samples, length: 12, temperature: 0 });
    assert.equal(decoder.isCaptured, false);
    return [decoder.start(PROMPT), decoder.next(), decoder.next()];
  };
  const alone = greedy(1).map(([id]) => id);
  const together = greedy(3);
  for (let sample = 0; sample < 3; sample++) {
    assert.deepEqual(together.map((ids) => ids[sample]), alone);
  }
});

Deno.test("Decoder refuses a step for which it has no room, and leaks nothing", async () => {
  using model = await readModel("seed_like");
  const before = liveCount();
  {
    using decoder = new Decoder(model, { length: 6 });
    decoder.start(PROMPT);
    decoder.next();
    assert.throws(() => decoder.next(), {
      name: "RangeError",
      message: /7 positions: the limit is 6/,
    });
  }
  assert.equal(liveCount(), before);
});

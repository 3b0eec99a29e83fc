import { strict as assert } from "node:assert";
import { liveCount, noGrad, scope } from "../../ffi/mod.ts";
import { generateText, generateTokens } from "../../lib/generate/generate.ts";
import { KvCache } from "../../lib/model/kv_cache.ts";
import type { Tokenizer } from "../../lib/tokenizer/mod.ts";
import { assertClose, readModel, readTensors } from "../model/_golden.ts";

for (const name of ["seed_like", "grouped_shared"]) {
  Deno.test(`generateTokens() continues as LitGPT does for ${name}`, async () => {
    using model = await readModel(name);
    const expected = await readTensors(`${name}/generate.safetensors`);
    const prompt = Int32Array.from(expected.get("prompt")!.toArray(), Number);
    const tokens = generateTokens(model, prompt, {
      temperature: 0,
      maxNewTokens: 24,
    });
    assert.deepEqual(
      [...tokens],
      [...expected.get("tokens")!.toArray()].map(Number),
    );
  });

  Deno.test(`GPT.forward() with a cache has LitGPT's logits for ${name}`, async () => {
    using model = await readModel(name);
    const expected = await readTensors(`${name}/generate.safetensors`);
    const tolerance = { rtol: 1e-4, atol: 1e-5 };
    using cache = new KvCache(model.config, {
      batchSize: 1,
      length: 32,
      device: "cpu",
      dtype: "float32",
    });
    noGrad(() =>
      scope(() => {
        const prompt = expected.get("prompt")!;
        const logits = model.forward(prompt.unsqueeze(0), cache).select(0, 0);
        assertClose(
          logits,
          expected.get("prefill_logits")!,
          tolerance,
          "prefill",
        );
        for (let i = 0; i < 23; i++) {
          const token = expected.get("tokens")!.select(0, i).view(1, 1);
          const next = model.forward(token, cache).select(0, 0).select(0, 0);
          const wanted = expected.get("logits")!.select(0, i + 1);
          assertClose(next, wanted, tolerance, `token ${i + 1}`);
        }
      })
    );
  });
}

Deno.test("generateTokens() gives the same tokens for the same seed", async () => {
  using model = await readModel("mixtral_like");
  const draw = (seed: number) => [
    ...generateTokens(model, Int32Array.of(1, 2, 3), {
      seed,
      maxNewTokens: 20,
      temperature: 1,
      topK: null,
    }),
  ];
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

Deno.test("generateTokens() refuses what does not fit, and leaks nothing", async () => {
  using model = await readModel("seed_like");
  const before = liveCount();
  assert.throws(() => generateTokens(model, new Int32Array(0)).next(), {
    name: "RangeError",
    message: /no tokens/,
  });
  assert.throws(
    () => generateTokens(model, new Int32Array(60), { maxNewTokens: 9 }).next(),
    {
      name: "RangeError",
      message: /60 tokens and 9 new ones make 69.*at most 64/,
    },
  );
  const stopped = generateTokens(model, Int32Array.of(1), { maxNewTokens: 9 });
  stopped.next();
  stopped.return(undefined);
  assert.equal(liveCount(), before);
});

/** One character a token: "a" is 0, "b" is 1. */
const LETTERS = {
  source: "letters",
  vocabSize: 97,
  bosId: undefined,
  eosId: undefined,
  useBos: false,
  fingerprint: "",
  files: [],
  encode: (text: string) => Int32Array.from(text, (c) => c.charCodeAt(0) - 97),
  decode: (ids: ArrayLike<number>) =>
    String.fromCharCode(...Array.from(ids, (id) => id + 97)),
} satisfies Tokenizer;

Deno.test("generateText() ends before a stop text, wherever the pieces break", async () => {
  using model = await readModel("seed_like");
  const options = { temperature: 0, maxNewTokens: 20 };
  const whole = [...generateText(model, LETTERS, "abc", options)].join("");
  assert.equal(whole.length, 20);
  const stop = whole.slice(7, 10);
  const cut = [
    ...generateText(model, LETTERS, "abc", { ...options, stop: [stop] }),
  ];
  assert.equal(cut.join(""), whole.slice(0, whole.indexOf(stop)));
});

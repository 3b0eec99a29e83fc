import { strict as assert } from "node:assert";
import { liveCount, noGrad, scope } from "../../ffi/mod.ts";
import {
  generateSamples,
  generateText,
  generateTexts,
  generateTokens,
} from "../../lib/generate/generate.ts";
import { KvCache } from "../../lib/model/kv_cache.ts";
import type { Tokenizer } from "../../lib/tokenizer/mod.ts";
import { assertClose, readModel, readTensors } from "../model/_golden.ts";

for (const name of ["seed_like", "grouped_shared", "normed_heads"]) {
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
      device: model.device,
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
  for (const maxNewTokens of [-1, 1.5, NaN]) {
    assert.throws(
      () => generateTokens(model, Int32Array.of(1), { maxNewTokens }).next(),
      { name: "RangeError", message: /^max_new_tokens is .*: expected an int/ },
    );
  }
  const vocabSize = model.config.padded_vocab_size;
  assert.throws(
    () => generateTokens(model, Int32Array.of(1, vocabSize)).next(),
    { name: "RangeError", message: /the id \d+, and the model knows \d+: / },
  );
  assert.throws(
    () => generateText(model, LETTERS, "a", { stop: ["b", ""] }).next(),
    { name: "RangeError", message: /stop text is empty/ },
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

/** The tokens of each sample. */
function bySample(
  tokens: Iterable<{ sample: number; id: number }>,
  samples: number,
): number[][] {
  const all: number[][] = Array.from({ length: samples }, () => []);
  for (const { sample, id } of tokens) all[sample]!.push(id);
  return all;
}

Deno.test("generateSamples() computes several continuations in one pass a token", async () => {
  using model = await readModel("seed_like");
  const prompt = Int32Array.of(1, 2, 3);
  const options = { temperature: 0, maxNewTokens: 16 };
  let passes = 0;
  const forward = model.forward.bind(model);
  model.forward = (...args) => {
    passes++;
    return forward(...args);
  };
  const single = [...generateTokens(model, prompt, options)];
  assert.equal(passes, 16);
  const samples = 3;
  const together = bySample(
    generateSamples(model, prompt, { ...options, samples }),
    samples,
  );
  assert.equal(passes, 32);
  assert.deepEqual(together, [single, single, single]);
});

Deno.test("generateSamples() draws another continuation for each sample, the same for a seed", async () => {
  using model = await readModel("mixtral_like");
  const draw = () =>
    bySample(
      generateSamples(model, Int32Array.of(1, 2, 3), {
        seed: 1,
        samples: 4,
        maxNewTokens: 20,
        temperature: 1,
        topK: null,
      }),
      4,
    );
  const first = draw();
  assert.deepEqual(draw(), first);
  assert.equal(new Set(first.map((ids) => ids.join())).size, 4);
});

Deno.test("generateSamples() ends each sample for itself, and all when the last has ended", async () => {
  using model = await readModel("mixtral_like");
  const options = { seed: 2, samples: 3, maxNewTokens: 30, temperature: 1 };
  const prompt = Int32Array.of(1, 2, 3);
  const whole = bySample(generateSamples(model, prompt, options), 3);
  const stopId = whole[1]![4]!;
  const before = liveCount();
  const cut = bySample(
    generateSamples(model, prompt, { ...options, stopIds: [stopId] }),
    3,
  );
  for (const [sample, ids] of whole.entries()) {
    const end = ids.indexOf(stopId);
    assert.deepEqual(cut[sample], end < 0 ? ids : ids.slice(0, end));
  }
  let passes = 0;
  const done = generateSamples(model, prompt, {
    ...options,
    onToken: () => passes++,
    isDone: (sample) => sample !== 1 || passes > 6,
  });
  assert.deepEqual(bySample(done, 3).map(({ length }) => length), [1, 5, 1]);
  assert.equal(liveCount(), before);
  assert.throws(
    () => generateSamples(model, prompt, { samples: 0 }).next(),
    /num_samples is 0: expected a positive integer/,
  );
});

Deno.test("generateTexts() ends each text before its own stop text", async () => {
  using model = await readModel("mixtral_like");
  const options = { seed: 3, samples: 3, maxNewTokens: 30, temperature: 1 };
  const texts = (stop: string[]) => {
    const all = ["", "", ""];
    for (
      const { sample, text } of generateTexts(model, LETTERS, "abc", {
        ...options,
        stop,
      })
    ) all[sample] += text;
    return all;
  };
  const whole = texts([]);
  assert.ok(whole.every((text) => text.length === 30));
  const stop = whole[0]!.slice(10, 12);
  for (const [sample, text] of texts([stop]).entries()) {
    const end = whole[sample]!.indexOf(stop);
    assert.equal(text, end < 0 ? whole[sample] : whole[sample]!.slice(0, end));
  }
});

Deno.test("generateText() ends at eos", async () => {
  using model = await readModel("seed_like");
  const options = { temperature: 0, maxNewTokens: 20 };
  const whole = [...generateText(model, LETTERS, "abc", options)].join("");
  const eosId = whole.charCodeAt(8) - 97;
  const tokenizer = { ...LETTERS, eosId };
  const cut = [...generateText(model, tokenizer, "abc", options)].join("");
  assert.equal(cut, whole.slice(0, whole.indexOf(whole[8]!)));
});

import { strict as assert } from "node:assert";
import { manualSeed, scope, tensor } from "../../ffi/mod.ts";
import { sampleToken } from "../../lib/generate/sample.ts";
import { readTable } from "../model/_golden.ts";

interface Table {
  seed: number;
  logits: number[];
  cases: {
    temperature: number;
    top_k: number | null;
    top_p: number;
    draws: number[];
  }[];
}

Deno.test("sampleToken() draws what LitGPT draws", async () => {
  const { seed, logits, cases } = await readTable<Table>("sampling.json");
  using row = tensor([logits]);
  for (const { temperature, top_k, top_p, draws } of cases) {
    manualSeed(seed);
    const got = draws.map(() =>
      scope(() =>
        sampleToken(row, { temperature, topK: top_k, topP: top_p }).item()
      )
    );
    const what = `temperature ${temperature}, top_k ${top_k}, top_p ${top_p}`;
    assert.deepEqual(got, draws, what);
  }
});

Deno.test("sampleToken() draws a token for each row", () => {
  using rows = tensor([[0, 9, 0], [9, 0, 0]]);
  const tokens = scope(() => sampleToken(rows, { temperature: 0 }).toArray());
  assert.deepEqual([...tokens].map(Number), [1, 0]);
});

Deno.test("sampleToken() refuses options that no sampler can follow", () => {
  using row = tensor([[0, 1]]);
  for (
    const [options, message] of [
      [
        { temperature: -1 },
        /temperature is -1: expected a number of at least 0/,
      ],
      [{ temperature: NaN }, /temperature is NaN/],
      [{ topP: 1.5 }, /top_p is 1.5: expected a number from 0 to 1/],
      [{ topK: 0 }, /top_k is 0: expected a positive integer/],
    ] as const
  ) {
    assert.throws(() => sampleToken(row, options), {
      name: "RangeError",
      message,
    });
  }
});

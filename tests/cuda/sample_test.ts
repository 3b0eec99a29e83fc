/** The kernel that draws tokens. */

import { strict as assert } from "node:assert";
import { arange, manualSeed, type Tensor, tensor } from "../../ffi/mod.ts";
import { fusedSample } from "../../lib/operators/sample.ts";
import { check, DEVICE, kernelTest, normal, operator } from "./_check.ts";

/** How often each token is drawn from one row of logits by `draws` numbers that divide [0, 1) evenly. */
function shares(
  logits_V: Tensor,
  draws: number,
  [temperature, k, p]: readonly [number, number, number],
): number[] {
  const V = logits_V.size(0);
  const uniform = arange(0, draws, { device: DEVICE }).to("float32").add(0.5)
    .div(draws);
  const rows = logits_V.view(1, V).expand(draws, V).contiguous();
  const [tokens] = operator("sample", rows, uniform, temperature, k, p);
  assert.deepEqual(tokens!.shape, [draws, 1]);
  const counts = new Array<number>(V).fill(0);
  for (const token of tokens!.toArray()) counts[Number(token)]! += 1 / draws;
  return counts;
}

/** What LitGPT's order of top-k, temperature and top-p makes the probabilities. */
function probabilities(
  logits: readonly number[],
  [temperature, k, p]: readonly [number, number, number],
): number[] {
  const sorted = logits.map((value, token) => ({ value, token }))
    .sort((a, b) => b.value - a.value).slice(0, k)
    .map(({ value, token }) => ({
      token,
      power: Math.exp(value / temperature),
    }));
  const all = sorted.reduce((sum, { power }) => sum + power, 0);
  const result = new Array<number>(logits.length).fill(0);
  let before = 0;
  for (const { token, power } of sorted) {
    if (before < p * all) result[token] = power;
    before += power;
  }
  const kept = result.reduce((sum, power) => sum + power, 0);
  return result.map((power) => power / kept);
}

const SETTINGS = [
  [1, 64, 1],
  [0.5, 7, 1],
  [1.3, 64, 0.8],
  [0.8, 20, 0.5],
  [1, 1, 1],
] as const;
for (const setting of SETTINGS) {
  kernelTest(
    `sample: temperature, top-k, top-p of ${setting}`,
    () =>
      check(() => {
        // Numbers that are all different, so that no order among equals matters.
        const values = Array.from(
          { length: 64 },
          (_, i) => (i * 37 % 64 - 40) / 16,
        );
        const logits = tensor(Float32Array.from(values), { device: DEVICE })
          .to("bfloat16");
        const draws = DEVICE === "cuda" ? 500 : 100;
        const drawn = shares(logits, draws, setting);
        const expected = probabilities(values, setting);
        for (const [token, share] of drawn.entries()) {
          const difference = Math.abs(share - expected[token]!);
          assert.ok(difference <= 2.1 / draws, `token ${token}: ${difference}`);
          if (expected[token] === 0) assert.equal(share, 0, `token ${token}`);
        }
      }),
  );
}

kernelTest(
  "sample takes as many of equal tokens as top-k has room for",
  () =>
    check(() => {
      const values = new Float32Array(10_000).fill(-1);
      values.set([3, 2, 2, 2, 2], 5000);
      const logits = tensor(values, { device: DEVICE }).to("bfloat16");
      const drawn = shares(logits, 100, [1, 3, 1]);
      assert.equal(drawn.filter((share) => share > 0).length, 3);
      assert.ok(drawn[5000]! > 0.5);
    }),
);

kernelTest(
  "sample takes the likeliest token of long rows, the first of equals",
  () =>
    check(() => {
      for (const V of [8, 8200, 50_304]) {
        const logits = normal([5, V], { dtype: "bfloat16", std: 3 });
        const tokens = fusedSample(logits, {
          temperature: 0,
          topK: null,
          topP: 1,
        });
        const rows = logits.to("float32").toArray();
        for (const [n, token] of [...tokens.toArray()].entries()) {
          const row = rows.subarray(n * V, (n + 1) * V) as Float32Array;
          const best = row.reduce((a, b) => Math.max(a, b));
          assert.equal(Number(token), row.indexOf(best));
        }
      }
    }),
);

kernelTest("fusedSample() draws by the device's generator", () =>
  check(() => {
    const logits = normal([8, 50_304], { dtype: "bfloat16" });
    const draw = (seed: number) => {
      manualSeed(seed);
      return [
        ...fusedSample(logits, {
          temperature: 0.8,
          topK: null,
          topP: 1,
        }).toArray(),
      ];
    };
    assert.deepEqual(draw(3), draw(3));
    assert.notDeepEqual(draw(3), draw(4));
  }));

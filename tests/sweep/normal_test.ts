import assert from "node:assert/strict";
import {
  logNormalMass,
  normalCdf,
  normalQuantile,
  truncatedNormalQuantile,
} from "../../lib/sweep/normal.ts";

const near = (actual: number, expected: number, relative: number) =>
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${actual}, expected ${expected}`,
  );

// All expected numbers are those of optuna.samplers._tpe._truncnorm 5.0.0.
Deno.test("normalCdf() is right in the middle and far out in the tail", () => {
  for (
    const [x, logarithm] of [
      [-10, -53.23128515051246],
      [-5, -15.064998393988724],
      [-3, -6.607726221510348],
      [-1.5, -2.7059444008238893],
      [-0.2, -0.8657395226815952],
      [0, -0.6931471805599453],
      [0.7, -0.2770239422771313],
      [2.9, -0.001867556098180928],
      [3.1, -0.0009680716434015085],
      [8, -6.220960574271819e-16],
    ] as const
  ) {
    near(normalCdf(x), Math.exp(logarithm), 1e-13);
  }
  assert.equal(normalCdf(-Infinity), 0);
  assert.equal(normalCdf(Infinity), 1);
});

Deno.test("logNormalMass() is right on both sides of 0", () => {
  for (
    const [a, b, expected] of [
      [-2, 1, -0.20016629432446262],
      [0.5, 0.6, -3.3730642269427973],
      [-1e-3, 1e-3, -7.133546798293504],
      [4, 5, -10.369193541521652],
      [-9, -8, -35.013618593437144],
      [20, 21, -203.91715537228616],
    ] as const
  ) {
    near(logNormalMass(a, b), expected, 1e-12);
    near(logNormalMass(-b, -a), expected, 1e-12);
  }
});

Deno.test("normalQuantile() is the inverse of normalCdf()", () => {
  for (const p of [1e-300, 1e-20, 1e-5, 0.02, 0.0243, 0.3, 0.5]) {
    near(normalCdf(normalQuantile(p)), p, 1e-12);
  }
  near(normalQuantile(0.75), -normalQuantile(0.25), 1e-15);
  assert.equal(normalQuantile(0), -Infinity);
  assert.equal(normalQuantile(1), Infinity);
});

Deno.test("truncatedNormalQuantile() stays between the bounds", () => {
  const standard = { mean: 0, sigma: 1 };
  for (
    const [p, low, high, expected] of [
      [0.1, -2, 1, -1.255715364150215],
      [0.9, -0.5, 0, -0.04801096014933802],
      [0.5, -8, 0.2, -0.5544663781767172],
      [1e-6, -3, 3, -2.9997750456159706],
    ] as const
  ) {
    const draw = { ...standard, low, high };
    near(truncatedNormalQuantile(p, draw), expected, 1e-10);
    const moved = { mean: 5, sigma: 2, low: 5 + 2 * low, high: 5 + 2 * high };
    near(truncatedNormalQuantile(p, moved), 5 + 2 * expected, 1e-10);
    for (const end of [0, 1]) {
      const x = truncatedNormalQuantile(end, draw);
      assert.ok(x >= low && x <= high, `${x}`);
      assert.ok(Math.abs(x - [low, high][end]!) < 1e-9, `${x}`);
    }
  }
});

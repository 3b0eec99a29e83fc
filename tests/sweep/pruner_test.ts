import assert from "node:assert/strict";
import { type Course, isHopeless, rungsOf } from "../../lib/sweep/pruner.ts";

const complete = (...losses: number[]): Course => ({
  losses,
  isComplete: true,
});
const running = (...losses: number[]): Course => ({
  losses,
  isComplete: false,
});

Deno.test("median: a trial ends if its best is worse than the median of the finished ones there", () => {
  const rule = { type: "median", min_iter: 2, startup_trials: 3 } as const;
  const others = [complete(9, 5, 1), complete(9, 6, 2), complete(9, 7, 3)];
  assert.equal(isHopeless(rule, [9, 6.1], others), true);
  assert.equal(isHopeless(rule, [9, 6], others), false);
  // Its best counts, not its last.
  assert.equal(isHopeless(rule, [5.5, 8], others), false);
  assert.equal(isHopeless(rule, [99], others), false, "before min_iter");
  assert.equal(
    isHopeless(rule, [9, 99], [...others.slice(1), running(1, 1, 1)]),
    false,
    "too few have finished",
  );
  // Of two in the middle, the mean.
  const four = [...others, complete(9, 5.5, 0)];
  assert.equal(isHopeless(rule, [9, 5.8], four), true);
  assert.equal(isHopeless(rule, [9, 5.7], four), false);
});

Deno.test("asha: at each rung one in eta goes on, compared with all that came so far", () => {
  const rule = { type: "asha", min_iter: 2, eta: 3 } as const;
  assert.deepEqual(rungsOf(rule, 60), [2, 6, 18, 54]);
  const others = [
    running(0, 1),
    running(0, 2),
    running(0, 3),
    complete(0, 4),
    running(0, 5),
  ];
  assert.equal(isHopeless(rule, [9, 1.5], others), false, "second of six");
  assert.equal(isHopeless(rule, [9, 2.5], others), true, "third of six");
  assert.equal(isHopeless(rule, [9, 9, 9], others), false, "no rung");
  assert.equal(isHopeless(rule, [9], others), false, "before the first rung");
  // While fewer than eta came so far, the best goes on.
  assert.equal(isHopeless(rule, [9, 9], []), false);
  assert.equal(isHopeless(rule, [9, 9], [running(0, 8)]), true);
  assert.equal(isHopeless(rule, [9, 7], [running(0, 8), running(5)]), false);
});

Deno.test("hyperband: the brackets of Weights & Biases", () => {
  const common = { type: "hyperband", eta: 3, strict: false } as const;
  assert.deepEqual(rungsOf({ ...common, min_iter: 3 }, 100), [3, 9, 27, 81]);
  assert.deepEqual(rungsOf({ ...common, max_iter: 27, s: 2 }, 100), [3, 9]);
  assert.deepEqual(
    rungsOf({ ...common, eta: 2, max_iter: 8, s: 9 }, 100),
    [1, 2, 4],
  );
});

Deno.test("hyperband: patient unless strict, and a trial counts with its best value", () => {
  const rule = {
    type: "hyperband",
    min_iter: 2,
    eta: 3,
    strict: false,
  } as const;
  const strict = { ...rule, strict: true };
  assert.equal(isHopeless(rule, [9, 9], [running(1, 1)]), false);
  assert.equal(isHopeless(strict, [9, 9], [running(1, 1)]), true);
  const others = [running(3, 3), running(4, 4)];
  assert.equal(isHopeless(rule, [2, 9], others), false);
  assert.equal(isHopeless(strict, [2, 9], others), true);
  assert.equal(isHopeless(rule, [3.5, 9], others), true);
});

Deno.test("a trial that measures NaN is hopeless at once", () => {
  for (
    const rule of [
      { type: "median", min_iter: 9, startup_trials: 5 },
      { type: "asha", min_iter: 9, eta: 3 },
      { type: "hyperband", min_iter: 9, eta: 3, strict: false },
    ] as const
  ) {
    assert.equal(isHopeless(rule, [1, NaN], []), true);
    assert.equal(isHopeless(rule, [], []), false);
  }
});

import assert from "node:assert/strict";
import { suggest, type SweepMethod } from "../../lib/sweep/sampler.ts";
import type { Observation } from "../../lib/sweep/tpe.ts";
import { gridCombination, gridSize } from "../../lib/sweep/space.ts";
import { search } from "../bench/sweep.ts";
import { TEST_FUNCTIONS } from "./_functions.ts";

const { space, evaluate } = TEST_FUNCTIONS["Mixed, categorical"]!;

/** Parameters of 30 trials, each chosen after the ones before. */
function run(method: SweepMethod, seed: number, multivariate = false) {
  const observations: Observation[] = [];
  for (let number = 0; number < 30; number++) {
    const parameters = suggest({
      method,
      space,
      seed,
      number,
      observations,
      tpe: { multivariate },
    });
    assert.ok(parameters);
    const loss = evaluate(parameters);
    observations.push({ parameters, loss, state: "complete", iterations: 1 });
  }
  return observations.map(({ parameters }) => parameters);
}

Deno.test("suggest() gives the same parameters for the same seed, others for another", () => {
  for (const method of ["random", "bayes"] as const) {
    assert.deepEqual(run(method, 1), run(method, 1));
    assert.notDeepEqual(run(method, 1), run(method, 2));
  }
  assert.deepEqual(run("bayes", 1, true), run("bayes", 1, true));
  // The first ten of TPE are random ones; what follows is not.
  assert.deepEqual(run("bayes", 1).slice(0, 10), run("random", 1).slice(0, 10));
  assert.notDeepEqual(run("bayes", 1)[10], run("random", 1)[10]);
});

Deno.test("suggest() stays within the space, and reaches all of it", () => {
  for (const method of ["random", "bayes"] as const) {
    const seen = new Set<unknown>();
    for (let seed = 0; seed < 10; seed++) {
      for (
        const { optimizer, lr, layers, width, dropout } of run(method, seed)
      ) {
        assert.ok(Number(lr) >= 1e-5 && Number(lr) <= 1, `${lr}`);
        assert.ok(Number(dropout) >= 0 && Number(dropout) <= 0.5);
        assert.ok(Number.isInteger(layers) && Number(layers) >= 1);
        assert.ok(Number(layers) <= 12);
        assert.equal(Number(width) % 32, 0);
        assert.ok(Number(width) >= 32 && Number(width) <= 512);
        seen.add(optimizer).add(layers);
      }
    }
    assert.equal(seen.size, 4 + 12, method);
  }
});

Deno.test("suggest() walks a grid in order and ends with it", () => {
  const grid = [
    {
      key: "a",
      distribution: {
        kind: "categorical",
        values: ["x", [1, 2], null],
        probabilities: [1 / 3, 1 / 3, 1 / 3],
      },
    },
    {
      key: "b",
      distribution: {
        kind: "range",
        min: 0.1,
        max: 0.35,
        log: false,
        step: 0.1,
      },
    },
  ] as const;
  assert.equal(gridSize(grid), 9);
  const all = Array.from({ length: 9 }, (_, i) => gridCombination(grid, i));
  assert.deepEqual(all.slice(0, 4), [
    { a: "x", b: 0.1 },
    { a: "x", b: 0.2 },
    { a: "x", b: 0.3 },
    { a: [1, 2], b: 0.1 },
  ]);
  const at = (number: number) =>
    suggest({ method: "grid", space: grid, seed: 1, number });
  assert.deepEqual(at(8), { a: null, b: 0.3 });
  assert.equal(at(9), null);
});

Deno.test("suggest() draws what the distributions say", () => {
  const normal = { kind: "normal", mu: 3, sigma: 2, log: false, step: null };
  const drawn = Array.from({ length: 4000 }, (_, number) =>
    suggest({
      method: "random",
      seed: 5,
      number,
      space: [
        { key: "normal", distribution: { ...normal, kind: "normal" } },
        {
          key: "log",
          distribution: {
            kind: "range",
            min: 1e-4,
            max: 1,
            log: true,
            step: null,
          },
        },
        {
          key: "choice",
          distribution: {
            kind: "categorical",
            values: ["often", "seldom", "never"],
            probabilities: [0.9, 0.1, 0],
          },
        },
        {
          key: "integer",
          distribution: { kind: "range", min: 1, max: 4, log: false, step: 1 },
        },
      ],
    })!);
  const mean = (values: number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const near = (actual: number, expected: number, tolerance: number) =>
    assert.ok(Math.abs(actual - expected) < tolerance, `${actual}`);
  const normals = drawn.map(({ normal }) => Number(normal));
  near(mean(normals), 3, 0.15);
  near(mean(normals.map((value) => (value - 3) ** 2)), 4, 0.4);
  near(mean(drawn.map(({ log }) => Math.log10(Number(log)))), -2, 0.1);
  const part = (key: string, value: unknown) =>
    drawn.filter((each) => each[key] === value).length / drawn.length;
  near(part("choice", "often"), 0.9, 0.03);
  assert.equal(part("choice", "never"), 0);
  for (const integer of [1, 2, 3, 4]) {
    near(part("integer", integer), 0.25, 0.04);
  }
});

Deno.test("TPE avoids where trials failed, and where others run", () => {
  const lr = {
    key: "lr",
    distribution: { kind: "range", min: 0, max: 1, log: false, step: null },
  } as const;
  const observed = (
    x: number,
    state: Observation["state"],
    loss: number | null,
  ): Observation => ({ parameters: { lr: x }, state, loss, iterations: 1 });
  // Two places are good, one in each half.
  const flat = Array.from(
    { length: 12 },
    (_, i) => observed((i + 0.5) / 12, "complete", i === 3 || i === 8 ? 0 : 1),
  );
  const suggestAll = (more: readonly Observation[]) =>
    Array.from({ length: 60 }, (_, seed) =>
      Number(
        suggest({
          method: "bayes",
          space: [lr],
          seed,
          number: 12,
          observations: [...flat, ...more],
        })?.["lr"],
      ));
  const high = (values: number[]) => values.filter((x) => x > 0.5).length;
  const before = high(suggestAll([]));
  for (const state of ["failed", "running"] as const) {
    const bad = Array.from(
      { length: 12 },
      (_, i) => observed(0.5 + (i + 0.5) / 24, state, null),
    );
    const after = high(suggestAll(bad));
    assert.ok(after < before, `${state}: ${after} of 60, before ${before}`);
  }
});

Deno.test("TPE takes pruned trials for good only where complete ones are too few", () => {
  // The pruned ones have a lower loss, of an early step, and lie at the other end.
  const key = {
    key: "x",
    distribution: { kind: "range", min: 0, max: 1, log: false, step: null },
  } as const;
  const observations = Array.from(
    { length: 20 },
    (_, i): Observation =>
      i % 2 === 0
        ? {
          parameters: { x: 0.1 + i / 200 },
          state: "complete",
          loss: 2 + i,
          iterations: 9,
        }
        : {
          parameters: { x: 0.9 - i / 200 },
          state: "pruned",
          loss: 1,
          iterations: 2,
        },
  );
  const values = Array.from({ length: 40 }, (_, seed) =>
    Number(
      suggest({
        method: "bayes",
        space: [key],
        seed,
        number: 20,
        observations,
      })?.["x"],
    ));
  assert.ok(values.filter((x) => x < 0.5).length >= 36, `${values}`);
});

Deno.test("TPE ends lower than random search on known functions with the same budget", () => {
  const seeds = Array.from({ length: 10 }, (_, seed) => seed);
  const median = (values: number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  for (const multivariate of [false, true]) {
    let wins = 0;
    for (const [name, tested] of Object.entries(TEST_FUNCTIONS)) {
      const lowest = (method: SweepMethod) =>
        seeds.map((seed) =>
          search(tested, method, { trials: 50, seed, tpe: { multivariate } })
        );
      const [random, tpe] = [lowest("random"), lowest("bayes")];
      assert.ok(median(tpe) < median(random), `${name}: ${tpe} ${random}`);
      wins += tpe.filter((value, i) => value < random[i]!).length;
    }
    assert.ok(wins >= 28, `lower in ${wins} of 40 searches`);
  }
});

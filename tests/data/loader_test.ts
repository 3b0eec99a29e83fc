import fc from "fast-check";
import assert from "node:assert/strict";
import { BatchLoader, type BatchLoaderOptions } from "../../lib/data/mod.ts";
import { permutation, Random } from "../../lib/data/random.ts";
import { countingShards } from "./_helpers.ts";

function loaderOf(
  tokens: number,
  options: Partial<BatchLoaderOptions> = {},
): BatchLoader {
  return new BatchLoader(countingShards(tokens), {
    split: "train",
    batchSize: 3,
    sequenceLength: 4,
    ...options,
  });
}

function take(loader: BatchLoader, count: number): number[][] {
  return Array.from({ length: count }, () => [...loader.next()]);
}

Deno.test("Random gives the numbers that its description says", () => {
  // From an independent implementation of splitmix32 and xoshiro128**.
  const random = new Random(42, 0);
  assert.deepEqual(
    Array.from({ length: 5 }, () => random.uint32()),
    [746981593, 317934545, 2498281999, 3910060008, 348773548],
  );
  const large = new Random(2 ** 40 + 7);
  assert.deepEqual(
    Array.from({ length: 3 }, () => large.uint32()),
    [1642346528, 1661809946, 4243501461],
  );
  assert.deepEqual(
    [...permutation(10, new Random(42, 0))],
    [5, 7, 9, 3, 2, 8, 6, 4, 0, 1],
  );
});

Deno.test("Random.below() is even", () => {
  const random = new Random(7);
  const counts = new Array<number>(6).fill(0);
  for (let index = 0; index < 60_000; index++) counts[random.below(6)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400);
});

Deno.test("permutation() has each number once", () => {
  fc.assert(fc.property(fc.nat({ max: 500 }), fc.nat(), (length, seed) => {
    const order = [...permutation(length, new Random(seed))];
    assert.deepEqual(
      order.sort((a, b) => a - b),
      Array.from({ length }, (_, index) => index),
    );
  }));
});

Deno.test("BatchLoader gives windows that do not overlap, in order if not shuffled", () => {
  const loader = loaderOf(49, { shuffle: false });
  assert.equal(loader.windows, 9);
  assert.equal(loader.batchesPerEpoch, 3);
  const expected = Array.from({ length: 45 }, (_, token) => token);
  assert.deepEqual(take(loader, 3).flat(), expected);
  // The same again, epoch by epoch.
  assert.equal(loader.epoch, 1);
  assert.deepEqual(take(loader, 3).flat(), expected);
});

Deno.test("BatchLoader gives each window once an epoch, in an order of its own", () => {
  const loader = loaderOf(5 * 60);
  const orders = Array.from({ length: 3 }, () => {
    const rows = take(loader, 20).flatMap((batch) =>
      [0, 5, 10].map((start) => batch.slice(start, start + 5))
    );
    for (const row of rows) {
      assert.equal(row[0]! % 5, 0);
      assert.deepEqual(row, row.map((_, place) => row[0]! + place));
    }
    return rows.map((row) => row[0]! / 5);
  });
  const sorted = (order: number[]) => order.toSorted((a, b) => a - b);
  const all = Array.from({ length: 60 }, (_, window) => window);
  for (const order of orders) assert.deepEqual(sorted(order), all);
  assert.notDeepEqual(orders[0], orders[1]);
  assert.notDeepEqual(orders[1], orders[2]);
  assert.notDeepEqual(orders[0], all);
});

Deno.test("BatchLoader leaves out what does not fill a batch, other windows each epoch", () => {
  const loader = loaderOf(5 * 11);
  assert.equal(loader.batchesPerEpoch, 3);
  const leftOut = Array.from({ length: 8 }, () => {
    const used = new Set(
      take(loader, 3).flat().map((token) => Math.floor(token / 5)),
    );
    assert.equal(used.size, 9);
    return Array.from({ length: 11 }, (_, window) => window)
      .filter((window) => !used.has(window)).join();
  });
  assert.ok(new Set(leftOut).size > 1);
  assert.equal(loader.epoch, 8);
});

Deno.test("BatchLoader's order depends on the seed", () => {
  const first = (seed: number) => [...loaderOf(500, { seed }).next()];
  assert.deepEqual(first(1), first(1));
  assert.notDeepEqual(first(1), first(2));
});

Deno.test("BatchLoader.state() resumes with the same 8 batches at 31 of 31 places in 3 epochs", () => {
  const options = { batchSize: 4, sequenceLength: 7, seed: 5 };
  const tokens = 8 * 43;
  const loader = loaderOf(tokens, options);
  const count = 3 * loader.batchesPerEpoch;
  assert.equal(count, 30);
  const reference = take(loaderOf(tokens, options), count + 8);
  for (let step = 0; step <= count; step++) {
    const state = JSON.parse(JSON.stringify(loader.state()));
    const resumed = loaderOf(tokens, options);
    resumed.restore(state);
    assert.equal(resumed.epoch, Math.floor(step / 10));
    assert.deepEqual(take(resumed, 8), reference.slice(step, step + 8));
    loader.next();
  }
});

Deno.test("BatchLoader.restore() goes on with the same windows in other batches", () => {
  const loader = loaderOf(5 * 24, { batchSize: 2 });
  const [, , third, fourth] = take(loaderOf(5 * 24, { batchSize: 2 }), 4);
  take(loader, 2);
  const wider = loaderOf(5 * 24, { batchSize: 4 });
  wider.restore(loader.state());
  assert.deepEqual([...wider.next()], [...third!, ...fourth!]);
  assert.equal(wider.position, 8);
});

Deno.test("BatchLoader.restore() starts the next epoch where no batch is left", () => {
  const loader = loaderOf(5 * 5, { batchSize: 1 });
  take(loader, 4);
  const wider = loaderOf(5 * 5, { batchSize: 2 });
  wider.restore(loader.state());
  assert.equal(wider.epoch, 1);
  assert.equal(wider.position, 0);
});

Deno.test("BatchLoader.restore() refuses a state of other tokens or another order", () => {
  const state = loaderOf(500).state();
  const refuse = (loader: BatchLoader, message: RegExp) =>
    assert.throws(() => loader.restore(state), message);
  refuse(
    loaderOf(501),
    /^Error: Cannot resume the data where it was: it differs in tokens \(counting to 500 then, counting to 501 now\)$/,
  );
  refuse(loaderOf(500, { seed: 1 }), /seed \(42 then, 1 now\)/);
  refuse(loaderOf(500, { sequenceLength: 5 }), /sequenceLength \(4 then/);
  refuse(loaderOf(500, { shuffle: false, split: "val" }), /split.*, shuffle/);
  assert.throws(
    () => loaderOf(500).restore({ ...state, position: 101 }),
    /window 101 of epoch 0: there are 100 windows/,
  );
});

Deno.test("BatchLoader says how many tokens a batch needs", () => {
  assert.equal(loaderOf(15).batchesPerEpoch, 1);
  assert.throws(
    () => loaderOf(14),
    /^RangeError: The train tokens in memory are too few for one batch: 14 there, 15 needed \(3 x \(4 \+ 1\)\): use more text, a smaller batch or a shorter sequence$/,
  );
  assert.throws(() => loaderOf(100, { batchSize: 0 }), /positive batchSize/);
  assert.throws(
    () => loaderOf(100, { sequenceLength: 1.5 }),
    /positive sequenceLength, got 1\.5/,
  );
});

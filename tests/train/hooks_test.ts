/** What a notebook needs of training: to look in between steps, to change it, to search before it. */

import { strict as assert } from "node:assert";
import { readMetrics } from "../../lib/metrics/mod.ts";
import type { ExpertLoad } from "../../lib/model/router_statistics.ts";
import { suggest } from "../../lib/train/find_learning_rate.ts";
import { findLearningRate } from "../../lib/train/mod.ts";
import { train, withTrainer, workspace } from "./_run.ts";

Deno.test("Trainer.fit() waits between steps for what the observer waits for", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 3 } });
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const running = train(config, {
    betweenSteps: () => ++asked === 2 ? gate.promise : undefined,
  });
  while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(asked, 2);
  gate.resolve();
  assert.equal((await running).step, 3);
  assert.equal(asked, 3);
});

Deno.test("Trainer tells what each expert did", async () => {
  await using place = await workspace();
  const loads: [number, ExpertLoad][] = [];
  await train(place.config({ train: { max_steps: 4, log_interval: 2 } }), {
    onExpertLoad: (load, step) => loads.push([step, load]),
  });
  assert.deepEqual(loads.map(([step]) => step), [2, 4]);
  for (const [, { layers, counts, entropies, entropy }] of loads) {
    assert.deepEqual(layers, [0, 1]);
    // Two steps of 4 sequences of 32 tokens, each sent to 2 experts.
    for (const row of counts) {
      assert.equal(row.reduce((a, b) => a + b), 2 * 4 * 32 * 2);
    }
    assert.ok(Math.abs((entropies[0]! + entropies[1]!) / 2 - entropy) < 1e-9);
  }
});

Deno.test("Trainer.learningRate changes the steps that follow, and null gives the schedule back", async () => {
  await using place = await workspace();
  const config = place.config({
    train: { max_steps: 3 },
    eval: { interval: 0 },
  });
  await withTrainer(config, async (trainer) => {
    await trainer.fit();
  });
  const rates = async () =>
    (await readMetrics(`${config.out_dir}/metrics.csv`))
      .flatMap(({ learning_rate }) => learning_rate ?? []);
  const scheduled = await rates();
  let step = 0;
  await withTrainer(config, async (trainer) => {
    trainer.learningRate = 0.125;
    await trainer.fit();
  }, {
    betweenSteps: () => void step++,
  });
  assert.deepEqual(await rates(), [0.125, 0.125, 0.125]);
  assert.notDeepEqual(scheduled, await rates());
  assert.equal(step, 3);
});

Deno.test("findLearningRate() finds a rate that learns and leaves the weights as they were", async () => {
  await using place = await workspace();
  await withTrainer(place.config(), async (trainer, dataset) => {
    const weights = () =>
      trainer.model.weights.named.map(({ tensor }) => tensor.toArray());
    const before = weights();
    const { rates, losses, suggestion } = await findLearningRate(
      trainer.model,
      dataset.shards,
      { batchSize: 4, sequenceLength: 32, steps: 60 },
    );
    assert.deepEqual(weights(), before);
    assert.equal(rates.length, losses.length);
    assert.ok(rates.length >= 30 && rates[0] === 1e-7);
    assert.ok(suggestion !== null && suggestion > 1e-4 && suggestion < 1);
  });
});

Deno.test("findLearningRate() refuses a range that does not rise", async () => {
  await using place = await workspace();
  await withTrainer(place.config(), async (trainer, dataset) => {
    await assert.rejects(
      findLearningRate(trainer.model, dataset.shards, { from: 1, to: 0.1 }),
      /Cannot search from 1 to 0\.1/,
    );
  });
});

Deno.test("suggest() takes a rate from the longest descent, and none if there is none", () => {
  const rates = Array.from({ length: 60 }, (_, i) => 10 ** (-7 + i / 10));
  // Flat, a descent from 30 to 45, and an explosion.
  const losses = rates.map((_, i) =>
    i < 30 ? 8 : i <= 45 ? 8 - (i - 30) / 5 : 5 + (i - 45) ** 2
  );
  const found = suggest(rates, losses);
  const index = rates.findIndex((rate) => rate === found);
  assert.ok(index > 30 && index < 45, `${index}`);
  assert.equal(suggest(rates, rates.map((_, i) => i)), null);
  assert.equal(suggest([], []), null);
});

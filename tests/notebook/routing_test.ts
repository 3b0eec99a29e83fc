/** Entropy and balance of routers, against what is computed by hand. */

import { strict as assert } from "node:assert";
import {
  type CreateMlp,
  defineModelConfig,
  GPT,
  loadTokenizer,
  manualSeed,
  routeText,
  Routing,
  scope,
  tensor,
} from "../../lib/mod.ts";
import { TINY } from "./_tiny.ts";

const tokenizer = await loadTokenizer("data/tokenizer");

function modelOf(
  overrides: Partial<Parameters<typeof defineModelConfig>[0]> = {},
  createMlp?: CreateMlp,
): GPT {
  const model = new GPT(
    defineModelConfig({ ...TINY, ...overrides }),
    createMlp === undefined ? {} : { createMlp },
  );
  manualSeed(1);
  model.weights.initialize();
  return model;
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}, ${expected}`);
}

/** Probabilities 5/8 and three times 1/8, for each of the first tokens; then all the same. */
const SURE = [Math.log(5), 0, 0, 0];
const EVEN = [0, 0, 0, 0];
const SURE_ENTROPY = 5 / 8 * Math.log(8 / 5) + 3 / 8 * Math.log(8);

/** What the routers of the layers say to tokens 0, 1, 2, ... of a batch. */
const LOGITS = [[SURE, SURE, SURE, EVEN], [EVEN, EVEN, EVEN, EVEN]];
const EXPERTS = [
  [[0, 1], [0, 2], [3, 1], [0, 1]],
  [[0, 1], [2, 3], [0, 1], [2, 3]],
];

/** Layers whose routers say what is written down; `isSilent` ones keep their logits for themselves. */
function written({ isSilent = false } = {}): CreateMlp {
  return (_config, _name, _weights, { layer, operators, statistics }) => ({
    forward(x_BTC) {
      const N = x_BTC.size(0) * x_BTC.size(1);
      const experts_NK = tensor(EXPERTS[layer]!.slice(0, N), {
        dtype: "int64",
      });
      if (!isSilent) {
        const logits_NE = tensor(LOGITS[layer]!.slice(0, N));
        const { counts_E } = operators.moeSort(experts_NK, TINY.n_expert);
        statistics.record(layer, logits_NE, counts_E);
      }
      return { y: x_BTC.mul(1), auxiliaryLoss: null, routing: experts_NK };
    },
  });
}

Deno.test("Routing.balance() gives each layer's entropy and the busiest expert's load", () => {
  using model = modelOf({}, written());
  const routing = new Routing({ model, tokenizer });
  routing.add(new Int32Array(4), [1, 4]);
  const balance = routing.balance();
  const [first, second] = balance.rows;
  near(first!.entropy, (3 * SURE_ENTROPY + Math.log(4)) / 4);
  near(first!.entropyShare, first!.entropy / Math.log(4));
  // 3, 3, 1 and 1 of 8 choices.
  near(first!.maxOverMean, 1.5);
  near(second!.entropy, Math.log(4));
  near(second!.entropyShare, 1);
  near(second!.maxOverMean, 1);
  near(balance.entropy, (first!.entropy + second!.entropy) / 2);
  near(balance.maxOverMean, 1.25);
  assert.deepEqual(
    String(Deno.inspect(balance)).split("\n").map((line) => line.trim()),
    [
      "layer  router's entropy, nats  of ln 4  busiest expert over the mean",
      "0      1.152                   83%      1.50",
      "1      1.386                   100%     1.00",
      "mean   1.269                   92%      1.25",
    ],
  );
});

Deno.test("Routing.balance() weighs batches by their tokens", () => {
  using model = modelOf({}, written());
  const routing = new Routing({ model, tokenizer });
  routing.add(new Int32Array(4), [1, 4]);
  routing.add(new Int32Array(1), [1, 1]);
  const [first] = routing.balance().rows;
  near(first!.entropy, (4 * SURE_ENTROPY + Math.log(4)) / 5);
  // 4, 4, 1 and 1 of 10 choices.
  near(first!.maxOverMean, 1.6);
});

Deno.test("Routing.balance() is what training measures of the same tokens", () => {
  using model = modelOf();
  const text = "The President and the whale met in the middle of the sea";
  const ids = Int32Array.from(tokenizer.encode(text, { bos: false }));
  const forward = () =>
    scope(() =>
      model.statistics.recording(() =>
        void model.forward(tensor(ids, { shape: [1, ids.length] }))
      )
    );
  forward();
  // In the middle of a step: nothing of it is lost, and nothing is added to it.
  const balance = routeText({ model, tokenizer }, text).balance();
  forward();
  model.statistics.endStep([], 0);
  const load = model.statistics.read()!;
  near(balance.entropy, load.entropy);
  near(balance.maxOverMean, load.maxOverMean);
  for (const [i, row] of balance.rows.entries()) {
    assert.equal(row.layer, load.layers[i]);
    near(row.entropy, load.entropies[i]!);
    near(row.maxOverMean, load.maxOverMeans[i]!);
    assert.ok(row.entropyShare > 0.5 && row.entropyShare <= 1);
    assert.equal(load.counts[i]!.reduce((a, b) => a + b), 2 * 2 * ids.length);
  }
});

Deno.test("Routing.balance() refuses what was not measured", () => {
  using silent = modelOf({}, written({ isSilent: true }));
  const routing = new Routing({ model: silent, tokenizer });
  assert.throws(() => routing.balance(), /no tokens are recorded yet/);
  routing.add(new Int32Array(4), [1, 4]);
  assert.throws(
    () => routing.balance(),
    /layer 0 does not say how it decides; call `statistics.record`/,
  );
  assert.deepEqual(routing.counts()[0], [3, 3, 1, 1]);
});

Deno.test("Routing leaves out layers without experts, and refuses a model of such", () => {
  using mixed = modelOf({
    n_layer: 3,
    first_k_dense_replace: 1,
    intermediate_size: 32,
  });
  const routing = routeText({ model: mixed, tokenizer }, "The whale");
  assert.deepEqual(routing.layers, [1, 2]);
  assert.deepEqual(routing.balance().rows.map(({ layer }) => layer), [1, 2]);
  using dense = modelOf({
    mlp_class_name: "LLaMAMLP",
    n_expert: 0,
    n_expert_per_token: 0,
    intermediate_size: 32,
  });
  assert.throws(
    () => routeText({ model: dense, tokenizer }, "The whale"),
    /Cannot show routing: the model has no experts/,
  );
});

Deno.test("Routing.coActivation() refuses a model that sends each token to one expert", () => {
  using model = modelOf({ n_expert_per_token: 1 });
  const routing = routeText({ model, tokenizer }, "The whale");
  assert.throws(() => routing.coActivation(), /each token goes to one expert/);
});

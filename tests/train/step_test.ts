/** One optimizer step: what shapes it takes, and how it is captured on a GPU. */

import { strict as assert } from "node:assert";
import {
  cudaDeviceCount,
  type Device,
  empty,
  liveCount,
  manualSeed,
  noGrad,
  scope,
  setSyncDebugMode,
} from "../../ffi/mod.ts";
import { defineModelConfig } from "../../lib/config/mod.ts";
import { GPT } from "../../lib/model/gpt.ts";
import type { Precision } from "../../lib/model/precision.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";
import { TrainStep, type TrainStepOptions } from "../../lib/train/step.ts";

const gpu = { ignore: cudaDeviceCount() === 0 };
const VOCABULARY = 64;

/** A small model, its optimizer and its step. */
class Setup implements Disposable {
  readonly messages: string[] = [];
  readonly model: GPT;
  readonly optimizer: AdamW;
  readonly step: TrainStep;

  constructor(
    options: Partial<TrainStepOptions> & {
      device?: Device;
      precision?: Precision;
    } = {},
  ) {
    const { device = "cpu", precision = "bf16-mixed" } = options;
    const config = defineModelConfig({
      n_layer: 2,
      n_embd: 64,
      n_head: 4,
      n_query_groups: 2,
      vocab_size: VOCABULARY,
      padded_vocab_size: VOCABULARY,
      block_size: 32,
      norm_class_name: "RMSNorm",
      bias: false,
      mlp_class_name: "LLaMAMoE",
      moe_intermediate_size: 64,
      n_expert: 4,
      n_expert_per_token: 2,
    });
    // CUDA's flash attention takes no float32.
    const attention = device === "cpu" || precision !== "32-true"
      ? "flash"
      : "efficient";
    this.model = new GPT(config, { device, precision, attention });
    manualSeed(7);
    this.model.weights.initialize();
    this.optimizer = new AdamW(this.model.weights.parameters, { maxNorm: 1 });
    this.step = new TrainStep(this.model, this.optimizer, {
      microBatchSize: 4,
      sequenceLength: 32,
      accumulationIters: 2,
      biasUpdateRate: 0,
      captured: device !== "cpu",
      onMessage: (message) => this.messages.push(message),
      ...options,
    });
  }

  /** Trains on sequences that count up, from a start that differs each time. */
  train(steps: number, { B = 4, T = 32 } = {}): number[] {
    return Array.from({ length: steps }, (_, i) => {
      let start = i;
      this.step.load(
        () =>
          Int32Array.from(
            { length: B * (T + 1) },
            (_, j) => (start++ * 3 + j) % VOCABULARY,
          ),
        { microBatchSize: B, sequenceLength: T },
      );
      this.step.run(1e-3 * (1 + i % 3));
      return this.step.loss.item();
    });
  }

  weights(): number[] {
    return noGrad(() =>
      scope(() =>
        this.model.weights.named.flatMap((
          { tensor },
        ) => [...tensor.toArray()].map(Number))
      )
    );
  }

  [Symbol.dispose](): void {
    this.step[Symbol.dispose]();
    this.optimizer[Symbol.dispose]();
    this.model[Symbol.dispose]();
  }
}

Deno.test("TrainStep learns from several micro-batches and gives everything back", () => {
  const before = liveCount();
  {
    using setup = new Setup();
    const losses = setup.train(30);
    assert.ok(losses.at(-1)! < losses[0]! - 1, `${losses}`);
    assert.deepEqual(setup.messages, []);
  }
  assert.equal(liveCount(), before);
});

Deno.test("TrainStep.run() needs batches", () => {
  using setup = new Setup();
  assert.throws(() => setup.step.run(1e-3), /no batches were loaded/);
});

Deno.test("TrainStep refuses batches of another shape unless it is dynamic", () => {
  using fixed = new Setup();
  assert.throws(
    () => fixed.train(1, { T: 16 }),
    /on batches of 4 x 16 tokens: this one is for 4 x 32: set optimization.compile_dynamic/,
  );
  using dynamic = new Setup({ dynamic: true });
  for (const T of [16, 32, 8]) {
    assert.ok(Number.isFinite(dynamic.train(1, { T })[0]));
  }
});

Deno.test("a step whose capture failed half-way trains as if it had not been tried", () => {
  using plain = new Setup({ captured: false });
  using tried = new Setup({ captured: true });
  const { model } = tried;
  const run = model.forwardBackward.bind(model);
  let calls = 0;
  model.forwardBackward = (...args) => {
    const loss = run(...args);
    if (calls++ === 0) empty([2 ** 50]);
    return loss;
  };
  assert.deepEqual(tried.train(3), plain.train(3));
  assert.deepEqual(tried.weights(), plain.weights());
  const [message] = tried.messages;
  assert.match(
    message!,
    /Cannot capture .*2 x 4 x 32 .* allocate .*uncaptured/,
  );
});

Deno.test("AdamW.rehearse() changes nothing", () => {
  using setup = new Setup();
  setup.train(2);
  const before = setup.weights();
  const { model, optimizer } = setup;
  scope(() => {
    for (const { compute } of model.weights.parameters) {
      compute.grad = compute.detach().mul(0).add(1);
    }
    optimizer.rehearse();
  });
  assert.deepEqual(setup.weights(), before);
  assert.equal(optimizer.skipped.item(), 0);
  assert.equal(model.weights.parameters[0]!.grad, null);
});

for (const precision of ["32-true", "bf16-mixed", "bf16-true"] as const) {
  Deno.test({
    name:
      `a captured step sees new data, learning rates and step counts in ${precision}`,
    ...gpu,
    fn: () => {
      const on = { device: "cuda", precision } as const;
      using eager = new Setup({ ...on, captured: false });
      using captured = new Setup({ ...on, fullgraph: true });
      const [a, b] = [eager.train(40), captured.train(40)];
      for (const [i, loss] of a.entries()) {
        const tolerance = precision === "32-true" ? 1e-4 : 0.05;
        assert.ok(Math.abs(loss - b[i]!) < tolerance, `${i}: ${loss}, ${b[i]}`);
      }
      assert.ok(b.at(-1)! < b[0]! - 1);
      const [counted, expected] = [captured, eager].map(({ model }) =>
        model.statistics.read()!.counts.flat().reduce((a, b) => a + b)
      );
      assert.equal(counted, expected);
    },
  });
}

for (const captured of [false, true]) {
  Deno.test({
    name: `a step waits for the device nowhere, captured: ${captured}`,
    ...gpu,
    fn: () => {
      using setup = new Setup({ device: "cuda", captured });
      setup.train(1);
      const batch = new Int32Array(4 * 33);
      setSyncDebugMode("error");
      try {
        for (let i = 0; i < 3; i++) {
          setup.step.run(1e-3);
          setup.step.load(() => batch);
        }
        assert.throws(() => setup.step.loss.item(), /synchroniz/);
      } finally {
        setSyncDebugMode("default");
      }
      assert.ok(Number.isFinite(setup.step.loss.item()));
    },
  });
}

Deno.test({
  name: "a dynamic captured step has a graph for each of 8 shapes",
  ...gpu,
  fn: () => {
    using setup = new Setup({ device: "cuda", dynamic: true });
    for (let round = 0; round < 2; round++) {
      for (let T = 4; T <= 32; T += 4) setup.train(1, { T });
    }
    assert.deepEqual(setup.messages, []);
    setup.train(1, { T: 31 });
    assert.match(setup.messages.join(), /graphs for 8 other shapes already/);
  },
});

Deno.test({
  name:
    "fullgraph refuses what cannot be captured, and without it the step runs",
  ...gpu,
  fn: () => {
    const breakGraph = (setup: Setup) => {
      const { statistics } = setup.model;
      const { endStep } = statistics;
      // Reading waits for the device, which a capture cannot.
      statistics.endStep = (...args) => {
        setup.step.loss.item();
        endStep.apply(statistics, args);
      };
    };
    using strict = new Setup({ device: "cuda", fullgraph: true });
    breakGraph(strict);
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.throws(
        () => strict.train(1),
        /Cannot capture a step of 2 x 4 x 32/,
      );
    }
    using lenient = new Setup({ device: "cuda" });
    breakGraph(lenient);
    const losses = lenient.train(20);
    assert.ok(losses.at(-1)! < losses[0]!);
    assert.match(lenient.messages.join(), /it runs uncaptured/);
  },
});

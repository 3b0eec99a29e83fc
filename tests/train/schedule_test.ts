import { strict as assert } from "node:assert";
import { defineConfig, isSized } from "../../lib/config/mod.ts";
import { planRun } from "../../lib/train/plan.ts";
import { learningRateAt } from "../../lib/train/schedule.ts";
import { readTable } from "../model/_golden.ts";

interface Table {
  tables: {
    learning_rate: number;
    min_lr: number;
    warmup_iters: number;
    max_iters: number;
    rates: { it: number; lr: number }[];
  }[];
  run: {
    learning_rate: number;
    min_lr: number;
    train: Record<string, number>;
    steps: number;
    max_iters: number;
    warmup_iters: number;
    learning_rate_of_step: number[];
  };
}

const { tables, run } = await readTable<Table>("schedule.json");

Deno.test("learningRateAt() gives LitGPT's learning rates", () => {
  for (const table of tables) {
    for (const { it, lr } of table.rates) {
      const got = learningRateAt(it, {
        learningRate: table.learning_rate,
        minLearningRate: table.min_lr,
        warmupIters: table.warmup_iters,
        maxIters: table.max_iters,
      });
      assert.ok(Math.abs(got - lr) <= 1e-12 * lr, `${it}: ${got}, not ${lr}`);
    }
  }
});

Deno.test("learningRateAt() stays at the top where the run's length is unknown", () => {
  const schedule = {
    learningRate: 1,
    minLearningRate: 0.1,
    warmupIters: 10,
    maxIters: null,
  };
  assert.equal(learningRateAt(5, schedule), 0.5);
  assert.equal(learningRateAt(1e9, schedule), 1);
});

function config(train: Record<string, unknown>) {
  const config = defineConfig({
    model_name: "moe-200m",
    tokenizer_dir: "data/tokenizer",
    train: { max_tokens: null, lr_warmup_steps: 5, ...train },
    optimizer: {
      class_path: "torch.optim.AdamW",
      init_args: { lr: run.learning_rate },
    },
  });
  assert.ok(isSized(config));
  return config;
}

Deno.test("planRun() takes the steps and learning rates that LitGPT takes", () => {
  const { accumulationIters, steps, schedule, rule } = planRun(
    config({ ...run.train, min_lr: run.min_lr }),
    1000,
  );
  assert.equal(steps, run.steps);
  assert.equal(rule, "max_tokens");
  assert.equal(schedule.maxIters, run.max_iters);
  assert.equal(schedule.warmupIters, run.warmup_iters);
  for (const [index, lr] of run.learning_rate_of_step.entries()) {
    const got = learningRateAt((index + 1) * accumulationIters - 1, schedule);
    assert.ok(Math.abs(got - lr) <= 1e-12 * lr, `step ${index + 1}: ${got}`);
  }
});

Deno.test("planRun() stops at the first of several limits", () => {
  const sizes = { global_batch_size: 4, micro_batch_size: 2 };
  const plan = (train: Record<string, unknown>) => {
    const { steps, rule } = planRun(config({ ...sizes, ...train }), 30);
    return [steps, rule];
  };
  assert.deepEqual(plan({ max_steps: 7 }), [7, "max_steps"]);
  assert.deepEqual(plan({ epochs: 2 }), [30, "epochs"]);
  assert.deepEqual(plan({ epochs: 2, max_steps: 7 }), [7, "max_steps"]);
  assert.deepEqual(plan({ epochs: 1, max_steps: 70 }), [15, "epochs"]);
  assert.deepEqual(plan({ max_time: 60 }), [Infinity, "max_time"]);
  assert.deepEqual(plan({ max_tokens: 8 * 4 * 2048, max_time: 60 }), [
    8,
    "max_tokens",
  ]);
});

Deno.test("planRun() ends a run that goes on with another batch by the tokens it has seen", () => {
  const steps = (train: Record<string, unknown>) =>
    planRun(
      config({ global_batch_size: 8, micro_batch_size: 2, ...train }),
      // 60 samples an epoch
      30,
      { start: { step: 10, tokens: 10 * 4 * 2048 } },
    ).steps;
  // 40 samples were seen in steps of 4; now they are of 8.
  assert.equal(steps({ max_tokens: 80 * 2048 }), 10 + 5);
  assert.equal(steps({ epochs: 2 }), 10 + 10);
  assert.equal(steps({ max_steps: 12 }), 12);
});

/** Going on from a checkpoint: with other settings, and from wherever a signal came. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import {
  CheckpointError,
  readManifest,
} from "../../lib/checkpoint/manifest.ts";
import { loadRunConfig, type RunInput } from "../../lib/config/mod.ts";
import { readExpertsCsv, readMetrics } from "../../lib/metrics/mod.ts";
import { digestTensors, train, withTrainer, workspace } from "./_run.ts";

Deno.test("Trainer says which settings differ from those of the checkpoint", async () => {
  await using place = await workspace();
  await train(place.config());
  const messages: string[] = [];
  const changed = place.config({ resume: "auto", train: { max_steps: 8 } });
  const { step } = await train(changed, {
    onMessage: (text) => messages.push(text),
  });
  assert.equal(step, 8);
  assert.deepEqual(messages, [
    "Resumed with other settings: train.max_steps 6 -> 8",
  ]);
});

Deno.test("Trainer says nothing of settings if none differ", async () => {
  await using place = await workspace();
  await train(place.config());
  const messages: string[] = [];
  await train(place.config({ resume: "auto" }), {
    onMessage: (text) => messages.push(text),
  });
  assert.deepEqual(messages, []);
});

Deno.test("Trainer refuses to resume with settings that make it another run", async () => {
  await using place = await workspace();
  const config = place.config();
  await train(config);
  const cases: [overrides: RunInput, message: RegExp][] = [
    [
      { model_config: { n_expert_per_token: 1 } },
      /model_config\.n_expert_per_token 2 -> 1: set them back/,
    ],
    [{ model_config: { n_expert: 8 } }, /model_config\.n_expert 4 -> 8/],
    [
      { model_config: { rope_base: 500 } },
      /model_config\.rope_base 10000 -> 500/,
    ],
    [
      { train: { tie_embeddings: true } },
      /train\.tie_embeddings false -> true/,
    ],
    [{ train: { max_seq_length: 16 } }, /train\.max_seq_length 32 -> 16/],
  ];
  for (const [overrides, message] of cases) {
    const other = place.config({ ...overrides, resume: "auto" });
    await assert.rejects(
      train(other),
      (error: Error) => {
        assert.ok(error instanceof CheckpointError, `${error}`);
        assert.match(error.message, message);
        assert.match(error.message, /Cannot resume from .*final with other/);
        assert.match(error.message, /--initial-checkpoint-dir .*final/);
        return true;
      },
    );
  }
  assert.equal((await train({ ...config, resume: "auto" })).step, 6);
});

Deno.test("Trainer refuses to resume on other data", async () => {
  await using place = await workspace();
  const config = place.config();
  await train(config);
  const text = join(place.dir, "text.txt");
  await Deno.writeTextFile(text, "Another text. ".repeat(3000));
  const messages: string[] = [];
  await assert.rejects(
    train({ ...config, resume: "auto" }, {
      onMessage: (text) => messages.push(text),
    }),
    (error: Error) =>
      error instanceof CheckpointError &&
      /its data were others.*--initial-checkpoint-dir/.test(error.message),
  );
  assert.deepEqual(messages, []);
});

Deno.test("Trainer resumes with another micro-batch: the steps see the same samples", async () => {
  await using place = await workspace();
  const settings = { max_steps: 8, save_interval: 4 };
  const unbroken = place.config({ train: settings });
  const { checkpoint } = await train({
    ...unbroken,
    out_dir: join(place.dir, "a"),
  });
  await train(place.config({ train: { ...settings, max_steps: 4 } }));
  const resumed = await train(place.config({
    resume: "auto",
    train: { ...settings, micro_batch_size: 4 },
  }));
  assert.equal(resumed.tokens, 8 * 4 * 32);
  const rows = await readMetrics(join(place.dir, "run/metrics.csv"));
  const iters = rows.flatMap(({ iter, loss }) =>
    loss === undefined ? [] : iter
  );
  assert.deepEqual(iters, [2, 4, 6, 8, 9, 10, 11, 12]);
  const { loads } = readExpertsCsv(join(place.dir, "run/experts.csv"));
  assert.deepEqual(loads.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8]);
  const state = (path: string) =>
    JSON.parse(Deno.readTextFileSync(join(path, "state.json")));
  assert.deepEqual(state(resumed.checkpoint).loader, state(checkpoint).loader);
});

Deno.test("Trainer resumes with another global batch: tokens and learning rate go on from where they were", async () => {
  await using place = await workspace();
  const settings = {
    max_steps: null,
    max_tokens: 16 * 32,
    lr_warmup_steps: 0,
  };
  const { checkpoint } = await train(place.config({
    train: { ...settings, max_tokens: 8 * 32 },
  }));
  assert.equal((await readManifest(checkpoint)).step, 2);
  const resumed = await train(place.config({
    resume: "auto",
    train: { ...settings, global_batch_size: 2 },
  }));
  assert.deepEqual([resumed.step, resumed.tokens], [2 + 4, 16 * 32]);
  const rows = await readMetrics(join(place.dir, "run/metrics.csv"));
  const rates = rows.flatMap(({ learning_rate, tokens }) =>
    learning_rate === undefined ? [] : [[tokens! / 32, learning_rate]]
  );
  // Of the 8 micro-batches of 2 samples.
  const cosine = (iter: number) =>
    4e-5 + 0.5 * (1 + Math.cos(Math.PI * iter / 8)) * (1e-2 - 4e-5);
  for (const [samples, rate] of rates.slice(2)) {
    assert.ok(Math.abs(rate! - cosine(samples! / 2 - 1)) < 1e-12, `${samples}`);
  }
  assert.deepEqual(rates.map(([samples]) => samples), [4, 8, 10, 12, 14, 16]);
});

Deno.test("Trainer that went back to an earlier checkpoint goes on from there, not from what it had left", async () => {
  await using place = await workspace();
  const config = place.config();
  const { checkpoint } = await train(config);
  const before = await digestTensors(checkpoint);
  const messages: string[] = [];
  const back = place.config({
    resume: join(config.out_dir, "step-00000002"),
    optimizer: { init_args: { lr: 1e-3 } },
  });
  const controller = new AbortController();
  await withTrainer(back, (trainer) => trainer.fit(controller), {
    onMessage: (text) => messages.push(text),
    onMetrics: ({ optimizer_step }) =>
      optimizer_step === 3 && controller.abort(),
  });
  const names = [...Deno.readDirSync(config.out_dir)].map(({ name }) => name);
  const aside = names.filter((name) => name.startsWith("superseded-")).sort();
  assert.deepEqual(
    aside.map((name) => name.replace(/-\d+$/, "")),
    [
      "superseded-final",
      "superseded-step-00000004",
      "superseded-step-00000006",
    ],
  );
  assert.deepEqual(
    await digestTensors(join(config.out_dir, aside[0]!)),
    before,
  );
  assert.equal(
    messages.filter((text) => /^Moved .*superseded-/.test(text)).length,
    3,
  );
  await withTrainer(
    { ...back, resume: "auto" },
    (trainer) => Promise.resolve(assert.equal(trainer.step, 3)),
  );
});

Deno.test("Trainer interrupted before a validation makes it up when it goes on", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 8 } });
  const unbroken = await train({ ...config, out_dir: join(place.dir, "a") });
  const controller = new AbortController();
  await withTrainer(config, async (trainer) => {
    const { signal } = controller;
    const { reason, step, validation } = await trainer.fit({ signal });
    assert.deepEqual([reason, step, validation], ["interrupted", 3, null]);
  }, {
    // A validation is due after this step.
    onMetrics: ({ optimizer_step }) =>
      optimizer_step === 3 && controller.abort(),
  });
  const resumed = await train({ ...config, resume: "auto" });
  assert.deepEqual(
    await digestTensors(resumed.checkpoint),
    await digestTensors(unbroken.checkpoint),
  );
  const losses = async (dir: string) =>
    (await readMetrics(join(dir, "metrics.csv")))
      .map(({ iter, loss, val_loss }) => [iter, loss, val_loss]);
  assert.deepEqual(
    await losses(config.out_dir),
    await losses(join(place.dir, "a")),
  );
});

Deno.test("Trainer interrupted within a validation ends it and saves", async () => {
  await using place = await workspace();
  const config = place.config({ eval: { interval: 2, max_iters: 1000 } });
  const controller = new AbortController();
  const validated: number[] = [];
  await withTrainer(config, async (trainer) => {
    const validate = trainer.validate.bind(trainer);
    trainer.validate = (options) => {
      setTimeout(() => controller.abort());
      return validate(options);
    };
    const { signal } = controller;
    const { reason, checkpoint } = await trainer.fit({ signal });
    assert.equal(reason, "interrupted");
    assert.equal((await readManifest(checkpoint)).step, 2);
  }, { onValidation: (_, step) => validated.push(step) });
  assert.deepEqual(validated, []);
});

Deno.test("Trainer that is interrupted at once names the checkpoint it went on from", async () => {
  await using place = await workspace();
  const config = place.config();
  const { checkpoint } = await train(config);
  const elsewhere = join(place.dir, "elsewhere");
  const next = { ...config, resume: checkpoint, out_dir: elsewhere };
  await withTrainer(next, async (trainer) => {
    const summary = await trainer.fit({ signal: AbortSignal.abort() });
    assert.equal(summary.checkpoint, checkpoint);
  });
});

Deno.test("a run and its checkpoints hold configuration, versions and git state", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 3 } });
  const { checkpoint } = await train(config);
  const run = JSON.parse(
    await Deno.readTextFile(join(config.out_dir, "run.json")),
  );
  const { versions } = await readManifest(checkpoint);
  assert.equal(run.deno, Deno.version.deno);
  assert.match(run.torch, /^\d+\.\d+/);
  assert.equal(run.placement.precision, "32-true");
  assert.equal(versions["deno"], run.deno);
  assert.equal(versions["torch"], run.torch);
  assert.equal(versions["commit"], run.commit ?? "unknown");
  for (
    const file of [
      join(config.out_dir, "config.yaml"),
      join(checkpoint, "hyperparameters.yaml"),
    ]
  ) {
    assert.deepEqual(loadRunConfig({ file }).config, config, file);
  }
});

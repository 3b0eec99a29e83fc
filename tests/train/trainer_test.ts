/** Runs from start to end: what they write, when they stop, how they go on. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { liveCount } from "../../ffi/mod.ts";
import { verifyCheckpoint } from "../../lib/checkpoint/manifest.ts";
import { readExpertsCsv, readMetrics } from "../../lib/metrics/mod.ts";
import { digestTensors, train, withTrainer, workspace } from "./_run.ts";

Deno.test("Trainer hands over the next batches before it waits for a step", async () => {
  await using place = await workspace();
  const config = place.config({
    train: { max_steps: 3 },
    eval: { interval: 0, final_validation: false },
  });
  const events: string[] = [];
  await withTrainer(config, async (trainer, { shards }) => {
    const note = <Target extends object>(
      target: Target,
      name: keyof Target,
    ) => {
      const method = target[name];
      assert.ok(typeof method === "function");
      Object.assign(target, {
        [name]: (...args: unknown[]) => {
          if (events.at(-1) !== name) events.push(String(name));
          return method.apply(target, args);
        },
      });
    };
    note(shards.train, "copyTo");
    note(trainer.model, "forwardBackward");
    note(trainer.model.statistics, "read");
    await trainer.fit();
  });
  const [batches, compute, wait] = ["copyTo", "forwardBackward", "read"];
  assert.deepEqual(events, [
    batches,
    ...[compute, batches, wait],
    ...[compute, batches, wait],
    ...[compute, wait],
  ]);
});

Deno.test("Trainer.fit() learns, logs, validates and saves", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 40, save_interval: 15 } });
  const validations: number[] = [];
  const saved: number[] = [];
  const summary = await train(config, {
    onValidation: (_, step) => validations.push(step),
    onCheckpoint: (_, step) => saved.push(step),
  });
  assert.equal(summary.reason, "max_steps");
  assert.equal(summary.step, 40);
  assert.equal(summary.tokens, 40 * 4 * 32);
  assert.deepEqual(saved, [15, 30, 40]);
  assert.deepEqual(
    validations,
    [...Array(13).keys()].map((i) => 3 * i + 3)
      .concat(40),
  );

  const rows = await readMetrics(join(place.dir, "run/metrics.csv"));
  const losses = rows.filter((row) => row["loss"] !== undefined);
  assert.equal(losses.length, 40);
  const first = losses[0]!, last = losses.at(-1)!;
  assert.ok(last["loss"]! < first["loss"]! - 3, JSON.stringify(last));
  assert.equal(last["iter"], 80);
  assert.equal(last["step"], 79);
  assert.equal(last["optimizer_step"], 40);
  assert.equal(last["total_tokens"], summary.tokens);
  assert.ok(last["tokens_per_second"]! > 0 && last["remaining_time"] === 0);
  assert.ok(last["expert_load_max_over_mean"]! >= 1);
  assert.ok(last["router_entropy"]! > 0 && last["grad_norm"]! > 0);
  const { layers, loads } = readExpertsCsv(join(place.dir, "run/experts.csv"));
  assert.deepEqual(layers, [0, 1]);
  assert.deepEqual(
    loads.map(({ step }) => step),
    losses.map((row) => row["optimizer_step"]),
  );
  for (const { counts } of loads) {
    // Each token goes to two experts.
    const sums = counts.map((row) => row.reduce((a, b) => a + b));
    assert.deepEqual(sums, [2 * 4 * 32, 2 * 4 * 32]);
  }

  assert.deepEqual(await verifyCheckpoint(summary.checkpoint), []);
  const files = [...Deno.readDirSync(summary.checkpoint)].map(({ name }) =>
    name
  );
  assert.deepEqual(files.sort(), [
    "hyperparameters.yaml",
    "manifest.json",
    "model.safetensors",
    "model_config.yaml",
    "optimizer.safetensors",
    "state.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
});

for (
  const [what, overrides] of [
    ["as written", {}],
    ["with gradient checkpointing", {
      train: { gradient_checkpointing: true },
    }],
    ["with balancing losses and biases", {
      model_config: {
        router_aux_loss_coef: 0.01,
        router_z_loss_coef: 0.001,
        router_bias_update_rate: 0.01,
      },
    }],
    ["with tied embeddings", { train: { tie_embeddings: true } }],
  ] as const
) {
  Deno.test(`Trainer resumes bit for bit ${what}`, async () => {
    await using place = await workspace();
    // 20 steps are more than an epoch of this text.
    const settings = {
      ...overrides,
      train: { max_steps: 20, save_interval: 13, epochs: null },
    };
    const config = place.config({
      ...settings,
      train: {
        ...settings.train,
        ...("train" in overrides ? overrides.train : {}),
      },
    });
    const unbroken = await train({ ...config, out_dir: `${config.out_dir}-a` });

    const broken = { ...config, out_dir: `${config.out_dir}-b` };
    await withTrainer(broken, async (trainer) => {
      const controller = new AbortController();
      const summary = trainer.fit({ signal: controller.signal });
      controller.abort();
      assert.equal((await summary).reason, "interrupted");
      assert.ok(trainer.step < 20);
    });
    const resumed = await train({ ...broken, resume: "auto" });

    assert.equal(resumed.step, unbroken.step);
    assert.equal(resumed.tokens, unbroken.tokens);
    const wanted = await digestTensors(unbroken.checkpoint);
    const got = await digestTensors(resumed.checkpoint);
    const differing = Object.keys(wanted).filter((key) =>
      got[key] !== wanted[key]
    );
    assert.deepEqual(differing, []);
    assert.equal(Object.keys(got).length, Object.keys(wanted).length);
    const losses = async (dir: string) =>
      (await readMetrics(join(dir, "metrics.csv")))
        .map((
          { iter, loss, val_loss, epoch },
        ) => [iter, loss, val_loss, epoch]);
    assert.deepEqual(
      await losses(broken.out_dir),
      await losses(`${config.out_dir}-a`),
    );
  });
}

Deno.test("Trainer resumes from the checkpoint before a damaged one, and says so", async () => {
  await using place = await workspace();
  const config = place.config();
  await train(config);
  const damaged = join(config.out_dir, "final/model.safetensors");
  await Deno.truncate(damaged, 1000);
  await Deno.remove(join(config.out_dir, "step-00000006"), { recursive: true });
  const messages: string[] = [];
  await withTrainer(
    { ...config, resume: "auto" },
    (trainer) => Promise.resolve(assert.equal(trainer.step, 4)),
    { onMessage: (text) => messages.push(text) },
  );
  assert.match(messages.join("\n"), /final.*model\.safetensors/);
});

Deno.test("Trainer moves an earlier run out of the way", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 3 } });
  await train(config);
  const messages: string[] = [];
  await train(config, { onMessage: (text) => messages.push(text) });
  assert.match(messages.join("\n"), /Moved the earlier run to .*run-1/);
  assert.deepEqual(await verifyCheckpoint(`${config.out_dir}-1/final`), []);
  assert.deepEqual(await verifyCheckpoint(`${config.out_dir}/final`), []);
});

Deno.test("Trainer leaves an earlier run in its place if the new one cannot begin", async () => {
  await using place = await workspace();
  const length = { max_steps: 2, lr_warmup_steps: 0 };
  const config = place.config({ train: length });
  const { checkpoint } = await train(config);
  const weights = join(checkpoint, "model.safetensors");
  const other = join(place.dir, "other");
  const { checkpoint: otherModel } = await train({
    ...place.config({ model_config: { n_layer: 1 }, train: length }),
    out_dir: other,
  });
  const refuses = async (initial_checkpoint_dir: string, message: RegExp) => {
    await assert.rejects(train({ ...config, initial_checkpoint_dir }), message);
    assert.deepEqual(await verifyCheckpoint(checkpoint), []);
  };
  await refuses(
    join(place.dir, "none"),
    /Cannot start from .*none: no such file or directory/,
  );
  await refuses(other, /folder of checkpoints: .*such as .*other\/final/);
  await refuses(otherModel, /it does not fit the model: .* is missing/);
  const damaged = join(place.dir, "damaged");
  await Deno.rename(other, damaged);
  const file = join(damaged, "final/model.safetensors");
  const bytes = await Deno.readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await Deno.writeFile(file, bytes);
  await refuses(join(damaged, "final"), /model\.safetensors is damaged/);
  // Weights of another program come without a manifest.
  const bare = join(place.dir, "bare");
  await Deno.mkdir(bare);
  await Deno.copyFile(weights, join(bare, "model.safetensors"));
  await train({ ...config, initial_checkpoint_dir: bare });
});

Deno.test("Trainer stops by time and by epochs", async () => {
  await using place = await workspace();
  const byTime = place.config({
    train: { max_steps: null, max_time: 0.5, save_interval: null },
  });
  assert.equal((await train(byTime)).reason, "max_time");
  const byEpochs = place.config({
    train: { max_steps: null, epochs: 1, save_interval: null },
  });
  const summary = await train(byEpochs);
  assert.equal(summary.reason, "epochs");
});

Deno.test("Trainer skips updates that are not finite and keeps every bit of the weights", async () => {
  await using place = await workspace();
  const config = place.config({
    train: { max_steps: 20 },
    eval: { interval: 0 },
  });
  const messages: string[] = [];
  await withTrainer(config, async (trainer) => {
    const { wte } = trainer.model;
    const before = wte.toArray().slice();
    const norm = trainer.model.ln_f.weight;
    const kept = norm.detach().toArray();
    kept[0] = NaN;
    norm.detach().write(kept);
    await assert.rejects(trainer.fit(), /10 updates in a row were skipped/);
    assert.deepEqual(wte.toArray(), before);
    assert.equal(trainer.step, 10);
  }, { onMessage: (text) => messages.push(text) });
  assert.equal(
    messages.filter((text) => text.startsWith("Skipped")).length,
    10,
  );
});

Deno.test("Trainer starts from the weights of another run", async () => {
  await using place = await workspace();
  const config = place.config();
  const { checkpoint } = await train(config);
  const next = place.config({ initial_checkpoint_dir: checkpoint });
  await withTrainer(
    { ...next, out_dir: `${config.out_dir}-next` },
    async (trainer) => {
      assert.equal(trainer.step, 0);
      const { loss } = await trainer.validate();
      assert.ok(loss < 8, `${loss} is that of untrained weights`);
    },
  );
});

Deno.test("Trainer writes the logs that are asked for", async () => {
  await using place = await workspace();
  const names = (dir: string) =>
    [...Deno.readDirSync(dir)].map(({ name }) => name);
  for (
    const [logger_name, wanted] of [
      ["none", []],
      ["csv", ["experts.csv", "metrics.csv"]],
      ["tensorboard", ["experts.csv", "metrics.csv", "tensorboard"]],
    ] as const
  ) {
    const out_dir = join(place.dir, logger_name);
    await train({ ...place.config(), out_dir, logger_name });
    const logs = names(out_dir).filter((name) =>
      name.endsWith(".csv") || name === "tensorboard"
    );
    assert.deepEqual(logs.sort(), wanted);
  }
  const [events] = names(join(place.dir, "tensorboard/tensorboard"));
  assert.match(events ?? "", /^events\.out\.tfevents\./);
});

Deno.test("Trainer keeps no handle that it does not need", async () => {
  await using place = await workspace();
  const config = place.config({
    train: { max_steps: 30, save_interval: 10 },
  });
  await train(config);
  const before = liveCount();
  await withTrainer(config, async (trainer) => {
    let settled = 0;
    await trainer.fit();
    settled = liveCount();
    assert.ok(settled > before);
  });
  assert.equal(liveCount(), before);
  assert.equal(liveCount("mapping"), 0);
});

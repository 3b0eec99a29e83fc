/** Runs of notebooks, here without one: nothing is shown, all else is the same. */

import { strict as assert } from "node:assert";
import { join, resolve } from "node:path";
import {
  compare,
  ConfigError,
  expertLoads,
  follow,
  lrFind,
  openCheckpoint,
  type RunInput,
  train,
} from "../../lib/mod.ts";
import { followMetrics, openMetricsCsv } from "../../lib/metrics/mod.ts";
import { runCommand } from "../cli/_command.ts";
import { tinyRun } from "./_tiny.ts";

async function tiny(
  options: Parameters<typeof tinyRun>[1] = {},
): Promise<RunInput & { out_dir: string }> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-notebook-" });
  return JSON.parse(tinyRun(join(dir, "run"), options));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("train() gives a run that can be awaited, and is itself afterwards", async () => {
  const started = train(await tiny({ steps: 20 }));
  const run = await started;
  assert.equal(run, started);
  assert.equal(run.state, "finished");
  assert.equal(run.step, 20);
  assert.equal(run.summary?.reason, "max_steps");
  assert.equal(run.metrics.filter(({ loss }) => loss !== undefined).length, 20);
  assert.equal(run.experts.loads.length, 20);
  assert.deepEqual(run.experts.layers, [0, 1]);
  // Awaited again it is there at once.
  assert.equal(await run, run);
  assert.match(expertLoads(run).text, /^Load of the experts/);
  assert.equal(compare([run]).figure.data.length, 6);

  using checkpoint = await openCheckpoint(run.summary!.checkpoint);
  assert.equal(checkpoint.step, 20);
  const state = run.sample("The whale", { maxNewTokens: 4, temperature: 0 });
  assert.match(state, /^The whale./);
  await run[Symbol.asyncDispose]();
  assert.throws(() => run.model, /it was disposed/);
});

Deno.test("Run.stop() saves, resume() ends where a run that was not stopped ends", async () => {
  const whole = await train(await tiny({ steps: 30 }));
  const config = await tiny({ steps: 30 });
  const run = train(config);
  while (run.step < 5) await new Promise((resolve) => setTimeout(resolve, 1));
  run.sample("The", { maxNewTokens: 3 });
  await run.stop();
  assert.equal(run.state, "stopped");
  assert.ok(run.step < 30, `${run.step}`);
  await run.resume();
  assert.equal(run.state, "finished");
  const losses = (metrics: typeof run.metrics) =>
    metrics.flatMap(({ loss }) => loss ?? []);
  assert.deepEqual(losses(run.metrics), losses(whole.metrics));
  await run[Symbol.asyncDispose]();
  await whole[Symbol.asyncDispose]();
});

Deno.test("train() into the folder of a run that goes on stops that one first", async () => {
  const config = await tiny();
  const first = train(config);
  while (first.step < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  const second = train({ ...config, train: { ...config.train, max_steps: 3 } });
  await second;
  assert.equal(first.state, "stopped");
  assert.equal(second.step, 3);
  assert.ok((await Deno.stat(`${config.out_dir}-1/metrics.csv`)).isFile);
  await second[Symbol.asyncDispose]();
});

Deno.test("train() refuses a wrong configuration at once, and a run that fails throws to who awaits", async () => {
  assert.throws(
    () => train({ model_name: "moe-quickstart", train: { max_steps: -1 } }),
    ConfigError,
  );
  const run = train({ ...await tiny(), tokenizer_dir: "/nowhere" });
  await assert.rejects(async () => await run, /nowhere/);
  assert.equal(run.state, "failed");
  assert.throws(
    () => run.model,
    /it failed or was stopped before it was opened/,
  );
  assert.throws(() => run.learningRate = -1, /expected a number from 0 on/);
});

Deno.test("a run that failed throws to who awaits it later too, and can go on once it can be opened", async () => {
  const config = await tiny({ steps: 3 });
  const tokenizer = `${config.out_dir}-tokenizer`;
  const run = train({ ...config, tokenizer_dir: tokenizer });
  await assert.rejects(async () => await run, /-tokenizer/);
  await assert.rejects(async () => await run, /-tokenizer/);

  await Deno.symlink(resolve("data/tokenizer"), tokenizer);
  await run.resume();
  assert.equal(run.state, "finished");
  assert.equal(run.step, 3);
  await run[Symbol.asyncDispose]();
});

Deno.test("a run that fails while nobody awaits or sees it says so, with what caused it", async (t) => {
  const shown: string[] = [];
  const original = console.error;
  console.error = (text: string) => void shown.push(text);
  try {
    await using run = train(await tiny(), {
      show: false,
      createMlp: () => {
        throw new TypeError("my layer", { cause: new Error("my cause") });
      },
    });
    while (run.state === "opening") await wait(1);
    await wait(1);
    assert.equal(run.state, "failed");
    await t.step(
      "and one that is awaited leaves that to who awaits it",
      async () => {
        shown.push("awaited");
        await assert.rejects(async () => await run.resume(), /my layer/);
      },
    );
  } finally {
    console.error = original;
  }
  assert.match(shown[0] ?? "", /^The run .* failed: TypeError: my layer/);
  assert.match(shown[0] ?? "", /run_test\.ts/);
  assert.match(shown[0] ?? "", /my cause/);
  assert.deepEqual(shown.slice(1), ["awaited"]);
});

Deno.test("Run.stop() ends the preparation of data, and resume() goes on with it", async () => {
  const config = await tiny({ steps: 3 });
  const text = `${config.out_dir}.txt`;
  const lines = Array.from(
    { length: 400_000 },
    (_, i) => `Whale ${i} met President ${(i * 7919) % 10_007}.`,
  );
  await Deno.writeTextFile(text, lines.join("\n"));
  const run = train({
    ...config,
    data: { class_path: "TextFiles", init_args: { train_data_path: text } },
  });
  while (!/encoding, [1-9]/.test(run.messages[0] ?? "")) await wait(5);
  await run.stop();
  assert.equal(run.state, "stopped");
  assert.match(run.messages[0] ?? "", /encoding/);
  assert.throws(
    () => run.model,
    /it failed or was stopped before it was opened/,
  );
  await run.resume();
  assert.equal(run.state, "finished");
  await Deno.remove(run.dataset.shards.dir, { recursive: true });
  await run[Symbol.asyncDispose]();
});

Deno.test("lrFind() suggests a rate for a configuration", async () => {
  const search = await lrFind(await tiny(), { steps: 40 });
  assert.ok(search.rates.length > 10);
  assert.match(search.text, /Suggested learning rate|No learning rate/);
  assert.equal(search.figure.data[0]?.["name"], "smoothed loss");
});

Deno.test("follow() sees what another process trains, until it has ended", async () => {
  const config = await tiny({ steps: 40 });
  const followed = follow(config.out_dir);
  const file = join(config.out_dir, "..", "run.yaml");
  await Deno.writeTextFile(file, JSON.stringify(config));
  const { code, stderr } = await runCommand("train", ["--config", file]);
  assert.equal(code, 0, stderr);
  await followed.done;
  const losses = followed.metrics.filter(({ loss }) => loss !== undefined);
  assert.equal(losses.length, 40);
  assert.equal(followed.name, "run");
  assert.equal(followed.experts.loads.length, 40);
  assert.match(expertLoads(followed).text, /Load of the experts of run/);

  // The other way round: the command follows the folder of a run.
  const { code: followCode, stderr: shown } = await runCommand("follow", [
    config.out_dir,
  ]);
  assert.equal(followCode, 0, shown);
  assert.match(shown, /40\/40/);
  const missing = await runCommand("follow", ["/nowhere"]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /there is no run in it/);
});

Deno.test("followMetrics() yields when there is something new, and waits for a file", async () => {
  const path = join(await Deno.makeTempDir(), "metrics.csv");
  const controller = new AbortController();
  const { signal } = controller;
  const seen: number[] = [];
  const watching = (async () => {
    for await (const rows of followMetrics(path, { signal, intervalMs: 10 })) {
      seen.push(rows.length);
    }
  })();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 80));
  await pause();
  using metrics = openMetricsCsv(path);
  await pause();
  metrics.log({ iter: 1, loss: 3 });
  await pause();
  metrics.log({ iter: 2, loss: 2 });
  await pause();
  controller.abort();
  await watching;
  assert.deepEqual(seen, [0, 1, 2]);
});

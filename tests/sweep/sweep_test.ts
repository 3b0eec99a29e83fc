import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError, loadRunConfig } from "../../lib/config/mod.ts";
import { readJournal } from "../../lib/sweep/journal.ts";
import { statesOf, until, workspace } from "./_study.ts";

Deno.test("sweep() runs every combination of a grid and finds the best", async () => {
  await using space = await workspace();
  const seen: number[] = [];
  const study = await space.run({}, {
    onUpdate: ({ trials }) => seen.push(trials.length),
  });
  assert.deepEqual(statesOf(study), ["complete", "complete", "complete"]);
  assert.deepEqual(
    study.trials.map(({ value }) => value),
    [1 + 1 / 8, 1 / 8, 1 + 1 / 8],
  );
  assert.equal(study.best?.number, 1);
  assert.deepEqual(study.best?.curve.map(({ step }) => step), [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
  ]);
  assert.ok(seen.includes(1) && seen.includes(3), `${seen}`);

  const best = study.bestConfig();
  assert.equal(best.optimizer.init_args.lr, 1e-2);
  assert.equal(best.resume, false);
  const file = join(space.outDir, "best.yaml");
  assert.deepEqual(loadRunConfig({ file }).config, best);
  assert.deepEqual(space.open().trials, study.trials);
});

Deno.test("sweep() maximizes where the goal says so", async () => {
  await using space = await workspace();
  const study = await space.run({
    metric: { name: "val_loss", goal: "maximize" },
  });
  assert.equal(study.best?.number, 0);
});

Deno.test("sweep() goes on after a trial that crashes, runs out of memory, is killed or measures NaN", async () => {
  await using space = await workspace();
  const study = await space.run({
    parameters: {
      seed: { values: [666, 667, 668, 669, 1] },
    },
  });
  assert.deepEqual(statesOf(study), [
    "failed",
    "failed",
    "failed",
    "failed",
    "complete",
  ]);
  const reasons = study.trials.map(({ reason }) => reason ?? "");
  assert.match(reasons[0]!, /exit code 7: expert 7 is missing/);
  assert.match(reasons[1]!, /^out of memory, exit code 1: CUDA out of memory/);
  assert.match(reasons[2]!, /^killed, .*SIGKILL/);
  assert.match(reasons[3]!, /^val_loss is NaN at step 8/);
  assert.equal(study.best?.number, 4);
  assert.deepEqual(space.open().trials, study.trials);
});

Deno.test("sweep() stops if its first five trials all fail", async () => {
  await using space = await workspace();
  await assert.rejects(
    space.run({
      parameters: {
        seed: { value: 666 },
        "optimizer.weight_decay": { values: [1, 2, 3, 4, 5, 6, 7] },
      },
    }),
    /the first 5 trials all failed.*exit code 7: expert 7 is missing.*0004\.log/,
  );
  assert.equal(space.open().trials.length, 5);
});

Deno.test("sweep() ends hopeless trials early, and they save", async () => {
  await using space = await workspace();
  Deno.env.set("TRIAL_STEP_MS", "40");
  try {
    const study = await space.run({
      parameters: { "optimizer.lr": { values: [1e-2, 1.5e-2, 0.9, 1e-3] } },
      config: {
        overrides: { train: { max_steps: 60, min_lr: 0, lr_warmup_steps: 0 } },
      },
      early_terminate: { type: "median", min_iter: 4, startup_trials: 2 },
    });
    assert.deepEqual(statesOf(study), [
      "complete",
      "complete",
      "pruned",
      "pruned",
    ]);
    for (const { curve, outDir, reason } of study.trials.slice(2)) {
      // Nothing is judged before value 4, and 60 take more than two seconds.
      assert.ok(curve.length >= 4 && curve.length < 50, `${curve.length}`);
      const saved = Deno.readTextFileSync(join(outDir, "checkpoint.txt"));
      assert.equal(Number(saved), curve.length);
      assert.match(reason ?? "", /ended early by median at step \d+/);
    }
  } finally {
    Deno.env.delete("TRIAL_STEP_MS");
  }
});

Deno.test("sweep() killed with SIGKILL goes on: what ended is not repeated, what ran is resumed", async () => {
  await using space = await workspace();
  const file = `${space.outDir}.json`;
  const input = space.input({
    parameters: {
      "optimizer.lr": { values: [1e-1, 5e-2, 2e-2, 1e-2, 5e-3, 1e-3] },
    },
    parallel: 2,
  });
  Deno.writeTextFileSync(file, JSON.stringify(input));
  const start = () =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("_sweep_process.ts", import.meta.url).pathname,
        file,
      ],
      env: { TRIAL_STEP_MS: "100" },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  const first = start();
  const records = () => {
    try {
      return readJournal(space.outDir);
    } catch {
      return [];
    }
  };
  const finished = () =>
    records().filter(({ event }) => event === "finish").length;
  // Two have ended, and the next two are in their middle.
  await until(() => finished() === 2 && records().length === 7, "two trials");
  await until(() => {
    const [a, b] = space.open().trials.slice(2);
    return (a?.curve.length ?? 0) >= 2 && (b?.curve.length ?? 0) >= 2;
  }, "the next two");
  first.kill("SIGKILL");
  await first.output();
  // Under load one more may have ended meanwhile, but not all that ran.
  const { trials } = space.open();
  const numbersOf = (...states: string[]) =>
    trials.filter(({ state }) => states.includes(state))
      .map(({ number }) => number);
  const [ended, running] = [numbersOf("complete"), numbersOf("running")];
  assert.ok(ended.length >= 2 && running.length >= 1, `${ended} ${running}`);

  const { stdout } = await start().output();
  assert.equal(
    new TextDecoder().decode(stdout).trim(),
    JSON.stringify({ running: 0, complete: 6, pruned: 0, failed: 0 }),
  );
  const study = space.open();
  assert.equal(study.trials.length, 6);
  assert.deepEqual(
    study.trials.map(({ number }) => space.startsOf(number)),
    study.trials.map(({ number }) => running.includes(number) ? 2 : 1),
  );
  for (const { curve } of study.trials) {
    assert.deepEqual(curve.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8]);
  }
  for (const { number, outDir } of study.trials) {
    if (!running.includes(number)) continue;
    // Orphaned, they had saved: the second process did not begin at 0.
    const saved = Deno.readTextFileSync(join(outDir, "checkpoint.txt"));
    assert.ok(Number(saved) >= 1, saved);
  }
  const starts = readJournal(space.outDir).filter(({ event }) =>
    event === "start"
  );
  assert.equal(starts.length, 6);
});

Deno.test("sweep() whose signal comes stops its trials, and goes on with them", async () => {
  await using space = await workspace();
  Deno.env.set("TRIAL_STEP_MS", "50");
  try {
    const controller = new AbortController();
    const study = await space.run({}, {
      signal: controller.signal,
      onUpdate: ({ trials }) => {
        if ((trials[1]?.curve.length ?? 0) >= 3) controller.abort();
      },
    });
    assert.deepEqual(statesOf(study), ["complete", "running"]);
    const saved = join(study.trials[1]!.outDir, "checkpoint.txt");
    assert.ok(Number(Deno.readTextFileSync(saved)) >= 3);

    const resumed = await space.run();
    assert.deepEqual(statesOf(resumed), ["complete", "complete", "complete"]);
    assert.deepEqual([0, 1, 2].map(space.startsOf), [1, 2, 1]);
    const again = await space.run();
    assert.deepEqual(again.trials, resumed.trials);
    assert.deepEqual([0, 1, 2].map(space.startsOf), [1, 2, 1]);
  } finally {
    Deno.env.delete("TRIAL_STEP_MS");
  }
});

Deno.test("sweep() takes more trials on, and refuses what would not be comparable", async () => {
  await using space = await workspace();
  const bayes = {
    method: "bayes",
    parameters: { "optimizer.lr": { min: 0.001, max: 0.1 } },
  } as const;
  const overrides = { train: { max_steps: 2, min_lr: 0, lr_warmup_steps: 0 } };
  const config = { overrides };
  await space.run({ ...bayes, config, run_cap: 1 });
  const study = await space.run({ ...bayes, config, run_cap: 2 });
  assert.equal(study.trials.length, 2);
  assert.deepEqual([0, 1].map(space.startsOf), [1, 1]);
  for (
    const [change, key] of [
      [
        { parameters: { "optimizer.lr": { min: 0.001, max: 0.2 } } },
        "parameters",
      ],
      [{ metric: { name: "loss" } }, "metric"],
      [
        {
          config: {
            overrides: { train: { ...overrides.train, max_steps: 3 } },
          },
        },
        "config, train.max_steps",
      ],
    ] as const
  ) {
    await assert.rejects(
      space.run({ ...bayes, config, run_cap: 3, ...change }),
      (error) =>
        error instanceof ConfigError && error.problems[0]?.key === key &&
        error.message.includes("choose another out_dir"),
      key,
    );
  }
});

Deno.test("sweep() lets no second sweep into its folder", async () => {
  await using space = await workspace();
  Deno.env.set("TRIAL_STEP_MS", "50");
  try {
    const running = space.run();
    await until(() => {
      try {
        return space.open().trials.length > 0;
      } catch {
        return false;
      }
    }, "the first trial");
    await assert.rejects(space.run(), /another sweep does/);
    assert.equal((await running).counts.complete, 3);
  } finally {
    Deno.env.delete("TRIAL_STEP_MS");
  }
});

Deno.test("sweep() leaves no trial running if it breaks itself", async () => {
  await using space = await workspace();
  Deno.env.set("TRIAL_STEP_MS", "1000");
  try {
    const running = space.run({ parallel: 2 }, {
      onUpdate: ({ trials }) => {
        if (trials.filter(({ curve }) => curve.length > 0).length === 2) {
          throw new TypeError("the page is gone");
        }
      },
    });
    await assert.rejects(running, /the page is gone/);
    for (const { outDir } of space.open().trials) {
      await Deno.stat(join(outDir, "checkpoint.txt"));
      using lock = await Deno.open(join(outDir, ".lock"), {
        read: true,
        write: true,
      });
      assert.equal(await lock.tryLock(true), true);
    }
    assert.equal(space.open().trials.length, 2);
  } finally {
    Deno.env.delete("TRIAL_STEP_MS");
  }
});

Deno.test("sweep() tells each trial its GPU", async () => {
  await using space = await workspace();
  const study = await space.run({ devices: [0, "cuda:3"] });
  const envs = study.trials.map(({ outDir }) =>
    JSON.parse(Deno.readTextFileSync(join(outDir, "env.json"))).cuda
  );
  assert.deepEqual(envs.slice(0, 2), ["0", "3"]);
  assert.match(envs[2], /^[03]$/);
});

Deno.test("sweep() leaves out combinations of a grid that are impossible, and says so first", async () => {
  await using space = await workspace();
  const messages: string[] = [];
  const study = await space.run({
    parameters: {
      "model_config.n_expert": { values: [2, 4] },
      "model_config.n_expert_per_token": { values: [2, 4] },
    },
  }, { onMessage: (text) => messages.push(text) });
  assert.match(
    messages[0] ?? "",
    /^1 of 4 combinations of the grid are impossible and will not be run: model_config\.n_expert 2, model_config\.n_expert_per_token 4/,
  );
  assert.deepEqual(
    study.trials.map(({ parameters }) => Object.values(parameters)),
    [[2, 2], [4, 2], [4, 4]],
  );
});

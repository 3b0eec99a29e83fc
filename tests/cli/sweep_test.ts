/** Sweeps from a terminal: the real model on a CPU. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { SweepDisplay } from "../../lib/cli/_sweep_display.ts";
import { verifyCheckpoint } from "../../lib/checkpoint/manifest.ts";
import { openStudy, Study } from "../../lib/sweep/mod.ts";
import { runCommand } from "./_command.ts";

const SWEEP = `
method: grid
parameters:
  optimizer.lr: {values: [3.0e-3, 1.0e-2]}
  model_config.n_expert_per_token: {values: [1, 2]}
config:
  overrides:
    precision: 32-true
    train:
      max_steps: 12
      global_batch_size: 4
      micro_batch_size: 4
      max_seq_length: 32
      save_interval: 4
      log_interval: 1
    eval: {interval: 4, max_iters: 2}
`;

/** Sends what Ctrl-C sends, to the whole process group, while the second trial runs. */
async function interruptSecondTrial(
  outDir: string,
  process: Deno.ChildProcess,
): Promise<void> {
  const trial = join(outDir, "trials", "0001");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const text = await Deno.readTextFile(join(trial, "metrics.csv"))
      .catch(() => "");
    if (text.split("\n").length > 3) break;
  }
  Deno.kill(-process.pid, "SIGINT");
}

Deno.test("sweep trains the real model, is interrupted, goes on, and its best can be trained", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "moebius-cli-sweep-" });
  const file = join(dir, "tiny.yaml");
  const outDir = join(dir, "study");
  const args = [file, `--out-dir=${outDir}`];
  await Deno.writeTextFile(file, SWEEP);
  try {
    await t.step(
      "Ctrl-C saves the trial that runs and says how to go on",
      async () => {
        const { code, stdout, stderr } = await runCommand("sweep", args, {
          detached: true,
          onStart: (process) => void interruptSecondTrial(outDir, process),
        });
        assert.equal(code, 130, stderr);
        assert.match(
          stdout,
          /Interrupted: 1 ended, 1 saved; go on with: deno task sweep .*tiny\.yaml/,
        );
        const study = openStudy(outDir);
        assert.deepEqual(study.trials.map(({ state }) => state), [
          "complete",
          "running",
        ]);
      },
    );

    await t.step("the same command goes on and finds the best", async () => {
      const log = join(outDir, "trials", "0000.log");
      const before = await Deno.readTextFile(log);
      const { code, stdout, stderr } = await runCommand("sweep", args);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^4 trials: 4 complete$/m);
      assert.match(stdout, /^Best {5}trial \d: complete, val_loss \d\.\d+/m);
      assert.match(stderr, /trial 3: complete, val_loss .*optimizer\.lr 0\.01/);
      assert.equal(await Deno.readTextFile(log), before, "not trained again");

      // A trial that began anew would have moved its first folder aside.
      const folders = [...Deno.readDirSync(join(outDir, "trials"))]
        .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
      assert.deepEqual(folders.sort(), ["0000", "0001", "0002", "0003"]);
      const resumed = join(outDir, "trials", "0001.log");
      assert.match(
        await Deno.readTextFile(resumed),
        /^Step \d+: interrupted$[^]*^Step 12: max_steps$/m,
      );

      const study = openStudy(outDir);
      for (const { number, outDir, curve, value } of study.trials) {
        assert.deepEqual(curve.map(({ step }) => step), [4, 8, 12]);
        assert.ok(value! < 8.4, `trial ${number}: ${value}`);
        assert.deepEqual(await verifyCheckpoint(join(outDir, "final")), []);
      }
      const values = study.trials.map(({ value }) => value!);
      assert.equal(new Set(values).size, 4);
      assert.equal(study.best?.value, Math.min(...values));
      await Deno.stat(join(outDir, "report.html"));
    });

    await t.step("best.yaml trains", async () => {
      const { code, stdout, stderr } = await runCommand("train", [
        `--config=${join(outDir, "best.yaml")}`,
        "--print-config",
      ]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.includes(`out_dir: ${join(outDir, "best")}`), stdout);
      assert.match(stdout, /max_steps: 12/);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("sweep refuses a wrong sweep before anything is loaded", async () => {
  const env = { LIBTORCH: "/nonexistent" };
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(
      file,
      SWEEP.replace("optimizer.lr", "optimizer.rl"),
    );
    for (
      const [args, message] of [
        [
          [file],
          /parameters\.optimizer\.rl: unknown key; did you mean optimizer\.init_args\.lr\?/,
        ],
        [[], /Expected one FILE\.yaml/],
        [[file, "--paralel=2"], /did you mean --parallel\?/],
        [["nowhere.yaml"], /nowhere\.yaml: cannot be read/],
      ] as const
    ) {
      const { code, stdout, stderr } = await runCommand("sweep", args, { env });
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stdout, "");
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the live table is drawn over itself, as wide and high as the terminal", () => {
  let text = "";
  const display = new SweepDisplay({
    stream: {
      isTerminal: () => true,
      writeSync: (bytes) => {
        text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    },
    size: () => ({ columns: 50, rows: 7 }),
  });
  const study = new Study("nowhere", {
    name: "display",
    method: "random",
    metric: { name: "val_loss", goal: "minimize" },
    space: [{
      key: "optimizer.init_args.lr",
      distribution: { kind: "range", min: 1e-4, max: 1, log: true, step: null },
    }],
    run_cap: 9,
  });
  const at = "2026-01-01T00:00:00.000Z";
  for (let trial = 0; trial < 6; trial++) {
    study.apply({
      event: "start",
      at,
      trial,
      parameters: { "optimizer.init_args.lr": 0.1234567 },
    });
    study.report(trial, [{ step: 10, value: 9 - trial }]);
    if (trial === 5) break;
    study.apply({
      event: "finish",
      at,
      trial,
      state: "complete",
      value: 9 - trial,
      reason: null,
      seconds: 3,
      curve: [{ step: 10, value: 9 - trial }],
    });
  }
  display.update(study);
  display.log("a message");
  const once = text;
  display.finish();
  const table = [
    "sweep display  5/9 trials  best val_loss 5 (trial",
    "trial  state     val_loss  step  optimizer.lr  ti",
    "5      running   4         10    0.1235",
    "4*     complete  5         10    0.1235        3.",
    "3      complete  6         10    0.1235        3.",
    "",
  ].join("\n");
  assert.equal(once, `a message\n${table}`);
  assert.equal(text, `${once}\x1b[5A\r\x1b[J${table}`);
});

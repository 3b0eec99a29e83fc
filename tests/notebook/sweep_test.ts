/** Sweeps of notebooks, here without one: nothing is shown, all else is the same. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import {
  ConfigError,
  openStudy,
  Study,
  sweep,
  type SweepInput,
} from "../../lib/mod.ts";
import { viewOfStudy } from "../../lib/notebook/_study_view.ts";

const DISPLAY = Symbol.for("Jupyter.display");

async function tiny(): Promise<SweepInput & { out_dir: string }> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-notebook-sweep-" });
  return {
    name: "<tiny>",
    method: "grid",
    parameters: { "optimizer.lr": { values: [3e-3, 1e-2] } },
    config: {
      overrides: {
        precision: "32-true",
        train: {
          max_steps: 4,
          global_batch_size: 2,
          micro_batch_size: 2,
          max_seq_length: 16,
          save_interval: null,
          log_interval: 1,
        },
        eval: { interval: 2, max_iters: 1 },
      },
    },
    out_dir: join(dir, "study"),
  };
}

Deno.test("sweep() of a notebook gives the study, which shows itself", async () => {
  const config = await tiny();
  let updates = 0;
  const study = await sweep(config, { onUpdate: () => updates++ });
  assert.ok(updates >= 4, `${updates}`);
  assert.equal(study.counts.complete, 2);
  assert.equal(study.bestConfig().train.max_steps, 4);

  const display: unknown = Reflect.get(openStudy(config.out_dir), DISPLAY);
  assert.ok(typeof display === "function");
  const bundle = await Reflect.apply(display, study, []);
  assert.ok(bundle["image/png"].length > 10_000);
  assert.match(bundle["text/plain"], /2 complete +best val_loss \d/);
  assert.match(bundle["text/plain"], /^\d\* +complete/m);

  const { status: { html } } = viewOfStudy(study, {
    state: "finished",
    messages: ["a<b"],
  });
  assert.match(html, /&lt;tiny&gt;/);
  assert.match(html, /a&lt;b/);
  assert.match(html, /width:0%|width:100%/);

  // Again it has nothing to do; anew it has.
  const again = await sweep(config);
  assert.deepEqual(again.trials, study.trials);
  const signal = AbortSignal.abort();
  const stopped = await sweep(config, { isNew: true, signal });
  assert.deepEqual(stopped.trials, []);
  assert.equal(openStudy(`${config.out_dir}-1`).trials.length, 2);
});

Deno.test("sweep() of a notebook refuses a wrong sweep before anything runs", async () => {
  const config = { ...await tiny(), parameters: { lr: { values: [1] } } };
  await assert.rejects(sweep(config), ConfigError);
  assert.throws(() => Deno.statSync(config.out_dir), Deno.errors.NotFound);
});

Deno.test("a study without trials is shown too", () => {
  const study = new Study("nowhere", {
    name: "empty",
    method: "grid",
    metric: { name: "val_loss", goal: "minimize" },
    space: [],
    run_cap: null,
  });
  const { figure, status } = viewOfStudy(study);
  assert.match(
    status.text,
    /^empty study in nowhere, 0 trials {2}trials none yet/,
  );
  assert.equal(figure.layout["height"], 760);
});

import assert from "node:assert/strict";
import {
  importances,
  reportHtml,
  Study,
  type StudyDefinition,
  studyFigures,
} from "../../lib/sweep/mod.ts";
import { Random } from "../../lib/data/random.ts";
import { sampleSpace } from "../../lib/sweep/space.ts";
import { workspace } from "./_study.ts";

const DEFINITION: StudyDefinition = {
  name: "</script><b>report",
  method: "random",
  metric: { name: "val_loss", goal: "minimize" },
  space: [
    {
      key: "optimizer.init_args.lr",
      distribution: { kind: "range", min: 1e-4, max: 1, log: true, step: null },
    },
    {
      key: "train.max_norm",
      distribution: { kind: "range", min: 0, max: 1, log: false, step: null },
    },
    {
      key: "tokenizer_dir",
      distribution: {
        kind: "categorical",
        values: ["</script><script>alert(1)</script>", "b & c"],
        probabilities: [0.5, 0.5],
      },
    },
    { key: "seed", distribution: { kind: "constant", value: 1 } },
  ],
  run_cap: null,
};

/** Forty trials in which the learning rate decides most, the text some, and the norm nothing. */
function study(count = 40): Study {
  const study = new Study("nowhere", DEFINITION);
  const at = "2026-01-01T00:00:00.000Z";
  for (let trial = 0; trial < count; trial++) {
    const parameters = sampleSpace(DEFINITION.space, new Random(3, trial));
    study.apply({ event: "start", at, trial, parameters });
    const { "optimizer.init_args.lr": lr, tokenizer_dir } = parameters;
    const value = Math.log10(Number(lr)) ** 2 +
      (tokenizer_dir === "b & c" ? 6 : 0);
    const state = trial % 10 === 9 ? "pruned" : "complete";
    const curve = [{ step: 10, value: value + 1 }, { step: 20, value }];
    study.apply({
      event: "finish",
      at,
      trial,
      state,
      value,
      reason: state === "pruned" ? "ended <early>" : null,
      seconds: 61,
      curve,
    });
  }
  return study;
}

Deno.test("importances() ranks what decides before what does not", () => {
  const found = importances(study());
  assert.deepEqual(found.map(({ key }) => key), [
    "optimizer.init_args.lr",
    "tokenizer_dir",
    "train.max_norm",
  ]);
  const [lr, text, norm] = found.map(({ importance }) => importance);
  assert.ok(lr! > 0.6 && text! > 0.05 && norm! < 0.05, `${lr} ${text} ${norm}`);
  assert.ok(Math.abs(lr! + text! + norm! - 1) < 1e-12);
  assert.deepEqual(importances(study(3)), []);
});

Deno.test("importances() says nothing of trials that differ in nothing", () => {
  const same = new Study("nowhere", DEFINITION);
  const at = "2026-01-01T00:00:00.000Z";
  for (let trial = 0; trial < 12; trial++) {
    const parameters = sampleSpace(DEFINITION.space, new Random(3, trial));
    same.apply({ event: "start", at, trial, parameters });
    same.apply({
      event: "finish",
      at,
      trial,
      state: "complete",
      value: 2,
      reason: null,
      seconds: 1,
      curve: [],
    });
  }
  assert.deepEqual(importances(same), []);
});

Deno.test("studyFigures() gives plain JSON with every trial's data, whatever state the study is in", () => {
  const full = study();
  const { history, curves, parallel, importance, slices } = studyFigures(full);
  assert.ok(history && curves && parallel && importance && slices);
  const points = (traces: readonly Readonly<Record<string, unknown>>[]) =>
    traces.flatMap(({ y }) => y as unknown[]);
  assert.equal(curves.data.length, 40);
  assert.deepEqual(
    curves.data.at(-1)?.["name"],
    `trial ${full.best!.number} (best)`,
  );
  assert.equal(parallel.data.length, 36);
  assert.equal((parallel.data[0]?.["x"] as unknown[]).length, 4);
  for (const y of points(parallel.data)) {
    assert.ok(Number(y) >= 0 && Number(y) <= 1, `${y}`);
  }
  // 36 complete, 4 pruned, and the best so far of the complete ones.
  assert.equal(points(history.data).length, 36 + 4 + 36);
  const line = history.data.at(-1)?.["y"] as number[];
  assert.equal(line.at(-1), full.best!.value);
  assert.ok(line.every((value, i) => i === 0 || value <= line[i - 1]!));
  assert.equal(slices.data.length, 3);
  assert.equal(points(slices.data).length, 3 * 36);
  assert.deepEqual(
    (slices.layout["xaxis"] as Record<string, unknown>)["type"],
    "log",
  );
  assert.equal((importance.data[0]?.["x"] as unknown[]).length, 3);

  for (const state of [full, study(0), study(1)]) {
    const figures = studyFigures(state);
    const text = JSON.stringify(figures);
    assert.deepEqual(JSON.parse(text), figures);
    // NaN would have become null; null is only where a curve has a gap.
    assert.ok(!text.includes("null"), text);
  }
});

Deno.test("studyFigures() leaves a gap where a curve is not finite", () => {
  const broken = study(1);
  const at = "2026-01-01T00:00:00.000Z";
  const { parameters } = broken.trials[0]!;
  broken.apply({ event: "start", at, trial: 1, parameters });
  broken.report(1, [{ step: 1, value: 3 }, { step: 2, value: NaN }]);
  const curve = studyFigures(broken)["curves"]?.data
    .find(({ name }) => name === "trial 1");
  assert.deepEqual(curve?.["y"], [3, null]);
});

Deno.test("writeReport() makes one page that holds its data and asks no network", async () => {
  await using space = await workspace();
  const study = await space.run();
  const html = await Deno.readTextFile(`${space.outDir}/report.html`);
  const figures = /id="figures">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
  assert.deepEqual(JSON.parse(figures), studyFigures(study));
  assert.equal(html.match(/<tr class="complete/g)?.length, 3);
  assert.match(html, /<tr class="complete best"><td>1\*<\/td>/);
  assert.match(html, /lr: 0\.01/);
  assert.ok(html.length > 1_000_000, "Plotly is in the page");
  // The page forbids itself the network; and nothing in it is loaded from elsewhere.
  assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
  assert.doesNotMatch(html, /<(script|link|img|iframe)[^>]+(src|href)=/i);
  assert.doesNotMatch(html, /@import|url\(\s*['"]?(https?:)?\/\//i);
});

Deno.test("reportHtml() lets no text of a study break out of the page", () => {
  // Four pruned trials: the best configuration is not asked for.
  const study = new Study("nowhere", DEFINITION);
  const at = "2026-01-01T00:00:00.000Z";
  const text = "</script><script>alert(1)</script>";
  study.apply({
    event: "start",
    at,
    trial: 0,
    parameters: { tokenizer_dir: text },
  });
  study.report(0, [{ step: 1, value: 2 }]);
  const html = reportHtml(study, "window.Plotly = '</script>';");
  assert.ok(html.includes('"showSendToCloud":false'));
  assert.ok(!html.includes("alert(1)</script>"));
  assert.ok(!html.includes("<b>report"));
  assert.equal(html.match(/<script/g)?.length, 3);
  assert.equal(html.match(/<\/script>/g)?.length, 3);
  assert.match(html, /No trial ran to its end yet/);
});

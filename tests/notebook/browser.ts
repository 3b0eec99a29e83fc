import { strict as assert } from "node:assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { findChromium, type Lab, openLab } from "./_lab.ts";
import { isWriting, NOTEBOOKS } from "./_session.ts";
import { tinyRun } from "./_tiny.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Screenshots are kept here, to be looked at. */
const SHOTS = join(ROOT, "out", "screenshots");
const STOP_MS = 1000;
const SLACK_MS = Number(Deno.env.get("MOEBIUS_TEST_SLACK_MS") ?? 1500);

const chromium = await findChromium();

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function shoot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Points of the longest line of the plots in a page. */
function pointsIn(page: Page): Promise<number> {
  return page.evaluate(`Math.max(0, ...[...document.querySelectorAll(
    ".js-plotly-plot")].flatMap((plot) =>
      plot.data.map((trace) => trace.x?.length ?? 0)))`);
}

async function heightOf(lab: Lab, cell: number): Promise<number> {
  return (await lab.outputs(cell).boundingBox())?.height ?? 0;
}

async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<number> {
  const startMs = performance.now();
  while (!await holds()) {
    const elapsedMs = performance.now() - startMs;
    assert.ok(elapsedMs < timeoutMs, `${what}: not within ${timeoutMs} ms`);
    await wait(100);
  }
  return performance.now() - startMs;
}

Deno.test({
  name:
    "in JupyterLab the figure of a run lives, the page does not grow, and Stop stops",
  // Without a browser there is nothing to look at; MOEBIUS_CHROMIUM names one.
  ignore: chromium === undefined,
  async fn() {
    // Within the project, so that cells can import it.
    await Deno.mkdir(join(ROOT, "out"), { recursive: true });
    const dir = await Deno.makeTempDir({ dir: join(ROOT, "out") });
    try {
      await using lab = await openLab(dir, chromium!);
      const { page } = lab;
      await lab.open("live.ipynb", [
        `import { expertLoads, routeText, train } from "moebius";
const run = train({ ...${
          tinyRun(join(dir, "run"), { width: 128 })
        }, eval: { interval: 50, max_iters: 2 } }, { name: "live" });
await run;`,
        `"state kept: " + run.state + " at step " + run.step`,
        `expertLoads(run)`,
        `routeText(run, "The whale met the President of the United States.").tokens()`,
        `run`,
      ]);
      await lab.runCell();
      await until("a plot", async () => await pointsIn(page) > 20, 120_000);
      const before = await pointsIn(page);
      const height = await heightOf(lab, 0);
      const nodes = await page.locator("*").count();
      await until("more data", async () => await pointsIn(page) > before + 40);
      assert.equal(await heightOf(lab, 0), height);
      assert.equal(await page.locator(".js-plotly-plot").count(), 1);
      assert.ok(await page.locator("*").count() < nodes + 200);
      await shoot(page, "live");

      await lab.stop();
      const elapsedMs = await until(
        "stopped",
        async () => (await lab.outputs(0).innerText()).includes("stopped"),
      );
      assert.ok(elapsedMs < STOP_MS + SLACK_MS, `${elapsedMs} ms`);
      // The picture that was saved has an interactive plot in its place.
      await until(
        "the final plot",
        async () =>
          await lab.outputs(0).locator("img").count() === 1 &&
          await lab.outputs(0).locator(".js-plotly-plot").count() === 1,
      );
      await wait(500);
      await shoot(page, "stopped");
      assert.ok(Math.abs(await heightOf(lab, 0) - height) < 30);

      await lab.runCell();
      await until(
        "the next cell",
        async () =>
          (await lab.outputs(1).innerText()).includes("state kept: stopped"),
      );
      for (
        const [cell, selector, name] of [
          [2, ".js-plotly-plot", "loads"],
          [3, "img", "tokens"],
          [4, ".js-plotly-plot", "run"],
        ] as const
      ) {
        await lab.runCell();
        await until(
          name,
          async () => await lab.outputs(cell).locator(selector).count() === 1,
        );
        await wait(1000);
        await lab.outputs(cell).scrollIntoViewIfNeeded();
        await shoot(page, name);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test({
  name: "in JupyterLab a sweep lives in one output that does not grow",
  ignore: chromium === undefined,
  async fn() {
    await Deno.mkdir(join(ROOT, "out"), { recursive: true });
    const dir = await Deno.makeTempDir({ dir: join(ROOT, "out") });
    try {
      await using lab = await openLab(dir, chromium!);
      const { page } = lab;
      await page.setViewportSize({ width: 1280, height: 1400 });
      await lab.open("sweep.ipynb", [
        `import { sweep } from "moebius";
const study = await sweep({
  method: "random",
  parameters: {
    "optimizer.lr": { min: 0.001, max: 0.03 },
    "model_config.n_expert_per_token": { values: [1, 2, 4] },
  },
  run_cap: 6,
  config: { overrides: {
    train: { max_steps: 40, global_batch_size: 4, micro_batch_size: 4,
      max_seq_length: 32, save_interval: null, log_interval: 1 },
    eval: { interval: 10, max_iters: 2 },
  } },
  out_dir: ${JSON.stringify(join(dir, "study"))},
});`,
        `study`,
      ]);
      const text = () => lab.outputs(0).innerText();
      await lab.runCell();
      await until("a curve", async () => await pointsIn(page) >= 2, 120_000);
      const height = await heightOf(lab, 0);
      await until(
        "three trials",
        async () => (await text()).includes("3 complete"),
      );
      assert.equal(await heightOf(lab, 0), height);
      assert.equal(await page.locator(".js-plotly-plot").count(), 1);
      await shoot(page, "sweep");
      await until(
        "the end",
        async () =>
          (await text()).includes("finished") &&
          await lab.outputs(0).locator("img").count() === 1 &&
          await lab.outputs(0).locator(".js-plotly-plot").count() === 1,
      );
      assert.ok(Math.abs(await heightOf(lab, 0) - height) < 30);
      await lab.runCell();
      await until(
        "the study",
        async () =>
          await lab.outputs(1).locator(".js-plotly-plot").count() === 1,
      );
      await wait(1000);
      await lab.outputs(1).scrollIntoViewIfNeeded();
      await shoot(page, "study");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

if (chromium !== undefined && isWriting()) {
  Deno.test("in JupyterLab the quick start looks as the README shows it", async () => {
    await Deno.mkdir(join(ROOT, "out"), { recursive: true });
    const dir = await Deno.makeTempDir({ dir: join(ROOT, "out") });
    try {
      await using lab = await openLab(dir, chromium);
      await lab.page.setViewportSize({ width: 1200, height: 720 });
      await lab.open("01_quickstart.ipynb", [
        `import { train } from "moebius";

const run = train("configs/train/quickstart.yaml");
await run;`,
      ]);
      await lab.runCell();
      await until("most of the curve", async () => {
        const text = await lab.outputs(0).innerText();
        return Number(/step (\d+)/.exec(text)?.[1]) > 700;
      }, 600_000);
      await lab.page.screenshot({ path: join(NOTEBOOKS, "live.png") });
      await lab.stop();
      await lab.idle();
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

import { strict as assert } from "node:assert";
import { KernelSession, resultOf } from "./_session.ts";
import { tinyRun } from "./_tiny.ts";

/** A second for the Stop itself, and what a busy machine takes beside it. */
const STOP_MS = 1000;
const SLACK_MS = Number(Deno.env.get("MOEBIUS_TEST_SLACK_MS") ?? 1500);

async function outDir(): Promise<string> {
  return `${await Deno.makeTempDir({ prefix: "moebius-notebook-" })}/run`;
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("kernel: 40 cells of 20 lines each keep all their lines, and in order", async () => {
  await using kernel = await KernelSession.start();
  const wanted = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join("");
  for (let cell = 0; cell < 40; cell++) {
    const result = await kernel.execute(
      `for (let i = 0; i < 20; i++) console.log("line " + i); ${cell}`,
    );
    const text = result.outputs.filter(({ kind }) => kind === "stream")
      .map(({ content }) => content.text).join("");
    assert.equal(text, wanted, `cell ${cell}`);
    assert.equal(resultOf(result), String(cell));
  }
});

Deno.test("kernel: a cell that fails keeps all its lines", async () => {
  await using kernel = await KernelSession.start();
  const wanted = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join("");
  for (let cell = 0; cell < 20; cell++) {
    const { status, outputs } = await kernel.execute(
      `for (let i = 0; i < 20; i++) console.log("line " + i); throw new Error("end")`,
    );
    assert.equal(status, "error");
    const text = outputs.filter(({ kind }) => kind === "stream")
      .map(({ content }) => content.text).join("");
    assert.equal(text, wanted, `cell ${cell}`);
    assert.equal(outputs.at(-1)?.content.evalue, "end");
  }
});

Deno.test("kernel: errors that nobody awaits are shown", async () => {
  await using kernel = await KernelSession.start();
  const result = await kernel.execute(`
    setTimeout(() => { throw new Error("lost in a timer"); }, 10);
    Promise.reject(new Error("lost in a promise"));
    await new Promise((resolve) => setTimeout(resolve, 200));`);
  const text = result.outputs.map(({ content }) => content.text ?? "").join("");
  assert.match(text, /Error in background work: Error: lost in a promise/);
  assert.match(text, /Error in background work: Error: lost in a timer/);
  assert.equal(resultOf(await kernel.execute("1 + 1")), "2");
});

Deno.test("kernel: Stop ends a loop of operators that never awaits, and keeps the state", async () => {
  await using kernel = await KernelSession.start();
  await kernel.execute("let count = 0; const x = m.randn([200, 200]);");
  const id = await kernel.start(
    "for (;;) { m.scope(() => x.matmul(x)); count++; }",
  );
  await wait(1000);
  const stoppedMs = Date.now();
  await kernel.interrupt();
  const cell = await kernel.collect(id, 20);
  assert.ok(Date.now() - stoppedMs < STOP_MS + SLACK_MS);
  assert.equal(cell.status, "error");
  assert.equal(cell.outputs.at(-1)?.content.ename, "InterruptedError");
  // The next cell works at once: the Stop was for the last one.
  const after = await kernel.execute(
    "x.add(1).shape[0] + (count > 10 ? 0 : 1)",
  );
  assert.equal(resultOf(after), "200");
});

Deno.test("kernel: Stop ends a loop of operators that awaits", async () => {
  await using kernel = await KernelSession.start();
  const id = await kernel.start(
    "const y = m.randn([50, 50]); for (;;) { m.scope(() => y.matmul(y)); await new Promise((r) => setTimeout(r, 20)); }",
  );
  await wait(1000);
  await kernel.interrupt();
  const cell = await kernel.collect(id, 20);
  assert.equal(cell.outputs.at(-1)?.content.ename, "InterruptedError");
  assert.equal(resultOf(await kernel.execute("y.shape[0]")), "50");
});

Deno.test("kernel: Stop while nothing runs is not kept for the next cell", async () => {
  await using kernel = await KernelSession.start();
  await kernel.execute("const z = m.ones([2]);");
  await kernel.interrupt();
  await wait(1500);
  assert.equal(resultOf(await kernel.execute("z.add(1).sum().item()")), "4");
});

Deno.test("train(): awaited, Stop ends it with its state, and resume() goes on", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const id = await kernel.start(
    `const run = m.train(${tinyRun(dir)}); await run; run.state`,
  );
  // Until steps are being done.
  while (true) {
    await wait(300);
    const metrics = await Deno.readTextFile(`${dir}/metrics.csv`)
      .catch(() => "");
    if (metrics.split("\n").length > 30) break;
  }
  const stoppedMs = Date.now();
  await kernel.interrupt();
  const cell = await kernel.collect(id, 60);
  const elapsedMs = Date.now() - stoppedMs;
  assert.ok(elapsedMs < STOP_MS + SLACK_MS, `stopped after ${elapsedMs} ms`);
  assert.equal(cell.status, "ok");
  assert.equal(resultOf(cell), '"stopped"');
  const step = Number(resultOf(await kernel.execute("run.step")));
  assert.ok(step > 10);
  // On disk as the command line leaves an interrupted run.
  const saved = `step-${String(step).padStart(8, "0")}`;
  assert.ok((await Deno.stat(`${dir}/${saved}/model.safetensors`)).isFile);

  await kernel.execute("run.resume(); void 0");
  await wait(1500);
  const later = await kernel.execute("await run.stop(); run.step");
  assert.ok(Number(resultOf(later)) > step, `${resultOf(later)} > ${step}`);
});

Deno.test("train(): in the background it can be paused, asked, changed and stopped", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const first = await kernel.execute(`const run = m.train(${tinyRun(dir)});`);
  assert.equal(first.status, "ok");
  await wait(3000);
  const ask = async (code: string) => resultOf(await kernel.execute(code));
  assert.equal(await ask("run.state"), '"training"');
  const sample = await ask(
    `run.sample("The whale", { maxNewTokens: 5, seed: 1 })`,
  );
  assert.match(sample ?? "", /^"The whale/);

  await ask("run.learningRate = 0.00125");
  await wait(500);
  assert.equal(await ask("run.metrics.at(-1).learning_rate"), "0.00125");

  await ask("run.pause()");
  await wait(500);
  const step = Number(await ask("run.step"));
  await wait(500);
  assert.equal(Number(await ask("run.step")), step);
  assert.equal(await ask("run.state"), '"paused"');
  await ask("run.resume(); void 0");
  await wait(800);
  assert.ok(Number(await ask("run.step")) > step);

  const stoppedMs = Date.now();
  await kernel.interrupt();
  while (await ask("run.state") !== '"stopped"') {
    assert.ok(Date.now() - stoppedMs < STOP_MS + SLACK_MS);
  }
  assert.equal(await ask("1 + 1"), "2");
});

Deno.test("train(): a failure is shown where it happened, and thrown to who awaits it", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const lost = `const bad = m.train({ ...${
    tinyRun(dir)
  }, tokenizer_dir: "/nowhere" });`;
  const cell = await kernel.start(
    lost +
      " while (bad.state === 'opening') await new Promise((r) => setTimeout(r, 100)); await new Promise((r) => setTimeout(r, 1000)); bad.state",
  );
  const shown = await kernel.collect(cell);
  assert.equal(resultOf(shown), '"failed"');
  const html = shown.outputs.map(({ content }) =>
    String(content.data?.["text/html"] ?? "")
  ).join("");
  assert.match(html, /\/nowhere/);
  // Also as text, for who works in another cell by now.
  const lines = shown.outputs.map(({ content }) => content.text ?? "").join("");
  assert.match(lines, /^The run .* failed: .*\/nowhere/);
  const named = await kernel.execute("bad");
  assert.equal(named.status, "ok");
  assert.match(resultOf(named) ?? "", /failed, step 0 .*\/nowhere/);
  const awaited = await kernel.execute("await bad.resume()");
  assert.equal(awaited.status, "error");
});

Deno.test("train(): in VS Code the figure is sent anew while the run goes on", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const { outputs } = await kernel.execute(
    `Deno.env.set("VSCODE_PID", "1"); await m.train(${
      tinyRun(dir, { steps: 400 })
    });`,
  );
  const pointsOf = (data: Readonly<Record<string, unknown>> = {}) => {
    const figure = data["application/vnd.plotly.v1+json"] as
      | { data: { x: number[] }[] }
      | undefined;
    return figure?.data[0]?.x.length ?? 0;
  };
  const sent = outputs.filter(({ content }) => pointsOf(content.data) > 0);
  const live = sent.filter(({ content }) => !content.data?.["image/png"]);
  assert.ok(live.length >= 2, `${live.length} figures`);
  const last = sent.at(-1)?.content.data ?? {};
  assert.ok("image/png" in last && pointsOf(last) > 0);
});

Deno.test("kernel: restart and shutdown during a step end cleanly", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const cell = `const run = m.train(${
    tinyRun(dir, { width: 256 })
  }); await run`;
  await kernel.start(cell);
  await wait(4000);
  await kernel.restart();
  await kernel.execute(`import * as m from "moebius"`);
  assert.equal(resultOf(await kernel.execute("m.ones([2]).numel")), "2");
  assert.equal(resultOf(await kernel.execute("typeof run")), '"undefined"');

  await kernel.start(
    "const a = m.randn([500, 500]); for (;;) m.scope(() => a.matmul(a));",
  );
  await wait(1000);
  const { exitCode, elapsedMs } = await kernel.shutdown();
  assert.equal(exitCode, 0);
  assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`);
});

Deno.test("train(): 2,000 steps keep the kernel's memory and the size of the output flat", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  await kernel.execute(
    `const run = m.train(${tinyRun(dir, { steps: 4000 })});`,
  );
  const at = async (step: number) => {
    while (Number(resultOf(await kernel.execute("run.step"))) < step) {
      await wait(200);
    }
    return await kernel.memoryMib();
  };
  const early = await at(500);
  const late = await at(2500);
  const end = await kernel.execute("await run.stop(); run.state");
  assert.equal(resultOf(end), '"stopped"');
  assert.ok(
    late < 1.1 * early + 20,
    `memory grew from ${early} to ${late} MiB in 2,000 steps`,
  );
  // Each update replaces the one before, so the largest one is what a notebook keeps.
  const largest = Math.max(...end.outputs.map(({ bytes }) => bytes));
  assert.ok(largest < 400_000, `${largest} bytes`);
});

Deno.test("sweep(): one output lives, Stop saves, and the same call goes on", async () => {
  await using kernel = await KernelSession.start();
  const dir = await outDir();
  const code = `const study = await m.sweep({
    method: "grid",
    parameters: { "optimizer.lr": { values: [0.003, 0.01] } },
    config: { overrides: {
      precision: "32-true",
      train: { max_steps: 250, global_batch_size: 2, micro_batch_size: 2,
        max_seq_length: 16, save_interval: null, log_interval: 1 },
      eval: { interval: 20, max_iters: 1 },
    } },
    out_dir: "${dir}",
  });`;
  const id = await kernel.start(code);
  while (true) {
    await wait(300);
    const metrics = await Deno.readTextFile(`${dir}/trials/0000/metrics.csv`)
      .catch(() => "");
    if (metrics.split("\n").length > 50) break;
  }
  await kernel.interrupt();
  const cell = await kernel.collect(id, 60);
  assert.equal(cell.status, "ok");
  const counts = await kernel.execute("study.counts.running");
  assert.equal(resultOf(counts), "1");
  // Two outputs at most are new, all others renew them.
  const kinds = cell.outputs.map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "display_data").length, 2);
  const others = kinds.filter((kind) => kind !== "display_data");
  assert.ok(others.length >= 3);
  assert.ok(others.every((kind) => kind === "update_display_data"));
  const last = cell.outputs.findLast(({ content }) =>
    content.data?.["image/png"] !== undefined
  );
  assert.match(
    String(last?.content.data?.["text/plain"]),
    /^sweep stopped, 0 trials {2}trials 1 running/,
  );

  const whole = await kernel.execute(code + " study.counts.complete", 120);
  assert.equal(resultOf(whole), "2");
  const shown = await kernel.execute("study");
  const picture = shown.outputs.find(({ kind }) => kind === "execute_result");
  assert.ok(String(picture?.content.data?.["image/png"]).length > 10_000);
});

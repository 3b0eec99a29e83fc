import { strict as assert } from "node:assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPython } from "./_python.ts";
import { isWriting, NOTEBOOKS, prepareJupyter } from "./_session.ts";

/** Committed notebooks stay small enough to be read on the web. */
const MOST_BYTES = 1_500_000;
const SCRIPT = fileURLToPath(new URL("execute.py", import.meta.url));

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | string[];
  readonly ename?: string;
  readonly evalue?: string;
  readonly data?: Readonly<Record<string, string | string[] | object>>;
}

interface Cell {
  readonly cell_type: string;
  readonly source: string | string[];
  readonly outputs?: readonly Output[];
}

interface Notebook {
  readonly cells: readonly Cell[];
}

const textOf = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join("") : value ?? "";

async function read(path: string): Promise<Notebook> {
  return JSON.parse(await Deno.readTextFile(path));
}

/** Runs a notebook from a fresh kernel; gives the path of a copy with the outputs. */
async function execute(name: string): Promise<string> {
  const target = await Deno.makeTempFile({ suffix: ".ipynb" });
  const { success, stderr } = await new Deno.Command(await findPython(), {
    args: [SCRIPT, join(NOTEBOOKS, name), target],
    env: await prepareJupyter(),
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return target;
}

/** What all notebooks must show, run now or committed. */
function checkOutputs(notebook: Notebook): void {
  for (const { source, outputs = [] } of notebook.cells) {
    const code = textOf(source);
    for (const output of outputs) {
      assert.notEqual(output.output_type, "error", `${code}: ${output.evalue}`);
      assert.notEqual(output.name, "stderr", `${code}: ${textOf(output.text)}`);
    }
    const data = outputs.flatMap(({ data }) =>
      data === undefined ? [] : [data]
    );
    // GitHub shows pictures and nothing else of a figure.
    for (const bundle of data) {
      if ("application/vnd.plotly.v1+json" in bundle) {
        assert.ok(textOf(bundle["image/png"] as string).length > 5000, code);
      }
    }
    // Nothing is left of what only lived while a run went on.
    assert.ok(!JSON.stringify(data).includes("plotly.react"), code);
  }
}

/** Outputs of the first cell whose code holds `part`. */
function outputsOf(notebook: Notebook, part: string): readonly Output[] {
  const cell = notebook.cells.find(({ cell_type, source }) =>
    cell_type === "code" && textOf(source).includes(part)
  );
  assert.ok(cell, `no cell with ${part}`);
  return cell.outputs ?? [];
}

function figureOf(notebook: Notebook, part: string): {
  data: { name?: string; y: number[]; z?: number[][] }[];
  layout: { annotations?: object[] };
} {
  const figures = outputsOf(notebook, part).flatMap(({ data }) =>
    data?.["application/vnd.plotly.v1+json"] ?? []
  );
  assert.equal(figures.length, 1, `figures of ${part}`);
  return figures[0] as ReturnType<typeof figureOf>;
}

/** A training figure shows a loss that fell. */
function checkTraining(notebook: Notebook, part: string): void {
  const { data } = figureOf(notebook, part);
  const loss = data.find(({ name }) => name === "training")?.y ?? [];
  const [first, last] = [loss[0], loss.at(-1)];
  assert.ok(loss.length > 20, part);
  assert.ok(first! - last! > 1, `${part}: loss from ${first} to ${last}`);
  const text = outputsOf(notebook, part).map(({ data }) =>
    textOf(data?.["text/plain"] as string)
  ).join("");
  assert.match(text, /finished, step (\d+)\/\1/);
}

/** Code as `deno fmt` writes it, which takes no notebook for formatted that is in none of its caches. */
async function formatted(code: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await ReadableStream.from([new TextEncoder().encode(code)])
    .pipeTo(process.stdin);
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout).trimEnd();
}

const CHECKS: Record<string, (notebook: Notebook) => void> = {
  "01_quickstart.ipynb"(notebook) {
    checkTraining(notebook, "train(config)");
    const loss = textOf(outputsOf(notebook, "evaluateLoss(run")[0]?.text);
    assert.match(loss, /^loss \d\.\d+, perplexity \d+\.\d\n$/);
    const sample = textOf(outputsOf(notebook, "run.sample")[0]?.text);
    assert.match(sample, /^The President.{60}/s);
    assert.match(
      outputText(notebook, "openCheckpoint(run"),
      /model.safetensors/,
    );
    assert.match(outputText(notebook, "showTokens("), /^38 tokens/);
  },
  "02_routing.ipynb"(notebook) {
    checkTraining(notebook, 'train(settings("balanced"');
    checkTraining(notebook, 'train(settings("free"');
    // Four layers of eight experts, and the balancing loss has an effect.
    const spread = (part: string) => {
      const { data } = figureOf(notebook, part);
      assert.equal(data.length, 4);
      const busiest = data.map(({ z = [] }) => {
        assert.equal(z.length, 8);
        return Math.max(...z.map((row) => row.at(-1) ?? 0));
      });
      return busiest.reduce((sum, value) => sum + value, 0) / busiest.length;
    };
    const balanced = spread("expertLoads(balanced)");
    const free = spread("expertLoads(free)");
    assert.ok(balanced < free, `${balanced} < ${free}`);
    assert.match(
      outputText(notebook, "routing.tokens(0)"),
      /" President" \d\+\d/,
    );
    assert.match(outputText(notebook, "topTokens(0)"), /expert of layer 0/);
    const entropyOf = (part: string) => {
      const text = outputText(notebook, part);
      assert.equal(text.match(/^\d /gm)?.length, 4, text);
      return Number(/^mean +(\S+)/m.exec(text)?.[1]);
    };
    assert.ok(entropyOf("much.balance()") > entropyOf("muchFree.balance()"));
  },
  "03_sweep.ipynb"(notebook) {
    assert.match(
      outputText(notebook, "lrFind(config)"),
      /^Suggested learning rate: \d/m,
    );
    const { data, layout } = figureOf(notebook, "await sweep(");
    const text = outputText(notebook, "await sweep(");
    const [, trials] = /finished, (\d+)\/\1 trials/.exec(text) ?? [];
    assert.ok(Number(trials) >= 10, text);
    const complete = text.match(/^\d+\*? +complete/gm)?.length ?? 0;
    assert.ok(complete / 2 >= 5, text);
    // The curve of a trial, and its line through the parallel coordinates.
    const best = /^(\d+)\*/m.exec(text)?.[1];
    const names = data.map(({ name }) => name);
    assert.ok(names.includes(`trial ${best} (best)`), names.join());
    assert.ok(names.includes(`trial ${best}`), names.join());
    const titles = JSON.stringify(layout.annotations);
    for (
      const title of ["Learning curves", "Trials", "Importance", "Slices"]
    ) assert.ok(titles.includes(title), title);
    checkTraining(notebook, "train(study.bestConfig()");
    checkTraining(notebook, "train(config");
    const runs = figureOf(notebook, "compare([best, before])").data;
    assert.ok(runs.some(({ name }) => name === "best"));
  },
  "04_compile_modes.ipynb"(notebook) {
    const text = textOf(outputsOf(notebook, "await measure(")[0]?.text);
    const gib = (setting: string) => {
      const line = new RegExp(`^${setting}: \\d+ tokens/s, (.*) GiB$`, "m");
      return Number(line.exec(text)?.[1]);
    };
    assert.ok(gib("default, bf16-mixed") < gib("off, bf16-mixed"), text);
    assert.ok(gib("default, 32-true") < gib("off, 32-true"), text);
    const bars = figureOf(notebook, 'bars("tokensPerSecond")').data;
    assert.equal(bars.length, 4);
    for (const { y } of bars) assert.ok(y.length >= 2 && y.every((v) => v > 0));
    const probes = textOf(outputsOf(notebook, "of probes)")[0]?.text);
    assert.match(probes, /^flash +runs$/m);
    assert.match(probes, /^math +runs$/m);
    const lines = figureOf(notebook, "timeOf(backend").data;
    assert.ok(lines.some(({ name }) => name === "flash"));
  },
  "05_moe_200m.ipynb"(notebook) {
    const probes = textOf(outputsOf(notebook, "of probeAttention(")[0]?.text);
    assert.match(probes, /^flash +runs$/m);
    const [, stopped, steps] = /first half stopped, step (\d+)\/(\d+)/
      .exec(outputText(notebook, "await run.stop()")) ?? [];
    assert.ok(Number(stopped) < Number(steps));
    checkTraining(notebook, 'train(config, { name: "resumed"');
    const shown = JSON.stringify(outputsOf(notebook, "await resumed"));
    assert.ok(shown.includes(`Goes on from step ${stopped}`));
    const sample = textOf(outputsOf(notebook, "resumed.sample")[0]?.text);
    assert.match(sample, /^The President of the.{40}/s);
  },
  "06_your_own_layer.ipynb"(notebook) {
    checkTraining(notebook, 'train(settings("own")');
    checkTraining(notebook, 'train(settings("built-in")');
    assert.match(outputText(notebook, "own.model"), /mlp\.experts\.up/);
    assert.equal(figureOf(notebook, "expertLoads(own)").data.length, 2);
  },
};

function outputText(notebook: Notebook, part: string): string {
  return outputsOf(notebook, part)
    .map(({ data }) => textOf(data?.["text/plain"] as string)).join("\n");
}

/** The settings of a notebook as they are on a GPU; those that take arguments are called with some. */
function settingsOnGpu(notebook: Notebook): string {
  const config = notebook.cells.find(({ cell_type }) => cell_type === "code");
  const code = textOf(config?.source);
  assert.equal(code.split("cudaDeviceCount() > 0").length, 2, code);
  return code.replace("cudaDeviceCount() > 0", "true") +
    `\nif (typeof settings === "function") settings("test", 0.01);`;
}

for (const [name, check] of Object.entries(CHECKS)) {
  Deno.test(`${name} has settings for a GPU that are accepted`, async () => {
    const code = settingsOnGpu(await read(join(NOTEBOOKS, name)));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      cwd: join(NOTEBOOKS, ".."),
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });

  Deno.test(`${name} runs from a fresh kernel and shows what it promises`, async () => {
    const path = await execute(name);
    const notebook = await read(path);
    checkOutputs(notebook);
    check(notebook);
    if (isWriting()) {
      // Not copied: a temporary file is for nobody else to read.
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(join(NOTEBOOKS, name), text);
    }
  });

  Deno.test(`${name} is committed with its outputs, formatted and small`, async () => {
    const path = join(NOTEBOOKS, name);
    const notebook = await read(path);
    checkOutputs(notebook);
    check(notebook);
    for (const { cell_type, source, outputs } of notebook.cells) {
      if (cell_type !== "code") continue;
      // As from a fresh clone: before --write, out/notebook-* is to be removed.
      assert.doesNotMatch(JSON.stringify(outputs), /Moved the earlier/);
      const code = textOf(source);
      assert.equal(code, await formatted(code));
    }
    const { size } = await Deno.stat(path);
    assert.ok(size < MOST_BYTES, `${size} bytes`);
  });
}

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { installKernel, userKernels } from "../../lib/cli/kernel.ts";
import {
  defineConfig,
  defineModelConfig,
  GPT,
  loadRunConfig,
  loadTokenizer,
  manualSeed,
  randn,
  routeText,
  scope,
  showTokens,
  sourcesOf,
  tensor,
} from "../../lib/mod.ts";
import { runCommand } from "../cli/_command.ts";
import { renderStatus } from "../../lib/notebook/_status.ts";
import {
  drawingScript,
  interactiveScript,
  PLOTLY_FILE,
} from "../../lib/notebook/page.ts";
import { TINY } from "./_tiny.ts";

const DISPLAY = Symbol.for("Jupyter.display");

/** What a notebook would show of something. */
async function bundleOf(value: object): Promise<Record<string, string>> {
  const display: unknown = Reflect.get(value, DISPLAY);
  assert.ok(typeof display === "function", "it has no display of its own");
  return await Reflect.apply(display, value, []);
}

const SMALL = defineModelConfig(TINY);

Deno.test("a configuration shows every setting that was made, with who made it", async () => {
  const { config } = loadRunConfig({
    file: "configs/train/quickstart.yaml",
    overrides: { "train.max_steps": 7 },
  });
  const bundle = await bundleOf(config);
  assert.match(bundle["text/plain"]!, /train\.max_steps +7 +\(code\)/);
  assert.match(
    bundle["text/plain"]!,
    /n_expert +8 +\(.*moe-quickstart\.yaml\)/,
  );
  assert.match(bundle["text/html"]!, /<td[^>]*>train\.max_steps<\/td>/);
  assert.equal(
    sourcesOf(config)?.get("train.max_norm"),
    "configs/train/quickstart.yaml",
  );
});

Deno.test("a configuration is the same object to others as before it could be shown", () => {
  const config = defineConfig({ model_name: "moe-quickstart" });
  assert.ok(!JSON.stringify(config).includes("display"));
  assert.deepEqual(structuredClone(config), config);
  assert.ok(Object.isFrozen(config));
});

Deno.test("a tensor shows its values as colours", async () => {
  using small = tensor([[-1, 0], [0.5, 1]]);
  const bundle = await bundleOf(small);
  const svg = atob(/base64,([^"]*)"/.exec(bundle["text/html"]!)?.[1] ?? "");
  const colors = [...svg.matchAll(/fill="([^"]*)"/g)].map(([, fill]) => fill);
  assert.deepEqual(colors, [
    "rgb(0,0,255)",
    "rgb(255,255,255)",
    "rgb(255,128,128)",
    "rgb(255,0,0)",
  ]);
});

Deno.test("a large tensor shows a small picture, a vector none", async () => {
  using large = randn([3, 500, 700]);
  const { "text/html": html } = await bundleOf(large);
  assert.ok(html!.length < 150_000, `${html!.length}`);
  using vector = randn([5]);
  assert.ok(!(await bundleOf(vector))["text/html"]!.includes("<img"));
});

Deno.test("a model shows its parameters, and their sums are the exact counts", async () => {
  using model = new GPT(SMALL);
  const { "text/plain": text, "text/html": html } = await bundleOf(model);
  // Per layer: 8 experts' worth is 4 * 3 * 32 * 32, of which half is active.
  assert.match(
    text!,
    /h\.0-1\.mlp\.experts\.fc\.weight +\[4, 64, 32\] +16,384 +8,192 +16,384/,
  );
  assert.match(text!, /2 layers of 32, 2 of 4 experts a token/);
  assert.match(html!, /<table>/);
});

Deno.test("showTokens() shows the pieces of a text", async () => {
  const tokenizer = await loadTokenizer("data/tokenizer");
  const picture = showTokens(tokenizer, "Call me\nIshmael");
  assert.equal(picture.pieces.join(""), "Call me\nIshmael");
  const bundle = await bundleOf(picture);
  assert.match(bundle["text/plain"]!, /^\d+ tokens: /);
  assert.ok(bundle["image/png"]!.length > 1000);
});

Deno.test("routeText() records the experts that the model really takes", async () => {
  const tokenizer = await loadTokenizer("data/tokenizer");
  using model = new GPT(SMALL);
  manualSeed(1);
  model.weights.initialize();
  const routing = routeText({ model, tokenizer }, "The whale and the sea");
  const counts = routing.counts();
  assert.deepEqual(routing.layers, [0, 1]);
  for (const row of counts) {
    // Two experts a token.
    assert.equal(row.reduce((a, b) => a + b), 2 * routing.tokenCount);
  }
  // The model's own statistics of the same pass.
  const ids = tokenizer.encode("The whale and the sea", { bos: false });
  scope(() => {
    const tokens = tensor(Int32Array.from(ids), { shape: [1, ids.length] });
    model.statistics.recording(() => model.forward(tokens));
    model.statistics.endStep([], 0);
  });
  assert.deepEqual(model.statistics.read()?.counts, counts);

  assert.match(
    (await bundleOf(routing.tokens(0)))["text/plain"]!,
    /^Layer 0: "The" \d\+\d/,
  );
  const z = routing.coActivation(1).figure.data[0]?.["z"] as number[][];
  assert.equal(z.length, 4);
  assert.equal(routing.topTokens(1, { atLeast: 1 }).rows.length, 4);
  assert.throws(
    () => routing.tokens(2),
    /Layer 2 has no experts: expected one of 0, 1/,
  );
});

Deno.test("routeText() refuses what the model cannot read", async () => {
  const tokenizer = await loadTokenizer("data/tokenizer");
  using model = new GPT(SMALL, { maxSeqLength: 4 });
  const source = { model, tokenizer };
  assert.throws(() => routeText(source, ""), /empty text/);
  assert.throws(
    () => routeText(source, "one two three four five six seven"),
    /the model reads at most 4/,
  );
});

Deno.test("renderStatus() shows numbers as people read them, and text as text", () => {
  const { html, text } = renderStatus({
    name: "<run>",
    state: "training",
    step: 30,
    steps: 120,
    latest: { loss: 4.5678, tokens_per_second: 12_345, remaining_time: 75 },
    messages: ["Moved a<b"],
  });
  assert.match(
    text,
    /<run> training, step 30\/120 +loss 4\.568 +tokens\/s 12\.3k +left 1m15s/,
  );
  assert.match(html, /&lt;run&gt;/);
  assert.match(html, /Moved a&lt;b/);
  assert.match(html, /width:25%/);
});

Deno.test("scripts in a page hold no text that could end them", () => {
  const figure = {
    data: [{ type: "scatter", name: "</script><b>" }],
    layout: {},
  };
  for (
    const html of [interactiveScript(figure), drawingScript("id", figure, 1)]
  ) {
    assert.equal(html.match(/<\/script>/g)?.length, 1);
    assert.ok(html.includes("\\u003c/script>"));
    // Plotly would offer to send the data to its makers.
    assert.ok(html.includes('"showSendToCloud":false'));
  }
});

Deno.test("installKernel() writes a kernel that Stop interrupts, with Plotly beside it", async () => {
  const dir = await Deno.makeTempDir();
  const folder = await installKernel(dir);
  assert.equal(folder, join(dir, "moebius"));
  const spec = JSON.parse(await Deno.readTextFile(join(folder, "kernel.json")));
  assert.equal(spec.interrupt_mode, "signal");
  assert.equal(spec.env.NO_COLOR, "1");
  assert.equal(spec.argv.at(-1), "{connection_file}");
  const script = await Deno.readTextFile(join(folder, PLOTLY_FILE));
  assert.ok(script.length > 1e6 && script.includes("Plotly"));
});

Deno.test("userKernels() is where Jupyter looks", () => {
  assert.equal(
    userKernels({ JUPYTER_DATA_DIR: "/data" }),
    "/data/kernels",
  );
  if (Deno.build.os === "darwin") return;
  assert.equal(
    userKernels({ HOME: "/home/x" }),
    "/home/x/.local/share/jupyter/kernels",
  );
  assert.equal(
    userKernels({ XDG_DATA_HOME: "/xdg", HOME: "/home/x" }),
    "/xdg/jupyter/kernels",
  );
});

Deno.test("deno task lab says how to install JupyterLab where there is none", async () => {
  const { code, stderr } = await runCommand("lab", [], {
    env: { PATH: "/nowhere", MOEBIUS_PYTHON: "" },
  });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /there is no JupyterLab: install it with `python3 -m pip/,
  );
});

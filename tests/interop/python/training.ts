/** Runs that begin in LitGPT and go on here, and the reverse. Run by tests/interop/run.ts. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { stringify } from "@std/yaml";
import { readSafetensorsHeader } from "../../../lib/checkpoint/safetensors.ts";
import { writeSafetensors } from "../../../lib/checkpoint/safetensors_writer.ts";
import {
  defineConfig,
  loadRunConfig,
  modelConfigToYaml,
  type RunConfig,
} from "../../../lib/config/mod.ts";
import { BatchLoader } from "../../../lib/data/mod.ts";
import {
  exportLitGpt,
  planImport,
  readCheckpoint,
  writeImport,
} from "../../../lib/interop/mod.ts";
import { litGptRunToYaml } from "../../../lib/interop/_litgpt_run.ts";
import { readTensorBytes } from "../../../lib/checkpoint/safetensors.ts";
import { openDataset } from "../../../lib/train/dataset.ts";
import { withTrainer, workspace } from "../../train/_run.ts";
import { configOf } from "../_models.ts";
import { type Peer, startPeer } from "./_peer.ts";

const STEPS = 40;
const HALF = 20;
const TOLERANCE = 1e-4;
const HERE = new URL("./", import.meta.url).pathname;

let peer: Peer;
Deno.test.beforeAll(() => {
  peer = startPeer();
});
Deno.test.afterAll(async () => await peer[Symbol.asyncDispose]());

const MODELS = [
  { name: "seed_like", tied: false },
  { name: "grouped_shared", tied: false },
  { name: "dense", tied: false },
  { name: "tied", tied: true },
  { name: "normed_heads", tied: false },
];

for (const { name, tied } of MODELS) {
  Deno.test(`a run of ${name} that LitGPT began goes on here as it does there`, async () => {
    await using run = await prepare(name, tied);
    // The weights of both runs are those that ours begins with.
    await trainHere(run.config, { until: 0 });
    await exportLitGpt(
      await readCheckpoint(join(run.config.out_dir, "step-00000000")),
      {
        outDir: run.at("start"),
      },
    );
    const theirs = await trainThere(run, [
      "--resume",
      run.at("start/lit_model.pth"),
      "--out_dir",
      run.at("litgpt"),
    ]);
    assert.equal(theirs.size, STEPS);

    const dir = run.at("litgpt/step-00000020");
    const plan = await planImport(dir);
    assert.equal(plan.tied, tied);
    const { path } = await writeImport(plan, { outDir: run.at("here") });
    const { config: imported } = loadRunConfig({
      file: join(path, "hyperparameters.yaml"),
    });
    const ours = await trainHere({
      ...imported,
      data: run.config.data,
      tokenizer_dir: run.config.tokenizer_dir,
      resume: path,
    });
    assertSameLosses(ours, theirs);
    await assertSameWeights(
      join(run.at("here"), "final"),
      await fromLitGpt(run.at("litgpt/final"), run.at("compared")),
    );
  });

  Deno.test(`a run of ${name} that began here goes on in LitGPT as it does here`, async () => {
    await using run = await prepare(name, tied);
    const ours = await trainHere(run.config);
    const step = join(run.config.out_dir, "step-00000020");
    await exportLitGpt(await readCheckpoint(step), { outDir: run.at("half") });
    const theirs = await trainThere(run, [
      "--resume",
      run.at("half/lit_model.pth"),
      "--out_dir",
      run.at("litgpt"),
    ], run.at("half/hyperparameters.yaml"));
    assert.equal(theirs.size, HALF);
    assertSameLosses(ours, theirs);
    await assertSameWeights(
      join(run.config.out_dir, "final"),
      await fromLitGpt(run.at("litgpt/final"), run.at("compared")),
    );
  });
}

Deno.test("LitGPT's own data and loader: its checkpoint is read, and it goes on from ours", async () => {
  await using run = await prepare("seed_like", false);
  const texts = run.at("texts");
  await Deno.mkdir(texts);
  const text = await Deno.readTextFile(run.at("text.txt"));
  for (const file of ["a.txt", "b.txt"]) {
    await Deno.writeTextFile(join(texts, file), text);
  }
  const data = [
    "--data",
    "TextFiles",
    "--data.train_data_path",
    texts,
    "--data.num_workers",
    "0",
    "--tokenizer_dir",
    "data/tokenizer",
  ];
  const first = await trainThere(run, [
    "--out_dir",
    run.at("litgpt"),
    "--train.max_tokens",
    String(HALF * 4 * 32),
    ...data,
  ]);
  assert.equal(first.size, HALF);
  const plan = await planImport(run.at("litgpt/final"));
  assert.equal(plan.training?.step, HALF);
  assert.equal(plan.training?.samples, HALF * 4);
  const { class_path, init_args } = plan.training!.run.data;
  assert.equal(class_path, "TextFiles");
  assert.equal(Reflect.get(init_args, "train_data_path"), texts);
  const { path } = await writeImport(plan, { outDir: run.at("here") });

  await exportLitGpt(await readCheckpoint(path), { outDir: run.at("back") });
  const next = await trainThere(run, [
    "--resume",
    run.at("back/lit_model.pth"),
    "--out_dir",
    run.at("litgpt2"),
    "--train.max_tokens",
    String((HALF + 3) * 4 * 32),
    ...data,
  ]);
  assert.deepEqual([...next.keys()], [21, 22, 23]);
});

interface Run extends AsyncDisposable {
  readonly config: RunConfig;
  at(file: string): string;
}

/** A small corpus, settings, and all batches of the run in the order of our loader. */
async function prepare(name: string, tied: boolean): Promise<Run> {
  const folder = await workspace();
  const at = (file: string) => join(folder.dir, file);
  const { rope_n_elem: _, ...model } = configOf(name, {
    vocab_size: 4096,
    padded_vocab_size: 4096,
  });
  const base = folder.config();
  const config = defineConfig(
    {
      ...base,
      model_config: model as object,
      train: {
        ...base.train,
        global_batch_size: 4,
        micro_batch_size: 2,
        max_tokens: STEPS * 4 * 32,
        max_steps: null,
        max_seq_length: 32,
        lr_warmup_steps: 5,
        min_lr: 1e-4,
        save_interval: HALF,
        tie_embeddings: tied,
      },
      eval: { interval: 1000, max_iters: 1, final_validation: false },
      optimizer: {
        class_path: "torch.optim.AdamW",
        init_args: { lr: 2e-3, betas: [0.9, 0.95], weight_decay: 0.1 },
      },
    } as Parameters<typeof defineConfig>[0],
  );
  using dataset = await openDataset(config);
  const loader = new BatchLoader(dataset.shards, {
    split: "train",
    batchSize: 2,
    sequenceLength: 32,
    seed: config.data.init_args.seed,
  });
  const batches = new Int32Array(2 * STEPS * 2 * 33);
  for (let iter = 0; iter < 2 * STEPS; iter++) {
    batches.set(loader.next(), iter * 2 * 33);
  }
  await writeSafetensors(at("batches.safetensors"), [{
    name: "batches",
    dtype: "I32",
    shape: [2 * STEPS, 2, 33],
    bytes: new Uint8Array(batches.buffer),
  }]);
  return {
    config,
    at,
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

/** Trains with our own trainer; the loss of every step. */
async function trainHere(
  config: RunConfig,
  { until }: { until?: number } = {},
): Promise<Map<number, number>> {
  const losses = new Map<number, number>();
  await withTrainer(config, async (trainer) => {
    if (until === 0) await trainer.save("step-00000000");
    else await trainer.fit();
  }, {
    onMetrics: ({ optimizer_step, loss }) =>
      losses.set(Number(optimizer_step), Number(loss)),
  });
  return losses;
}

/** `litgpt pretrain`; the loss of every step. */
async function trainThere(
  { config, at }: Run,
  args: readonly string[],
  file?: string,
): Promise<Map<number, number>> {
  const yaml = at("litgpt.yaml");
  await Deno.writeTextFile(
    yaml,
    litGptRunToYaml(config, {
      outDir: at("litgpt"),
      tokenizerDir: null,
      notices: [],
    }),
  );
  await Deno.writeTextFile(
    at("model_config.yaml"),
    modelConfigToYaml(config.model_config),
  );
  const data = at("data.yaml");
  await Deno.writeTextFile(
    data,
    stringify({
      class_path: "given_batches.GivenBatches",
      init_args: { path: at("batches.safetensors") },
    }),
  );
  const given = args.includes("--data") ? [] : ["--data", data];
  const losses = await peer.ask<Record<string, number>>("litgpt_pretrain", {
    args: ["--config", file ?? yaml, ...given, ...args],
    here: HERE,
  });
  return new Map(
    Object.entries(losses).map(([step, loss]) => [Number(step), loss]),
  );
}

function assertSameLosses(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): void {
  for (let step = HALF + 1; step <= STEPS; step++) {
    const [here = NaN, there = NaN] = [ours.get(step), theirs.get(step)];
    assert.ok(
      Math.abs(here - there) <= TOLERANCE,
      `loss of step ${step}: ${here} here, ${there} in LitGPT`,
    );
  }
  // A model that does not learn would pass.
  assert.ok(theirs.get(STEPS)! < theirs.get(HALF + 1)!);
}

async function fromLitGpt(dir: string, outDir: string): Promise<string> {
  const plan = await planImport(dir, { weightsOnly: true });
  return (await writeImport(plan, { outDir })).path;
}

async function assertSameWeights(left: string, right: string): Promise<void> {
  const [a, b] = [left, right].map((dir) => join(dir, "model.safetensors"));
  const mine = await readSafetensorsHeader(a!);
  const other = await readSafetensorsHeader(b!);
  assert.deepEqual([...mine.tensors.keys()], [...other.tensors.keys()]);
  for (const [name, entry] of mine.tensors) {
    const x = new Float32Array((await readTensorBytes(a!, entry)).buffer);
    const y = new Float32Array(
      (await readTensorBytes(b!, other.tensors.get(name)!)).buffer,
    );
    let worst = 0;
    for (const [i, value] of x.entries()) {
      worst = Math.max(worst, Math.abs(value - y[i]!));
    }
    assert.ok(worst <= TOLERANCE, `${name} differs by ${worst}`);
  }
}

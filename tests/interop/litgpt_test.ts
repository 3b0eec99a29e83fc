import { strict as assert } from "node:assert";
import { join } from "node:path";
import { loadRunConfig } from "../../lib/config/mod.ts";
import {
  exportLitGpt,
  openTorchFile,
  planImport,
  readCheckpoint,
  writeImport,
} from "../../lib/interop/mod.ts";
import { readStored } from "../../lib/interop/stored_tensor.ts";
import { loadModel } from "../../lib/model/load.ts";
import { train, withTrainer, workspace } from "../train/_run.ts";
import {
  HYPERPARAMETERS,
  numbers,
  scalar,
  type Training,
  trainingOf,
  writeLitGpt,
} from "./_litgpt.ts";
import { configOf, temporaryFolder, writeWeights } from "./_models.ts";

const CONFIG = configOf("seed_like");
const QKV = "transformer.h.0.attn.qkv.weight";

/** What is wrong with a checkpoint, and what the message says. */
const WRONG: Readonly<
  Record<string, {
    spoil?: (training: Training) => void;
    yaml?: string | null;
    says: RegExp;
  }>
> = {
  "a missing tensor": {
    spoil: ({ model }) => model.delete(QKV),
    says: /- transformer\.h\.0\.attn\.qkv\.weight is missing/,
  },
  "several missing tensors": {
    spoil: ({ model }) => {
      for (const name of [...model.keys()].slice(0, 10)) model.delete(name);
    },
    says: /- lm_head\.weight is missing\n(- .*\n){7}- and 2 more/,
  },
  "a tensor of another shape": {
    spoil: ({ model }) => model.set(QKV, numbers([32, 128])),
    says: /qkv\.weight is \[32, 128\], expected \[128, 32\]/,
  },
  "a tensor that is not the model's": {
    spoil: ({ model }) => model.set("lora_A", numbers([2])),
    says: /lora_A is not part of the model/,
  },
  "a weight that is no tensor": {
    spoil: ({ model }) => model.set(QKV, "a text"),
    says:
      /Cannot read transformer\.h\.0\.attn\.qkv\.weight in .*: it is no tensor/,
  },
  "old interleaved rows of another number": {
    spoil: ({ model }) => {
      model.delete(QKV);
      model.set("transformer.h.0.attn.attn.weight", numbers([126, 32]));
    },
    says: /attn\.attn\.weight: it is \[126, 32\], expected 128 rows/,
  },
  "an optimizer without state": {
    spoil: ({ optimizer }) => optimizer.state.delete(0),
    says: /the optimizer has no state for lm_head\.weight/,
  },
  "an average of another shape": {
    spoil: ({ optimizer }) => {
      optimizer.state.get(0)!["exp_avg"] = numbers([3]);
    },
    says: /exp_avg \(lm_head\.weight\) is F32 \[3\], expected the shape/,
  },
  "an optimizer that is not AdamW": {
    spoil: ({ optimizer }) => {
      for (const entry of optimizer.state.values()) delete entry["exp_avg_sq"];
    },
    says: /exp_avg_sq \(lm_head\.weight\) in .*: it is missing/,
  },
  "two groups of parameters": {
    spoil: ({ optimizer }) => optimizer.param_groups.push({ params: [] }),
    says: /has 2 groups of parameters.*--weights-only/,
  },
  "parameters that are too few": {
    spoil: ({ optimizer }) => {
      optimizer.param_groups[0]!["params"] = [0, 1, 2];
    },
    says: /its optimizer has 3 parameters and the model/,
  },
  "counts of updates that differ": {
    spoil: ({ optimizer }) => {
      optimizer.state.get(5)!["step"] = scalar(2);
    },
    says: /were updated 3, 2 times/,
  },
  "a count that is no count": {
    spoil: (training) => {
      training.iter_num = "many";
    },
    says: /iter_num is many, expected a whole number/,
  },
  "amsgrad": {
    spoil: ({ optimizer }) => {
      optimizer.param_groups[0]!["amsgrad"] = true;
    },
    says: /AdamW has amsgrad/,
  },
  "no hyperparameters": {
    yaml: null,
    says: /hyperparameters\.yaml is missing.*--config.*--weights-only/,
  },
  "hyperparameters of another optimizer": {
    yaml: "train: {}\noptimizer: torch.optim.SGD\n",
    says: /its optimizer is SGD, and only AdamW is known/,
  },
  "hyperparameters that are no YAML": {
    yaml: "train: [",
    says: /Cannot read .*hyperparameters\.yaml/,
  },
  "hyperparameters that are a list": {
    yaml: "- 1\n",
    says: /expected a section of keys/,
  },
};

for (const [what, { spoil, yaml, says }] of Object.entries(WRONG)) {
  Deno.test(`planImport() refuses a LitGPT training with ${what}`, async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, "there");
    const training = trainingOf(CONFIG);
    spoil?.(training);
    await writeLitGpt(dir, CONFIG, { ...training }, yaml);
    await assert.rejects(planImport(dir), (error: unknown) => {
      assert.ok(error instanceof RangeError || error instanceof SyntaxError);
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("planImport() and writeImport() map all of a LitGPT training that there is here", async () => {
  await using folder = await temporaryFolder();
  const dir = join(folder.path, "there");
  await writeLitGpt(dir, CONFIG, { ...trainingOf(CONFIG) });
  const plan = await planImport(join(dir, "lit_model.pth"));
  assert.equal(plan.training?.samples, 12);
  const notices = plan.notices.join("\n");
  assert.match(notices, /train\.max_steps \(7\) is left out/);
  assert.match(notices, /data TinyLlama cannot be read/);
  assert.match(notices, /logger_name wandb becomes csv/);
  assert.match(notices, /goes on after 12 samples/);

  const outDir = join(folder.path, "here");
  const { path } = await writeImport(plan, { outDir });
  assert.equal(path, join(outDir, "step-00000003"));
  const { config } = loadRunConfig({
    file: join(path, "hyperparameters.yaml"),
  });
  // Settings of the optimizer are those it really had; only the rate is the run's.
  assert.deepEqual(config.optimizer.init_args, {
    lr: 0.002,
    betas: [0.9, 0.95],
    eps: 1e-8,
    weight_decay: 0.1,
  });
  assert.equal(config.train.max_tokens, 4096);
  assert.equal(config.train.max_steps, null);
  assert.equal(config.seed, 7);
  assert.equal(config.out_dir, outDir);
  const state = JSON.parse(await Deno.readTextFile(join(path, "state.json")));
  assert.equal(state.step, 3);
  assert.equal(state.tokens, 12 * 32);
  assert.deepEqual(state.loader, { samples: 12 });

  await assert.rejects(writeImport(plan, { outDir }), /it exists already/);
  await writeImport(plan, { outDir, overwrite: true });
});

Deno.test("planImport() takes the run's YAML from elsewhere, and counts its devices", async () => {
  await using folder = await temporaryFolder();
  const dir = join(folder.path, "there");
  await writeLitGpt(dir, CONFIG, { ...trainingOf(CONFIG) }, null);
  const runConfig = join(folder.path, "run.yaml");
  await Deno.writeTextFile(
    runConfig,
    HYPERPARAMETERS.replace("devices: auto", "devices: 2")
      .replace("global_batch_size: 4", "global_batch_size: 9")
      .replace("TinyLlama", "TextFiles")
      .replace("data_path: data", "train_data_path: texts")
      .replace("tokenizer_dir: null", "tokenizer_dir: tok"),
  );
  const plan = await planImport(dir, { runConfig });
  // Six micro-batches of two samples on each of two devices.
  assert.equal(plan.training?.samples, 24);
  assert.equal(plan.training?.run.train.global_batch_size, 8);
  const { data, tokenizer_dir } = plan.training!.run;
  assert.equal(data.class_path, "TextFiles");
  assert.equal(Reflect.get(data.init_args, "train_data_path"), "texts");
  assert.equal(tokenizer_dir, "tok");
  assert.match(plan.notices.join("\n"), /trained on 2 devices/);
});

Deno.test("planImport() puts old interleaved rows in order, those of the optimizer too", async () => {
  await using folder = await temporaryFolder();
  const [now, old] = ["now", "old"].map((name) => join(folder.path, name));
  const training = trainingOf(CONFIG);
  await writeLitGpt(now!, CONFIG, { ...training });
  // 4 heads in 2 groups of head_size 16: a group is 2 x 16 rows of Q, 16 of K, 16 of V.
  const interleave = (tensor: unknown) => {
    const source = tensor as ReturnType<typeof numbers>;
    const row = 32 * 4;
    const order = [0, 1, 4, 6, 2, 3, 5, 7];
    return Object.assign(numbers([128, 32]), {
      bytes: async () => {
        const bytes = await source.bytes();
        return Uint8Array.from(
          order.flatMap((block) => [
            ...bytes.subarray(block * 16 * row, (block + 1) * 16 * row),
          ]),
        );
      },
    });
  };
  const index = [...training.model.keys()].indexOf(QKV);
  const entry = training.optimizer.state.get(index)!;
  const model = new Map(
    [...training.model].map(([name, tensor]) =>
      name === QKV
        ? ["transformer.h.0.attn.attn.weight", interleave(tensor)] as const
        : [name, tensor] as const
    ),
  );
  entry["exp_avg"] = interleave(entry["exp_avg"]);
  await writeLitGpt(old!, CONFIG, { ...training, model });
  const [a, b] = await Promise.all([planImport(now!), planImport(old!)]);
  const key = `exp_avg.${QKV}`;
  assert.deepEqual(
    await readStored(b.weights.get(QKV)!),
    await readStored(a.weights.get(QKV)!),
  );
  assert.deepEqual(
    await readStored(b.training!.optimizer.get(key)!),
    await readStored(a.training!.optimizer.get(key)!),
  );
});

Deno.test("planImport() takes the weights of a training alone, and raw weights", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const training = trainingOf(CONFIG);
  await writeLitGpt(at("full"), CONFIG, { ...training }, null);
  await writeLitGpt(at("raw"), CONFIG, training.model, null);
  const full = await planImport(at("full"), { weightsOnly: true });
  const raw = await planImport(at("raw"));
  assert.equal(full.training, null);
  assert.equal(raw.training, null);
  const { path } = await writeImport(raw, { outDir: at("here") });
  assert.equal(path, join(at("here"), "final"));
  using model = await loadModel(path);
  assert.equal(model.weights.named.length, raw.weights.size);
});

Deno.test("planImport() says what a folder lacks, and what is in it", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await assert.rejects(planImport(at("nowhere")), /no such file or directory/);
  await assert.rejects(planImport(folder.path), /expected lit_model\.pth with/);
  await writeLitGpt(at("final"), CONFIG, trainingOf(CONFIG).model);
  await assert.rejects(planImport(folder.path), /give one of them: .*final/);
  await Deno.remove(at("final/model_config.yaml"));
  await assert.rejects(
    planImport(at("final")),
    /model_config\.yaml is missing/,
  );
});

Deno.test("a run goes out to LitGPT and in again, and goes on as if it had not", async () => {
  await using place = await workspace();
  const config = place.config({ train: { max_steps: 6, save_interval: 3 } });
  const losses = new Map<number, number>();
  await train(config, {
    onMetrics: ({ optimizer_step, loss }) =>
      losses.set(Number(optimizer_step), Number(loss)),
  });
  const at = (name: string) => join(place.dir, name);
  const source = await readCheckpoint(join(config.out_dir, "step-00000003"));
  const exported = await exportLitGpt(source, { outDir: at("litgpt") });
  assert.deepEqual(exported.files, [
    "hyperparameters.yaml",
    "lit_model.pth",
    "model_config.yaml",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  // A quarter of each head is rotated: not a model of transformers, so not one of LitGPT's evaluate.
  assert.match(exported.notices.join("\n"), /evaluate will not work.*rotary/s);
  const root = (await openTorchFile(at("litgpt/lit_model.pth"))).root as Map<
    string,
    unknown
  >;
  assert.equal(root.get("iter_num"), 6);
  assert.equal(root.get("step_count"), 3);

  const plan = await planImport(at("litgpt"));
  const { path } = await writeImport(plan, { outDir: at("back") });
  const again = new Map<number, number>();
  await train({ ...config, out_dir: at("back"), resume: path }, {
    onMetrics: ({ optimizer_step, loss }) =>
      again.set(Number(optimizer_step), Number(loss)),
  });
  assert.deepEqual([...again.keys()], [4, 5, 6]);
  for (const [step, loss] of again) assert.equal(loss, losses.get(step));
});

Deno.test("Trainer.open() says what to do with weights alone", async () => {
  await using place = await workspace();
  const config = place.config();
  const path = await writeWeights(config.model_config, join(place.dir, "in"));
  await assert.rejects(
    withTrainer({ ...config, resume: path }, () => Promise.resolve()),
    /it holds weights alone.*--initial-checkpoint-dir/,
  );
});

Deno.test("exportLitGpt() refuses what LitGPT has not, and what is there already", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const config = configOf("mixtral_like", { router_bias_update_rate: 1e-3 });
  const source = await readCheckpoint(await writeWeights(CONFIG, at("a")));
  await assert.rejects(
    exportLitGpt({ ...source, config }, { outDir: at("out") }),
    /router_bias_update_rate: LitGPT's router has no bias/,
  );
  await Deno.mkdir(at("out"));
  await Deno.writeTextFile(at("out/mine"), "precious");
  await assert.rejects(
    exportLitGpt(source, { outDir: at("out") }),
    /it exists already: give another --out-dir, or --overwrite/,
  );
  assert.equal(await Deno.readTextFile(at("out/mine")), "precious");
  await exportLitGpt(source, { outDir: at("out"), overwrite: true });
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.deepEqual(names.sort(), ["a", "out"]);
});

Deno.test("exportLitGpt() leaves nothing behind when it fails", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const source = await readCheckpoint(await writeWeights(CONFIG, at("a")));
  await Deno.truncate(join(source.path, "model.safetensors"), 4000);
  await assert.rejects(
    exportLitGpt(source, { outDir: at("out") }),
    /became shorter while it was read/,
  );
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.deepEqual(names, ["a"]);
});

import assert from "node:assert/strict";
import {
  defineConfig,
  gradientAccumulationIters,
  isSized,
  loadRunConfig,
  plannedSteps,
  tokensPerStep,
} from "../../lib/config/mod.ts";
import { BASE_MODELS, loadGood, loadYaml, withFile } from "./_yaml_run.ts";

Deno.test("loadRunConfig() starts from the quick start without arguments", () => {
  const { config, sources, notices } = loadRunConfig({ argv: [] });
  assert.equal(config.model_config.name, "MoE-Quickstart");
  assert.equal(config.data.class_path, "Corpus");
  assert.equal(config.tokenizer_dir, "data/tokenizer");
  assert.deepEqual(notices, []);
  assert.equal(sources.get("train.max_norm"), "configs/train/quickstart.yaml");
});

Deno.test("loadRunConfig() lets defaults give way to file, model file and flags", () => {
  const model = "configs/model/moe-30m-debug.yaml";
  const yaml = `
model_name: moe-quickstart
seed: 7
train: {max_steps: 5, lr_warmup_steps: 1, global_batch_size: 8, micro_batch_size: 2}
`;
  const { config, sources } = loadYaml(yaml, [
    "--model-config",
    model,
    "--train.micro_batch_size",
    "4",
    "--model_config.n_layer",
    "6",
  ]);
  assert.equal(config.optimizer.init_args.lr, 1e-3);
  assert.equal(sources.get("optimizer.init_args.lr"), "default");
  assert.equal(config.seed, 7);
  assert.match(sources.get("seed") ?? "", /run_.*\.yaml$/);
  assert.equal(config.model_config.n_embd, 256);
  assert.equal(sources.get("model_config.n_embd"), model);
  assert.equal(config.model_config.n_layer, 6);
  assert.equal(sources.get("model_config.n_layer"), "--model_config.n_layer");
  assert.equal(config.train.micro_batch_size, 4);
  assert.equal(
    sources.get("train.micro_batch_size"),
    "--train.micro_batch_size",
  );
  assert.equal(sources.get("model_config.head_size"), "derived");
  assert.equal(config.model_name, null);
});

Deno.test("loadRunConfig() knows a source for every key", () => {
  const { config, sources } = loadRunConfig({ argv: [] });
  const keys: string[] = [];
  const collect = (value: unknown, key: string): void => {
    const isSection = typeof value === "object" && value !== null &&
      !Array.isArray(value) && key !== "model_config.hf_config";
    if (!isSection) keys.push(key);
    else {for (const [k, v] of Object.entries(value)) {
        collect(v, key ? `${key}.${k}` : k);
      }}
  };
  collect(config, "");
  assert.deepEqual(keys.sort(), [...sources.keys()].sort());
});

Deno.test("loadRunConfig() takes overrides from code, nested or dotted, over the file", () => {
  const { config, sources } = loadRunConfig({
    file: "configs/train/quickstart.yaml",
    overrides: {
      "train.lr_warmup_steps": 3,
      optimizer: { lr: 1e-2 },
      eval: { interval: 0 },
    },
  });
  assert.equal(config.train.lr_warmup_steps, 3);
  assert.equal(config.optimizer.init_args.lr, 1e-2);
  assert.deepEqual(config.optimizer.init_args.betas, [0.9, 0.95]);
  assert.equal(config.eval.interval, 0);
  assert.equal(sources.get("eval.interval"), "code");
});

Deno.test("loadRunConfig() freezes everything", () => {
  const { config } = loadRunConfig({ argv: [] });
  for (
    const part of [
      config,
      config.train,
      config.model_config,
      config.optimizer.init_args.betas,
    ]
  ) {
    assert.ok(Object.isFrozen(part));
  }
});

Deno.test("loadRunConfig() reads data in every form LitGPT has", () => {
  const forms = [
    "data: TextFiles\n",
    "data: litgpt.data.TextFiles\n",
    "data: {class_path: TextFiles}\n",
    "data: {class_path: litgpt.data.TextFiles, init_args: {num_workers: null}}\n",
    "data:\n  class_path: litgpt.data.text_files.TextFiles\n  init_args:\n",
  ];
  const flags = ["--data.train_data_path", "text", "--tokenizer-dir", "tok"];
  for (const form of forms) {
    assert.deepEqual(loadGood(form, flags).config.data, {
      class_path: "TextFiles",
      init_args: {
        train_data_path: "text",
        val_data_path: null,
        seed: 42,
        text_field: "text",
        num_workers: null,
      },
    }, form);
  }
  assert.deepEqual(
    loadGood("data: TinyStories\ntokenizer_dir: t\n").config.data,
    {
      class_path: "TinyStories",
      init_args: { data_path: "data/tinystories", seed: 42, num_workers: null },
    },
  );
  assert.deepEqual(
    loadGood("data: {class_path: LitData, init_args: {split_names: [a, b]}}\n")
      .config.data,
    {
      class_path: "LitData",
      init_args: {
        data_path: "data",
        split_names: ["a", "b"],
        seed: 42,
        num_workers: null,
      },
    },
  );
  assert.equal(loadGood("data:\n").config.data.class_path, "Corpus");
});

Deno.test("loadRunConfig() drops the arguments of data that a flag replaces", () => {
  const yaml =
    "data: {class_path: TextFiles, init_args: {train_data_path: x, seed: 1}}\ntokenizer_dir: t\n";
  assert.deepEqual(loadGood(yaml, ["--data", "Corpus"]).config.data, {
    class_path: "Corpus",
    init_args: { seed: 42 },
  });
  assert.deepEqual(
    loadGood(yaml, ["--data", "TextFiles"]).config.data.init_args.seed,
    1,
  );
});

Deno.test("loadRunConfig() reads the optimizer in every form LitGPT has", () => {
  const forms = [
    "optimizer: AdamW\n",
    "optimizer: torch.optim.AdamW\n",
    "optimizer: {class_path: torch.optim.AdamW}\n",
    "optimizer: {class_path: AdamW, init_args: {weight_decay: 0.01}}\n",
    "optimizer: {weight_decay: 0.01}\n",
  ];
  for (const form of forms) {
    assert.deepEqual(loadGood(form).config.optimizer, {
      class_path: "torch.optim.AdamW",
      init_args: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weight_decay: 0.01,
      },
    }, form);
  }
});

Deno.test("loadRunConfig() reads resume as LitGPT does", () => {
  const forms: [text: string, value: boolean | string][] = [
    ["false", false],
    ["true", true],
    ["auto", "auto"],
    ["", false],
    ["out/x/step-00000010", "out/x/step-00000010"],
  ];
  for (const [text, value] of forms) {
    assert.equal(loadGood(`resume: ${text}\n`).config.resume, value);
  }
});

Deno.test("loadRunConfig() takes a model inline, by path, and by name", () => {
  const inline =
    "{n_layer: 1, n_embd: 64, n_head: 4, block_size: 64, norm_class_name: RMSNorm, mlp_class_name: LLaMAMLP, intermediate_size: 128}";
  // As in LitGPT, model_config wins over model_name.
  assert.equal(
    loadGood(`model_config: ${inline}\n`).config.model_config.n_embd,
    64,
  );
  assert.equal(
    loadGood("model_config: configs/model/moe-30m-debug.yaml\n").config
      .model_config.n_embd,
    256,
  );
  assert.equal(loadGood("model_config:\n").config.model_config.n_embd, 128);
  assert.equal(loadGood("", ["moe-30m-debug"]).config.model_config.n_embd, 256);
  assert.equal(
    loadGood("", ["--model_name", "moe-30m-debug"]).config.model_config.n_embd,
    256,
  );
});

Deno.test("loadRunConfig() shortens the default warm-up of a short run only", () => {
  const warmup = (train: string) =>
    loadGood(`train: {global_batch_size: 8, micro_batch_size: 8, ${train}}\n`)
      .config.train.lr_warmup_steps;
  assert.equal(warmup("max_steps: 100"), 10);
  assert.equal(warmup("max_steps: 3"), 0);
  assert.equal(warmup("max_steps: 100000"), 2000);
  assert.equal(warmup("max_steps: 100, lr_warmup_steps: 20"), 20);
  assert.equal(warmup("max_steps: 100, lr_warmup_steps: null"), null);
  assert.equal(warmup("max_steps: 100, lr_warmup_fraction: 0.1"), null);
});

Deno.test("loadRunConfig() reads an empty or zero save_interval as only a final checkpoint", () => {
  assert.equal(
    loadGood("", ["--train.save_interval", "0"]).config.train.save_interval,
    null,
  );
  assert.equal(
    loadGood("", ["--train.save_interval", "null"]).config.train.save_interval,
    null,
  );
  assert.equal(loadGood("").config.train.save_interval, 1000);
});

Deno.test("loadRunConfig() says what has no effect, and takes the names of scripts built on LitGPT", () => {
  const { notices, config } = loadGood(`
log: {project: mine}
checkpointing: {upload_to_hf: true, hf_repo_id: me/it, keep_last_local: 2}
model_config: ${
    JSON.stringify({
      ...BASE_MODELS.moe,
      moe_router_stats: true,
      moe_aux_loss_weight: 0.01,
    })
  }
`);
  assert.equal(config.log.keep_last, 2);
  assert.equal(config.model_config.router_aux_loss_coef, 0.01);
  const keys = notices.map((notice) => notice.replace(/ \(.*/, ""));
  assert.deepEqual(keys.sort(), [
    "checkpointing.hf_repo_id",
    "checkpointing.upload_to_hf",
    "log.project",
    "model_config.moe_router_stats",
  ]);
});

Deno.test("defineConfig() completes a configuration written in code", () => {
  const config = defineConfig({
    model_name: "moe-quickstart",
    data: "Corpus",
    optimizer: { init_args: { lr: 3e-3 } },
    train: { max_steps: 100, global_batch_size: 8, micro_batch_size: 2 },
  });
  assert.equal(config.train.max_seq_length, 256);
  assert.equal(config.tokenizer_dir, "data/tokenizer");
  assert.ok(isSized(config));
  assert.equal(gradientAccumulationIters(config.train), 4);
  assert.equal(tokensPerStep(config.train), 2048);
  assert.equal(plannedSteps(config.train), 100);
});

Deno.test("plannedSteps() follows LitGPT: 320,000 tokens are 9 steps", () => {
  const { config } = loadRunConfig({ file: "configs/train/seed.yaml" });
  assert.equal(plannedSteps(config.train), 9);
  assert.equal(plannedSteps({ ...config.train, max_steps: 4 }), 4);
  assert.equal(plannedSteps({ ...config.train, max_tokens: null }), null);
});

Deno.test("every file in configs/ loads", () => {
  const yamlFiles = (folder: string) =>
    [...Deno.readDirSync(folder)].map(({ name }) => folder + name)
      .filter((file) => file.endsWith(".yaml"));
  const runs = yamlFiles("configs/train/");
  const models = yamlFiles("configs/model/");
  assert.ok(runs.length >= 4 && models.length >= 3);
  for (const file of runs) {
    assert.deepEqual(loadRunConfig({ file }).notices, []);
  }
  for (const modelFile of models) {
    const { config } = loadRunConfig({
      modelFile,
      overrides: { "train.max_steps": 10 },
    });
    assert.equal(config.model_config.mlp_class_name, "LLaMAMoE", modelFile);
  }
});

Deno.test("loadRunConfig() works in a folder that is not the project's", () => {
  const here = Deno.cwd();
  withFile("model_name: moe-quickstart\n", (file) => {
    Deno.chdir("/");
    try {
      assert.equal(loadRunConfig({ file }).config.model_config.n_embd, 128);
      assert.equal(loadRunConfig({ argv: [] }).config.model_config.n_embd, 128);
    } finally {
      Deno.chdir(here);
    }
  });
});

import assert from "node:assert/strict";
import {
  describeOptions,
  flagOf,
  loadRunConfig,
  parseCommandLine,
  SHORT_FLAGS,
} from "../../lib/config/mod.ts";
import { loadGood } from "./_yaml_run.ts";

const values = (argv: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    [...parseCommandLine(argv).overrides].map((
      [key, { value }],
    ) => [key, value]),
  );

Deno.test("parseCommandLine() reads dotted keys, with dashes or underscores, with = or a space", () => {
  for (
    const flag of [
      "--train.max_tokens",
      "--train.max-tokens",
      "--max-tokens",
      "--max_tokens",
    ]
  ) {
    assert.deepEqual(values([flag, "1000"]), { "train.max_tokens": 1000 });
    assert.deepEqual(values([`${flag}=1000`]), { "train.max_tokens": 1000 });
  }
  assert.deepEqual(values(["--optimizer.lr", "3e-4"]), {
    "optimizer.init_args.lr": 3e-4,
  });
  assert.deepEqual(values(["--optimizer.init_args.lr", "3e-4"]), {
    "optimizer.init_args.lr": 3e-4,
  });
  assert.deepEqual(values(["--model_config.n_layer", "4"]), {
    "model_config.n_layer": 4,
  });
  assert.deepEqual(
    values(["--data", "litgpt.data.TextFiles", "--data.train-data-path", "x"]),
    {
      "data.class_path": "TextFiles",
      "data.init_args.train_data_path": "x",
    },
  );
});

Deno.test("parseCommandLine() reads numbers as people write them", () => {
  const numbers: [text: string, value: number][] = [
    ["1e6", 1e6],
    ["1_000_000", 1e6],
    ["3000000000000", 3e12],
    ["2.5e3", 2500],
  ];
  for (const [text, value] of numbers) {
    assert.deepEqual(values(["--max-tokens", text]), {
      "train.max_tokens": value,
    });
  }
  assert.deepEqual(values(["--train.min_lr", "1e-5"]), {
    "train.min_lr": 1e-5,
  });
  assert.deepEqual(values(["--train.epochs", "null"]), {
    "train.epochs": null,
  });
  assert.deepEqual(values(["--optimizer.betas", "[0.9, 0.95]"]), {
    "optimizer.init_args.betas": [0.9, 0.95],
  });
  assert.deepEqual(values(["--optimizer.betas", "0.9,0.95"]), {
    "optimizer.init_args.betas": [0.9, 0.95],
  });
});

Deno.test("parseCommandLine() keeps text that looks like something else", () => {
  assert.deepEqual(values(["--out-dir", "2024"]), { out_dir: "2024" });
  assert.deepEqual(values(["--out-dir", "2024-05-01"]), {
    out_dir: "2024-05-01",
  });
  assert.deepEqual(values(["--out-dir", "a #b: c"]), { out_dir: "a #b: c" });
  assert.deepEqual(values(["--out-dir", "[x"]), { out_dir: "[x" });
});

Deno.test("parseCommandLine() reads switches", () => {
  const compile = "optimization.compile";
  assert.deepEqual(values(["--compile"]), { [compile]: true });
  assert.deepEqual(values(["--compile", "false"]), { [compile]: false });
  assert.deepEqual(values(["--compile=true"]), { [compile]: true });
  assert.deepEqual(values(["--no-compile"]), { [compile]: false });
  assert.deepEqual(values(["--no-optimization.compile"]), { [compile]: false });
  assert.deepEqual(values(["--compile", "moe-200m"]), {
    [compile]: true,
    model_name: "moe-200m",
  });
  assert.deepEqual(values(["--compile", "--no-compile"]), { [compile]: false });
});

Deno.test("parseCommandLine() knows short flags", () => {
  const argv = [
    ...[
      "--compile-mode",
      "max-autotune",
      "--compile-dynamic",
      "--flash-attention-force",
    ],
    ...["--no-progress", "--micro-batch-size", "2", "--global-batch-size", "4"],
    ...["--max-tokens", "1e6", "--max-seq-length", "128", "--out-dir", "o"],
    ...[
      "--tokenizer-dir",
      "t",
      "--precision",
      "32-true",
      "--gradient-checkpointing",
    ],
    ...["--logger", "tensorboard", "--seed", "7", "--device", "cuda:1"],
  ];
  assert.deepEqual(values(argv), {
    "optimization.compile": true,
    "optimization.compile_mode": "max-autotune",
    "optimization.compile_dynamic": true,
    "optimization.flash_attention": true,
    "optimization.flash_attention_force": true,
    "log.progress": false,
    "train.micro_batch_size": 2,
    "train.global_batch_size": 4,
    "train.max_tokens": 1e6,
    "train.max_seq_length": 128,
    "train.gradient_checkpointing": true,
    out_dir: "o",
    tokenizer_dir: "t",
    precision: "32-true",
    logger_name: "tensorboard",
    seed: 7,
    device: "cuda:1",
  });
});

Deno.test("parseCommandLine() reads --resume alone and with each of its values", () => {
  assert.deepEqual(values(["--resume"]), { resume: true });
  assert.deepEqual(values(["--resume", "--seed", "1"]), {
    resume: true,
    seed: 1,
  });
  assert.deepEqual(values(["--resume", "true"]), { resume: true });
  assert.deepEqual(values(["--resume", "auto"]), { resume: "auto" });
  assert.deepEqual(values(["--resume", "out/x/step-00000010"]), {
    resume: "out/x/step-00000010",
  });
  assert.deepEqual(values(["--no-resume"]), { resume: false });
});

Deno.test("parseCommandLine() switches compile on with its mode, unless it is switched off", () => {
  assert.equal(
    loadGood("optimization: {compile: false}\n", [
      "--compile-mode",
      "reduce-overhead",
    ]).config.optimization.compile,
    true,
  );
  assert.equal(
    loadGood("", ["--compile-mode", "reduce-overhead", "--no-compile"]).config
      .optimization.compile,
    false,
  );
});

Deno.test("parseCommandLine() reads files and requests", () => {
  const line = parseCommandLine([
    "-c",
    "a.yaml",
    "--model-config",
    "b.yaml",
    "--print-config",
  ]);
  assert.deepEqual([line.file, line.modelFile, line.printConfig, line.help], [
    "a.yaml",
    "b.yaml",
    true,
    false,
  ]);
  assert.equal(
    parseCommandLine(["--train-config=a.yaml", "--model_config=b.yaml"]).file,
    "a.yaml",
  );
  assert.equal(loadRunConfig({ argv: ["--print-config"] }).printConfig, true);
});

Deno.test("parseCommandLine() gives help whatever else is wrong", () => {
  assert.equal(parseCommandLine(["--frobnicate", "--help"]).help, true);
  assert.equal(parseCommandLine(["-h"]).help, true);
  assert.equal(loadRunConfig({ argv: ["--frobnicate", "--help"] }).help, true);
});

Deno.test("every option has a flag that sets it, and every short flag an option", () => {
  const options = describeOptions();
  for (const { key, flag } of options) {
    assert.deepEqual(
      [...parseCommandLine([`${flag}=null`]).overrides.keys()].slice(0, 1),
      [key],
      flag,
    );
    assert.deepEqual(
      [...parseCommandLine([`--${key}=null`]).overrides.keys()].slice(0, 1),
      [key],
      key,
    );
  }
  const keys = new Set(options.map(({ key }) => key));
  for (const [name, key] of SHORT_FLAGS) {
    assert.ok(keys.has(key), name);
    assert.equal(flagOf(key), `--${name.replaceAll("_", "-")}`);
  }
});

Deno.test("the short flags of the command line set what they say", () => {
  const [on, off] = [true, false];
  const cases: [flag: string, key: string, value: unknown][] = [
    ["--compile", "optimization.compile", on],
    ["--no-compile", "optimization.compile", off],
    ["--compile-mode=default", "optimization.compile_mode", "default"],
    [
      "--compile-mode=reduce-overhead",
      "optimization.compile_mode",
      "reduce-overhead",
    ],
    [
      "--compile-mode=max-autotune",
      "optimization.compile_mode",
      "max-autotune",
    ],
    ["--compile-dynamic", "optimization.compile_dynamic", on],
    ["--no-compile-dynamic", "optimization.compile_dynamic", off],
    ["--flash-attention", "optimization.flash_attention", on],
    ["--flash-attention-force", "optimization.flash_attention_force", on],
    ["--no-flash-attention", "optimization.flash_attention", off],
    ["--resume=auto", "resume", "auto"],
    ["--resume=true", "resume", on],
    ["--resume=out/x/step-00000010", "resume", "out/x/step-00000010"],
    [
      "--resume=out/x/final/model.safetensors",
      "resume",
      "out/x/final/model.safetensors",
    ],
    ["--progress", "log.progress", on],
    ["--no-progress", "log.progress", off],
    ["--micro-batch-size=4", "train.micro_batch_size", 4],
    ["--micro-batch-size=auto", "train.micro_batch_size", "auto"],
    ["--global-batch-size=16", "train.global_batch_size", 16],
    ["--max-tokens=1e6", "train.max_tokens", 1e6],
    ["--max-seq-length=64", "train.max_seq_length", 64],
    ["--out-dir=out/y", "out_dir", "out/y"],
    ["--tokenizer-dir=gpt2", "tokenizer_dir", "gpt2"],
    ["--precision=bf16-true", "precision", "bf16-true"],
    ["--gradient-checkpointing", "train.gradient_checkpointing", on],
    ["--no-gradient-checkpointing", "train.gradient_checkpointing", off],
    ["--logger=csv", "logger_name", "csv"],
    ["--logger=tensorboard", "logger_name", "tensorboard"],
    ["--logger=none", "logger_name", "none"],
    ["--seed=7", "seed", 7],
    ["--device=cuda:1", "device", "cuda:1"],
    ["--train.max_tokens=1e6", "train.max_tokens", 1e6],
    ["--optimizer.lr=0.01", "optimizer.init_args.lr", 0.01],
  ];
  for (const [flag, key, value] of cases) {
    const { config, sources } = loadRunConfig({ argv: [flag] });
    const got = key.split(".").reduce<unknown>(
      (section, word) => Reflect.get(Object(section), word),
      config,
    );
    assert.equal(got, value, flag);
    assert.equal(sources.get(key), flag.split("=")[0], flag);
  }
});

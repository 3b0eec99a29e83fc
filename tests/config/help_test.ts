import { parse } from "@std/yaml";
import assert from "node:assert/strict";
import { z } from "zod";
import { SCHEMA_FILES } from "../../lib/config/generate_schemas.ts";
import {
  describeOptions,
  helpText,
  jsonSchema,
  nearest,
  suggestKey,
} from "../../lib/config/mod.ts";

Deno.test("describeOptions() says what every key is, accepts and defaults to", () => {
  const options = describeOptions();
  assert.ok(options.length > 100);
  for (const { key, allowed, description } of options) {
    assert.ok(description.length > 5, key);
    assert.ok(allowed.length > 0, key);
  }
  const option = (key: string) => options.find((each) => each.key === key);
  assert.deepEqual(option("train.global_batch_size"), {
    key: "train.global_batch_size",
    flag: "--global-batch-size",
    allowed: "an integer >= 1",
    default: 512,
    description: "Samples in an optimizer step",
    reserved: false,
  });
  assert.equal(
    option("precision")?.allowed,
    "one of 32-true, bf16-mixed, bf16-true or null",
  );
  assert.equal(option("data.init_args.train_data_path")?.default, undefined);
});

Deno.test("helpText() shows every flag once, with its default", () => {
  const help = helpText();
  for (const { flag } of describeOptions()) {
    const lines = help.split("\n").filter((line) =>
      line === `  ${flag}` || line.startsWith(`  ${flag}, --`)
    );
    assert.equal(lines.length, 1, flag);
  }
  assert.match(
    help,
    /--optimizer\.lr\n.*learning rate\n.*a number > 0; default 0\.001\n/,
  );
  assert.match(help, /--model-config FILE/);
});

Deno.test("jsonSchema() describes every key and the short forms", () => {
  const text = JSON.stringify(jsonSchema());
  for (const { key } of describeOptions()) {
    const name = key.slice(key.lastIndexOf(".") + 1);
    assert.ok(text.includes(`"${name}":{`), key);
  }
  const { properties, additionalProperties } = jsonSchema() as {
    properties: Record<
      string,
      { anyOf?: { type?: string; enum?: string[] }[] }
    >;
    additionalProperties: boolean;
  };
  assert.equal(additionalProperties, false);
  const data = properties["data"]?.anyOf ?? [];
  assert.ok(data.some((form) => form.enum?.includes("TinyStories")));
  assert.ok(
    properties["model_config"]?.anyOf?.some((form) => form.type === "string"),
  );
});

Deno.test("suggestKey() finds typos, swapped letters, other places and other tools' names", () => {
  const keys = describeOptions().map(({ key }) => key);
  const cases: [wrong: string, right: string | undefined][] = [
    ["train.max_token", "train.max_tokens"],
    ["train.mirco_batch_size", "train.micro_batch_size"],
    ["trian.max_tokens", "train.max_tokens"],
    ["n_layer", "model_config.n_layer"],
    ["gradient_checkpoint", "train.gradient_checkpointing"],
    ["model_config.num_hidden_layers", "model_config.n_layer"],
    ["train.grad_clip", "train.max_norm"],
    ["out", "out_dir"],
    ["zzzzzz", undefined],
  ];
  for (const [wrong, right] of cases) {
    assert.equal(suggestKey(wrong, keys), right, wrong);
  }
});

Deno.test("nearest() allows an edit for every three letters", () => {
  assert.equal(nearest("bf16_mixed", ["32-true", "bf16-mixed"]), "bf16-mixed");
  assert.equal(nearest("abc", ["abd", "xyz"]), "abd");
  assert.equal(nearest("abc", ["axy"]), undefined);
});

const CONFIGS = new URL("../../configs/", import.meta.url);

Deno.test("configs/schema holds what deno task generate-schemas writes", async () => {
  for (const [name, text] of SCHEMA_FILES) {
    const file = new URL(`schema/${name}`, CONFIGS);
    assert.equal(
      await Deno.readTextFile(file),
      text,
      `${name} is old: deno task generate-schemas`,
    );
  }
});

for (const [folder, schema] of [["train", "run"], ["model", "model"]]) {
  Deno.test(`editors accept every file in configs/${folder}, and mark what is wrong`, async () => {
    const url = new URL(`schema/${schema}.json`, CONFIGS);
    const checks = z.fromJSONSchema(JSON.parse(await Deno.readTextFile(url)));
    const files = [...Deno.readDirSync(new URL(folder!, CONFIGS))];
    assert.ok(files.length >= 3);
    for (const { name } of files) {
      const text = await Deno.readTextFile(
        new URL(`${folder}/${name}`, CONFIGS),
      );
      const [first] = text.split("\n");
      const comment =
        `# yaml-language-server: $schema=../schema/${schema}.json`;
      assert.equal(first, comment, name);
      const content = parse(text) as object;
      const { error } = checks.safeParse(content);
      assert.equal(error, undefined, `${name}: ${error}`);
      assert.equal(checks.safeParse({ ...content, sed: 1 }).success, false);
    }
  });
}

Deno.test("editors accept LitGPT's ways of writing, and those of scripts built on it", () => {
  const checks = z.fromJSONSchema(jsonSchema());
  const accepts = (yaml: string) => checks.safeParse(parse(yaml)).success;
  for (
    const yaml of [
      "{data: TinyStories, optimizer: AdamW}",
      "data: {class_path: litgpt.data.TextFiles, init_args: {train_data_path: x}}",
      "{precision: , train: {epochs: , save_interval: }}",
      "optimizer: {class_path: torch.optim.AdamW, init_args: {betas: [0.9, 0.95]}}",
      "{checkpointing: {keep_last_local: 2}, model_config: {moe_aux_loss_weight: 0.01}}",
      "{model_config: configs/model/moe-200m.yaml, resume: auto, train: {micro_batch_size: auto}}",
    ]
  ) assert.ok(accepts(yaml), yaml);
  for (
    const yaml of [
      "data: TinyStory",
      "data: {class_path: TextFiles}",
      "train: {micro_batch_size: 0}",
      "optimizer: {init_args: {betas: [0.9]}}",
      "precision: fp8",
    ]
  ) assert.ok(!accepts(yaml), yaml);
});

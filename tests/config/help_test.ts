import assert from "node:assert/strict";
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

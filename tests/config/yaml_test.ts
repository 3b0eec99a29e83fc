import { parse } from "@std/yaml";
import assert from "node:assert/strict";
import {
  defineModelConfig,
  loadModelConfig,
  loadRunConfig,
  modelConfigToYaml,
  type ModelInput,
  type RunConfig,
  runConfigToYaml,
} from "../../lib/config/mod.ts";
import { BASE_MODELS, loadGood, loadYaml, withFile } from "./_yaml_run.ts";

const ODD_RUN = `
out_dir: "yes: #1"
resume: auto
data: {class_path: TextFiles, init_args: {train_data_path: "1e-5"}}
tokenizer_dir: "012"
train: {global_batch_size: 6, micro_batch_size: 3, max_steps: 10, max_time: 1e300, min_lr: 1.5e-9, tie_embeddings: null}
optimizer: {lr: 1e-7, eps: 1e-12, betas: [0, 0.999999999]}
log: {project: "null", metadata: {tags: [a, 1]}}
model_config: ${
  JSON.stringify({
    ...BASE_MODELS.moe,
    hf_config: { name: "x", org: "y" },
    norm_eps: 1e-7,
    n_shared_expert: 1,
  })
}
`;

const runs = (): RunConfig[] => [
  ...[...Deno.readDirSync("configs/train")]
    .filter(({ name }) => name.endsWith(".yaml"))
    .map(({ name }) => loadRunConfig({ file: `configs/train/${name}` }).config),
  loadGood(ODD_RUN).config,
];

Deno.test("runConfigToYaml() writes what loads back equal", () => {
  for (const config of runs()) {
    const text = runConfigToYaml(config);
    assert.deepEqual(loadYaml(text).config, config);
    assert.equal(runConfigToYaml(loadYaml(text).config), text);
  }
});

Deno.test("runConfigToYaml() and modelConfigToYaml() write every number such that PyYAML reads a number", () => {
  // PyYAML's resolvers for float and int.
  const float =
    /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
  const integer = /^[-+]?(?:0|[1-9][0-9_]*)$/;
  for (const config of runs()) {
    const text = runConfigToYaml(config) +
      modelConfigToYaml(config.model_config);
    const scalars = text.split("\n")
      .map((line) => line.replace(/^\s*(?:- )*(?:\w+:)? ?/, ""))
      .filter((scalar) => typeof parse(scalar || "~") === "number");
    assert.ok(scalars.length > 50);
    for (const scalar of scalars) {
      assert.ok(float.test(scalar) || integer.test(scalar), scalar);
    }
  }
  assert.match(runConfigToYaml(loadGood(ODD_RUN).config), /eps: 1\.0e-12\n/);
});

Deno.test("modelConfigToYaml() writes LitGPT's keys only, sorted, and loads back equal", () => {
  const models: ModelInput[] = [
    BASE_MODELS.moe,
    { ...BASE_MODELS.dense, intermediate_size: 128, norm_eps: 1e-8 },
  ];
  for (const input of models) {
    const config = defineModelConfig(input);
    const text = modelConfigToYaml(config);
    assert.deepEqual(withFile(text, loadModelConfig), config);
    const keys = Object.keys(parse(text) as Record<string, unknown>);
    assert.deepEqual(keys, [...keys].sort());
    assert.equal(keys.length, 51);
    assert.ok(
      !keys.some((key) => key.startsWith("router_") || key === "rope_n_elem"),
    );
  }
});

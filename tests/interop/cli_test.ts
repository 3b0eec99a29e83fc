import { strict as assert } from "node:assert";
import { join } from "node:path";
import { runCommand } from "../cli/_command.ts";
import { mappingTable } from "../../lib/cli/_mapping_table.ts";
import { withHub } from "../hub/_setup.ts";
import { configOf, temporaryFolder, writeWeights } from "./_models.ts";

Deno.test("mappingTable() has a row for tensors that differ in layer and expert alone", () => {
  const tensor = (name: string, to: string[], shape = [2, 3]) => ({
    from: [name],
    to,
    shape,
    dtype: "F32",
  });
  const table = mappingTable([
    tensor("wte.weight", ["embed"], [9, 3]),
    tensor("h.0.qkv.weight", ["l.0.q", "l.0.k", "l.0.v"]),
    tensor("h.0.x.0.fc.weight", ["l.0.x.0.w1"]),
    tensor("h.0.x.1.fc.weight", ["l.0.x.1.w1"]),
    tensor("h.1.qkv.weight", ["l.1.q", "l.1.k", "l.1.v"]),
    tensor("h.1.x.0.fc.weight", ["l.1.x.0.w1"]),
    tensor("h.1.x.1.fc.weight", ["l.1.x.1.w1"]),
  ], ["here", "there"]);
  assert.deepEqual(table.split("\n"), [
    "here                   there           shape   dtype  tensors",
    "wte.weight             embed           [9, 3]  F32    1",
    "h.0-1.qkv.weight       l.0-1.{q,k,v}   [2, 3]  F32    2",
    "h.0-1.x.0-1.fc.weight  l.0-1.x.0-1.w1  [2, 3]  F32    4",
  ]);
});

Deno.test("export and import go to transformers and LitGPT and back, with a table", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const config = configOf("mixtral_like", {
    vocab_size: 4096,
    padded_vocab_size: 4096,
  });
  const path = await writeWeights(config, at("here"));
  for (const format of ["hf", "litgpt"]) {
    const out = await runCommand("export", [
      path,
      ...["--format", format],
      ...["--out-dir", at(format)],
    ]);
    assert.equal(out.code, 0, out.stderr);
    assert.match(out.stdout, /^here +there +shape +dtype +tensors\n/);
    assert.match(
      out.stdout,
      /transformer\.h\.0-1\.mlp\.experts\.0-7\.fc_1\.weight/,
    );
    assert.match(out.stdout, /Saved {4}.*tokenizer\.json/);
    const back = await runCommand("import", [
      at(format),
      ...["--out-dir", at(`${format}-back`)],
    ]);
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, /^there +here +shape +dtype +tensors\n/);
    assert.match(back.stdout, /Saved {4}.*final, .*--initial-checkpoint-dir/);
    const final = join(at(`${format}-back`), "final");
    assert.deepEqual(
      await Deno.readFile(join(final, "model.safetensors")),
      await Deno.readFile(join(path, "model.safetensors")),
    );
    const text = await runCommand("generate", [
      final,
      ...["--max-new-tokens", "3", "--prompt", "Hello"],
    ]);
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /^Hello/);
  }
  const again = await runCommand("export", [
    path,
    ...["--format", "hf", "--out-dir", at("hf")],
  ]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /it exists already: give another --out-dir/);
});

Deno.test("import takes a model of the hub by its name", async () => {
  await withHub(async ({ hub, folder }) => {
    const at = (name: string) => join(folder, name);
    const path = await writeWeights(configOf("dense"), at("here"));
    await runCommand("export", [path, "--format", "hf", "--out-dir", at("hf")]);
    const files: Record<string, Uint8Array> = {};
    for (const { name } of Deno.readDirSync(at("hf"))) {
      files[name] = await Deno.readFile(join(at("hf"), name));
    }
    hub.commit("models/ann/tiny", { ...files, "pytorch_model.bin": "unused" });
    const out = await runCommand("import", [
      "ann/tiny",
      ...["--out-dir", at("back")],
    ], {
      env: {
        HF_ENDPOINT: hub.endpoint,
        HF_HOME: at("cache"),
        HF_HUB_CACHE: at("cache/hub"),
        HF_TOKEN: "",
      },
    });
    assert.equal(out.code, 0, out.stderr);
    assert.deepEqual(
      await Deno.readFile(at("back/final/model.safetensors")),
      await Deno.readFile(join(path, "model.safetensors")),
    );
    assert.ok(hub.requests.every(({ url }) => !url.includes("pytorch_model")));
  });
});

Deno.test("export puts a model on the hub, from where import takes it", async () => {
  const token = "hf_secret";
  await withHub(async ({ hub, folder }) => {
    const at = (name: string) => join(folder, name);
    const config = configOf("dense", {
      vocab_size: 4096,
      padded_vocab_size: 4096,
    });
    const path = await writeWeights(config, at("here"));
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: at("cache"),
      HF_HUB_CACHE: at("cache/hub"),
      HF_TOKEN: token,
    };
    const args = [
      ...[path, "--format", "hf", "--out-dir", at("hf")],
      ...["--push-to-hub", "ann/tiny", "--private"],
    ];
    const refused = await runCommand("export", args, {
      env: { ...env, HF_TOKEN: "" },
    });
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^Cannot upload the model ann\/tiny: .*HF_TOKEN/,
    );
    const wrong = await runCommand("export", args, {
      env: { ...env, HF_TOKEN: "hf_other" },
    });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /hf is whole: with --overwrite/);
    assert.match(wrong.stderr, /Cannot upload the model ann\/tiny: .*401/);
    assert.deepEqual(hub.repositories, {});

    const out = await runCommand("export", [...args, "--overwrite"], { env });
    assert.equal(out.code, 0, out.stderr);
    const commit = hub.repositories["models/ann/tiny"]?.main;
    assert.match(out.stdout, new RegExp(`^Uploaded .*${commit}$`, "m"));
    assert.ok(hub.privates.has("models/ann/tiny"));
    const back = await runCommand("import", [
      "ann/tiny",
      ...["--out-dir", at("back")],
    ], { env });
    assert.equal(back.code, 0, back.stderr);
    for (const file of ["model.safetensors", "tokenizer.json"]) {
      assert.deepEqual(
        await Deno.readFile(join(at("back/final"), file)),
        await Deno.readFile(join(path, file)),
      );
    }
  }, { token });
});

Deno.test("import and export say what is wrong with a command line", async () => {
  const cases: [name: string, args: string[], code: number, says: RegExp][] = [
    ["import", [], 2, /Expected one DIR, FILE or HF-NAME/],
    ["import", ["/nowhere/at/all"], 1, /not the OWNER\/NAME of a model/],
    ["import", ["x", "--fromat", "hf"], 2, /did you mean --format/],
    ["export", [], 2, /Expected one CHECKPOINT_DIR/],
    ["export", ["out/a"], 2, /Expected --format hf or --format litgpt/],
    [
      "export",
      ["out/a", "--format", "hf", "--max-shard-size", "5 cows"],
      2,
      /--max-shard-size is 5 cows/,
    ],
    ["export", ["/nowhere", "--format", "hf"], 1, /Cannot use checkpoint/],
    [
      "export",
      ["out/a", "--format", "litgpt", "--push-to-hub", "ann/a"],
      2,
      /expected --format hf/,
    ],
    [
      "export",
      ["out/a", "--format", "hf", "--push-to-hub", "tiny"],
      2,
      /expected OWNER\/NAME, such as me\/tiny/,
    ],
    [
      "export",
      ["out/a", "--format", "hf", "--private"],
      2,
      /--private needs --push-to-hub/,
    ],
    [
      "export",
      ["out/a", "--format", "hf", "--push-to-hub", "ann/a/b"],
      1,
      /Cannot upload "ann\/a\/b": it is not the name of a repository/,
    ],
  ];
  for (const [name, args, code, says] of cases) {
    const out = await runCommand(name, args);
    assert.equal(out.code, code, `${name} ${args.join(" ")}: ${out.stderr}`);
    assert.match(out.stderr, says);
  }
});

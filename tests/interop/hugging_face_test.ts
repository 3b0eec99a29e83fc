import { strict as assert } from "node:assert";
import { join } from "node:path";
import {
  exportHuggingFace,
  exportLitGpt,
  isImported,
  planImport,
  readCheckpoint,
  writeImport,
} from "../../lib/interop/mod.ts";
import {
  fromHuggingFaceConfig,
  huggingFaceConfigText,
  toHuggingFaceConfig,
} from "../../lib/interop/hugging_face_config.ts";
import { huggingFaceKind } from "../../lib/interop/hugging_face_kind.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { configOf, temporaryFolder, writeWeights } from "./_models.ts";

const LLAMA = {
  model_type: "llama",
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
};
const MIXTRAL = {
  ...LLAMA,
  model_type: "mixtral",
  num_local_experts: 4,
  num_experts_per_tok: 2,
};
const QWEN3_MOE = {
  ...LLAMA,
  model_type: "qwen3_moe",
  num_experts: 4,
  num_experts_per_tok: 2,
  moe_intermediate_size: 24,
  norm_topk_prob: true,
};

const from = (json: unknown) =>
  fromHuggingFaceConfig(json, { source: "config.json", name: "mine" });

Deno.test("isImported() takes the weights of a hub's repository once, in the best format there is", () => {
  const others = ["README.md", "config.json", "tokenizer.model", "sub/a.json"];
  const taken = (...weights: string[]) => {
    const paths = [...others, ...weights];
    return paths.filter((path) => isImported(path, paths)).slice(2);
  };
  const shards = ["model-00001-of-00002.safetensors", "model.safetensors"];
  const pickles = ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin"];
  const litgpt = ["lit_model.pth", "model_config.yaml", "hyperparameters.yaml"];
  assert.deepEqual(
    taken(...shards, ...pickles, ...litgpt, "consolidated.safetensors"),
    shards,
  );
  assert.deepEqual(
    taken(...pickles, ...litgpt, "training_args.bin", "sub/pytorch_model.bin"),
    pickles,
  );
  assert.deepEqual(taken(...litgpt, "optimizer.pth"), litgpt);
  assert.deepEqual(taken(), []);
});

Deno.test("fromHuggingFaceConfig() reads Llama, Mistral, Qwen2 and Mixtral", () => {
  const llama = from({ ...LLAMA, rope_theta: 5e5, num_key_value_heads: 2 });
  assert.equal(llama.kind, "llama");
  assert.equal(llama.tied, false);
  const { config } = llama;
  assert.equal(config.rope_base, 5e5);
  assert.equal(config.n_query_groups, 2);
  assert.equal(config.rope_n_elem, config.head_size);
  assert.equal(config.padded_vocab_size, 64);
  assert.equal(config.mlp_class_name, "LLaMAMLP");
  assert.equal(config.bias, false);
  assert.equal(config.name, "mine");
  const mixtral = from(MIXTRAL).config;
  assert.equal(mixtral.n_expert, 4);
  assert.equal(mixtral.n_expert_per_token, 2);
  assert.equal(mixtral.moe_intermediate_size, 48);
  // What a file leaves out has the class's default.
  assert.equal(mixtral.rope_base, 1e6);
  assert.equal(mixtral.n_query_groups, 4);
  const qwen = from({ ...LLAMA, model_type: "qwen2", sliding_window: 8 });
  assert.equal(qwen.config.attn_bias, true);
  const mistral = { ...LLAMA, model_type: "mistral" };
  assert.equal(from({ ...mistral, sliding_window: 64 }).kind, "mistral");
  const scaled = from({
    ...LLAMA,
    rope_parameters: { rope_type: "linear", factor: 4, rope_theta: 2e4 },
    tie_word_embeddings: true,
    attention_bias: true,
    mlp_bias: true,
  });
  assert.equal(scaled.config.rope_condense_ratio, 4);
  assert.equal(scaled.config.rope_base, 2e4);
  assert.equal(scaled.config.bias, true);
  assert.equal(scaled.tied, true);
});

Deno.test("fromHuggingFaceConfig() reads Qwen3, dense and with experts", () => {
  const qwen3 = { ...LLAMA, model_type: "qwen3", sliding_window: 8 };
  const dense = from(qwen3).config;
  assert.equal(dense.norm_qk, true);
  assert.equal(dense.mlp_class_name, "LLaMAMLP");
  // The class's default, whatever the width.
  assert.equal(dense.head_size, 128);
  assert.equal(from({ ...qwen3, head_dim: 16 }).config.head_size, 16);
  const { config, kind } = from(QWEN3_MOE);
  assert.equal(kind, "qwen3_moe");
  assert.equal(config.norm_qk, true);
  assert.equal(config.head_size, 8);
  assert.equal(config.moe_intermediate_size, 24);
  assert.equal(config.intermediate_size, 48);
  assert.equal(config.first_k_dense_replace, null);
  const mixed = { ...QWEN3_MOE, num_hidden_layers: 4 };
  const firsts = (json: object) =>
    from({ ...mixed, ...json }).config.first_k_dense_replace;
  assert.equal(firsts({ mlp_only_layers: [1, 0] }), 2);
  assert.equal(firsts({ decoder_sparse_step: 4 }), 3);
  // Where all experts are chosen, their weights sum to 1 either way.
  const all = { num_experts_per_tok: 4, norm_topk_prob: false };
  assert.equal(from({ ...QWEN3_MOE, ...all }).config.n_expert_per_token, 4);
});

const NOT_HERE: Readonly<Record<string, { json: unknown; says: RegExp }>> = {
  OLMoE: {
    json: { ...MIXTRAL, model_type: "olmoe" },
    says: /olmoe: it normalises the heads of queries and keys together/,
  },
  "a Qwen3-MoE whose weights do not sum to 1": {
    json: { ...QWEN3_MOE, norm_topk_prob: false },
    says: /norm_topk_prob is false/,
  },
  "a Qwen3-MoE that does not say whether they do, as the default is not": {
    json: { ...QWEN3_MOE, norm_topk_prob: undefined },
    says: /norm_topk_prob is false/,
  },
  "a Qwen3-MoE with experts in every second layer": {
    json: { ...QWEN3_MOE, num_hidden_layers: 4, decoder_sparse_step: 2 },
    says: /layers 0, 2 have no experts \(decoder_sparse_step/,
  },
  "a Qwen3-MoE with a last layer without experts": {
    json: { ...QWEN3_MOE, mlp_only_layers: [1] },
    says: /layers 1 have no experts/,
  },
  "a Qwen3-MoE without experts": {
    json: { ...QWEN3_MOE, decoder_sparse_step: 3 },
    says: /layers 0, 1 have no experts/,
  },
  "a Qwen3-MoE without the width of an expert": {
    json: { ...QWEN3_MOE, moe_intermediate_size: undefined },
    says: /moe_intermediate_size is missing/,
  },
  "a Qwen3 with biases": {
    json: { ...LLAMA, model_type: "qwen3", attention_bias: true },
    says: /attention_bias is true: moebius has biases/,
  },
  "a Qwen3 with a sliding window": {
    json: {
      ...LLAMA,
      model_type: "qwen3",
      sliding_window: 16,
      use_sliding_window: true,
    },
    says: /looks back 16 tokens/,
  },
  "layers of another kind": {
    json: { ...LLAMA, layer_types: ["full_attention", "linear_attention"] },
    says: /layer_types has linear_attention/,
  },
  "GPT-2": { json: { model_type: "gpt2" }, says: /gpt2: models of type llama/ },
  "no type": { json: [], says: /not given/ },
  "a missing key": {
    json: { ...LLAMA, hidden_size: undefined },
    says: /hidden_size/,
  },
  "rotary frequencies of Llama 3": {
    json: { ...LLAMA, rope_scaling: { rope_type: "llama3", factor: 8 } },
    says: /of type llama3/,
  },
  "partly rotated heads": {
    json: { ...LLAMA, partial_rotary_factor: 0.5 },
    says: /partial_rotary_factor is 0\.5/,
  },
  "biases in attention alone": {
    json: { ...LLAMA, attention_bias: true },
    says: /attention_bias is true and mlp_bias false/,
  },
  "another activation": {
    json: { ...LLAMA, hidden_act: "gelu" },
    says: /hidden_act is gelu/,
  },
  "a sliding window": {
    json: { ...MIXTRAL, sliding_window: 16 },
    says: /looks back 16 tokens/,
  },
  "quantized weights": {
    json: { ...LLAMA, quantization_config: { bits: 4 } },
    says: /quantized/,
  },
  "experts without a number": {
    json: { ...MIXTRAL, num_local_experts: null },
    says: /num_local_experts is missing/,
  },
};

for (const [what, { json, says }] of Object.entries(NOT_HERE)) {
  Deno.test(`fromHuggingFaceConfig() refuses ${what}`, () => {
    assert.throws(() => from(json), (error: unknown) => {
      assert.ok(error instanceof RangeError || error instanceof SyntaxError);
      assert.match(error.message, /^Cannot import config\.json/);
      assert.match(error.message, says);
      return true;
    });
  });
}

const NOT_THERE: Readonly<
  Record<string, { name: string; changes?: object; says: RegExp[] }>
> = {
  "partly rotated heads": {
    name: "seed_like",
    says: [/rotary_percentage 0\.25 rotates 4 of 16/],
  },
  "parallel blocks": { name: "parallel_residual", says: [/parallel_residual/] },
  "grouped routers and shared experts": {
    name: "grouped_shared",
    says: [
      /n_expert_groups/,
      /n_shared_expert 1/,
      /routed_scaling_factor 2\.5/,
    ],
  },
  "shared experts": { name: "shared_plain", says: [/n_shared_expert 2/] },
  "dense first layers": {
    name: "first_k_dense",
    says: [/first_k_dense_replace 1/],
  },
  "biased experts": {
    name: "mixtral_like",
    changes: { bias: true },
    says: [/bias: Mixtral has none/],
  },
  "a biased router": {
    name: "mixtral_like",
    changes: { router_bias_update_rate: 0.001 },
    says: [/router_bias_update_rate/],
  },
  "a biased output": {
    name: "dense",
    changes: { lm_head_bias: true },
    says: [/lm_head_bias: Llama has none/],
  },
  "biases beside normalised heads": {
    name: "normed_heads",
    changes: { attn_bias: true },
    says: [/attn_bias: Qwen3-MoE has biases in all layers of attention/],
  },
  "shared experts beside normalised heads": {
    name: "shared_plain",
    changes: { norm_qk: true },
    says: [/n_shared_expert 2: Qwen3-MoE has no shared experts/],
  },
  "a Qwen2 with heads of another size": {
    name: "dense",
    changes: { attn_bias: true },
    says: [/head_size 16: a Qwen2/],
  },
};

for (const [what, { name, changes, says }] of Object.entries(NOT_THERE)) {
  Deno.test(`huggingFaceKind() refuses ${what}`, () => {
    const config = configOf(name, { ...changes });
    assert.throws(() => huggingFaceKind(config), (error: unknown) => {
      assert.ok(error instanceof RangeError);
      for (const text of says) assert.match(error.message, text);
      return true;
    });
  });
}

Deno.test("huggingFaceConfigText() keeps floats floats and integers integers", () => {
  const config = toHuggingFaceConfig(
    configOf("dense", { rope_condense_ratio: 2 }),
    { tied: false, dtype: "float32", bosId: 0, eosId: undefined },
  );
  const text = huggingFaceConfigText(config);
  assert.match(text, /"rope_theta": 10000\.0,/);
  assert.match(text, /"factor": 2\.0\n/);
  assert.match(text, /"rms_norm_eps": 0\.00001,/);
  assert.match(text, /"hidden_size": 32,/);
  assert.match(text, /"bos_token_id": 0,/);
  assert.match(text, /"eos_token_id": null,/);
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(config)));
});

Deno.test("exportHuggingFace() shards by size, and planImport() reads shards", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const path = await writeWeights(configOf("mixtral_like"), at("here"));
  const source = await readCheckpoint(path);
  const seen: number[] = [];
  const { files, mapping } = await exportHuggingFace(source, {
    outDir: at("there"),
    maxShardBytes: 40_000,
    onBytes: (done, total) => seen.push(done / total),
  });
  assert.equal(seen.at(-1), 1);
  const shards = files.filter((name) => name.endsWith(".safetensors"));
  assert.ok(shards.length > 3);
  const count = String(shards.length).padStart(5, "0");
  assert.equal(shards[0], `model-00001-of-${count}.safetensors`);
  for (const name of shards) {
    const { size } = await Deno.stat(join(at("there"), name));
    assert.ok(size < 44_000, `${name}: ${size}`);
  }
  assert.deepEqual(
    mapping.find(({ from }) => from[0] === "transformer.h.1.attn.qkv.weight")
      ?.to,
    ["q", "k", "v"].map((letter) =>
      `model.layers.1.self_attn.${letter}_proj.weight`
    ),
  );
  const card = await Deno.readTextFile(at("there/README.md"));
  assert.match(card, /^---\nlibrary_name: transformers\n/);
  assert.match(card, /\| experts \| 8, 2 a token \|/);
  const back = await writeImport(await planImport(at("there")), {
    outDir: at("back"),
  });
  assert.deepEqual(
    await Deno.readFile(join(back.path, "model.safetensors")),
    await Deno.readFile(join(path, "model.safetensors")),
  );

  await Deno.remove(join(at("there"), shards[1]!));
  await assert.rejects(
    planImport(at("there")),
    new RegExp(`${shards[1]} is missing`),
  );
});

Deno.test("planImport() refuses an index that points out of its folder, or at what is not there", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const path = await writeWeights(configOf("dense"), at("here"));
  await exportHuggingFace(await readCheckpoint(path), {
    outDir: at("there"),
    maxShardBytes: 20_000,
  });
  const index = at("there/model.safetensors.index.json");
  const json = JSON.parse(await Deno.readTextFile(index));
  const write = (weight_map: object) =>
    Deno.writeTextFile(index, JSON.stringify({ weight_map }));
  await write({
    ...json.weight_map,
    "lm_head.weight": "../secret.safetensors",
  });
  await assert.rejects(planImport(at("there")), /no name of a file/);
  const [last] = Object.keys(json.weight_map).slice(-1);
  await write({ ...json.weight_map, [`${last}.more`]: json.weight_map[last!] });
  await assert.rejects(planImport(at("there")), /\.more is missing in model-/);
  await Deno.writeTextFile(index, "{");
  await assert.rejects(planImport(at("there")), /it is not JSON/);
});

Deno.test("planImport() names the keys that are missing or too many", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const path = await writeWeights(configOf("dense"), at("here"));
  await exportHuggingFace(await readCheckpoint(path), { outDir: at("there") });
  const file = at("there/config.json");
  const json = JSON.parse(await Deno.readTextFile(file));
  const write = (changes: object) =>
    Deno.writeTextFile(file, JSON.stringify({ ...json, ...changes }));
  await write({ num_hidden_layers: 3 });
  await assert.rejects(
    planImport(at("there")),
    /model\.layers\.2\.input_layernorm\.weight is missing/,
  );
  await write({ num_hidden_layers: 1 });
  await assert.rejects(
    planImport(at("there")),
    /model\.layers\.1\.\S+ is not part of a llama model/,
  );
  await write({ intermediate_size: 56 });
  await assert.rejects(
    planImport(at("there")),
    /transformer\.h\.0\.mlp\.fc_1\.weight is \[48, 32\], expected \[56, 32\]/,
  );
  await Deno.remove(at("there/model.safetensors"));
  await assert.rejects(planImport(at("there")), /expected lit_model\.pth/);
});

Deno.test("tied embeddings are one tensor there and two equal ones here", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const path = await writeWeights(configOf("tied"), at("here"), {
    tieEmbeddings: true,
  });
  const source = await readCheckpoint(path);
  assert.equal(source.tied, true);
  const { mapping } = await exportHuggingFace(source, { outDir: at("there") });
  assert.ok(mapping.every(({ from }) => from[0] !== "lm_head.weight"));
  const plan = await planImport(at("there"));
  assert.equal(plan.tied, true);
  assert.deepEqual(
    plan.weights.get("lm_head.weight"),
    plan.weights.get("transformer.wte.weight"),
  );
});

Deno.test("exportHuggingFace() writes nothing for a model that transformers has not", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const path = await writeWeights(configOf("seed_like"), at("here"));
  await assert.rejects(
    exportHuggingFace(await readCheckpoint(path), { outDir: at("there") }),
    /does not compute this model/,
  );
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.deepEqual(names, ["here"]);
});

Deno.test("exportHuggingFace() and exportLitGpt() write the files of the built-in tokenizer gpt2", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const config = configOf("dense", {
    vocab_size: 50257,
    padded_vocab_size: 50304,
  });
  const path = await writeWeights(config, at("here"), { tokenizer: "gpt2" });
  const source = await readCheckpoint(path);
  const text = "Call me Ishmael. \u00e9\u4e16 <|endoftext|>";
  for (
    const [dir, write] of [["hf", exportHuggingFace], [
      "litgpt",
      exportLitGpt,
    ]] as const
  ) {
    const { notices, files } = await write(source, { outDir: at(dir) });
    assert.deepEqual(notices, []);
    assert.ok(files.includes("tokenizer_config.json"));
    const theirs = await loadTokenizer(at(dir));
    assert.deepEqual(theirs.encode(text), source.tokenizer?.encode(text));
    const json = JSON.parse(
      await Deno.readTextFile(join(at(dir), "config.json")),
    );
    assert.equal(json.eos_token_id, 50256);
  }
});

Deno.test("exportLitGpt() says which name LitGPT's converter wants for normalised heads", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const [name, count] of [["mine", 1], ["Qwen3-mine", 0]] as const) {
    const config = configOf("normed_heads", { name });
    const source = await readCheckpoint(await writeWeights(config, at(name)));
    const { notices } = await exportLitGpt(source, {
      outDir: at(`${name}-out`),
    });
    assert.equal(notices.length, count);
    if (count > 0) assert.match(notices[0]!, /begin with Qwen3/);
  }
});

Deno.test("readCheckpoint() refuses a damaged checkpoint", async () => {
  await using folder = await temporaryFolder();
  const path = await writeWeights(configOf("dense"), join(folder.path, "a"));
  const file = join(path, "model.safetensors");
  const bytes = await Deno.readFile(file);
  bytes[bytes.length - 1] = bytes.at(-1)! ^ 1;
  await Deno.writeFile(file, bytes);
  await assert.rejects(readCheckpoint(path), /its SHA-256 has changed/);
});

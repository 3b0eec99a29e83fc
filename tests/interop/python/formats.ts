/** Models to and from LitGPT and transformers: every bit kept, and the same logits. Run by tests/interop/run.ts. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { MappedFile, noGrad, scope, tensor } from "../../../ffi/mod.ts";
import { readSafetensorsHeader } from "../../../lib/checkpoint/safetensors.ts";
import { writeSafetensors } from "../../../lib/checkpoint/safetensors_writer.ts";
import {
  exportHuggingFace,
  exportLitGpt,
  planImport,
  readCheckpoint,
  writeImport,
} from "../../../lib/interop/mod.ts";
import { generateText } from "../../../lib/generate/generate.ts";
import { loadModel } from "../../../lib/model/load.ts";
import {
  configFile,
  configOf,
  temporaryFolder,
  writeWeights,
} from "../_models.ts";
import { type Peer, startPeer } from "./_peer.ts";
import { CASES } from "../../model/_cases.ts";

const SHAPE = [2, 24] as const;
const TOLERANCE = 1e-4;

/** Tokens below the smallest vocabulary of the cases. */
const IDS = Int32Array.from(
  { length: SHAPE[0] * SHAPE[1] },
  (_, i) => (i * 17 + 5 * (i >> 3) + 3) % 61,
);

let peer: Peer;
Deno.test.beforeAll(() => {
  peer = startPeer();
});
Deno.test.afterAll(async () => await peer[Symbol.asyncDispose]());

for (const name of CASES) {
  Deno.test(`LitGPT's ${name} goes in and out bit for bit, with the same logits`, async () => {
    await using folder = await temporaryFolder();
    const at = (file: string) => join(folder.path, file);
    const files = await requestFiles(folder.path);
    const tied = name === "tied";
    await peer.ask("litgpt_create", {
      dir: at("there"),
      config: configFile(name),
      tied,
      incremental: name === "dense",
      ...files,
    });
    const plan = await planImport(at("there"));
    assert.equal(plan.tied, tied);
    const { path } = await writeImport(plan, { outDir: at("here") });
    await assertSameLogits(path, files);

    await exportLitGpt(await readCheckpoint(path), { outDir: at("back") });
    const read = (dir: string) =>
      peer.ask("read_torch", { path: at(`${dir}/lit_model.pth`) });
    assert.deepEqual(await read("back"), await read("there"));
    await peer.ask("litgpt_logits", { dir: at("back"), ...files });
    await assertSameLogits(path, files);
  });
}

Deno.test("LitGPT's old interleaved queries, keys and values are put in order", async () => {
  await using folder = await temporaryFolder();
  const at = (file: string) => join(folder.path, file);
  const files = await requestFiles(folder.path);
  await peer.ask("litgpt_create", {
    dir: at("there"),
    config: configFile("biased_top1"),
    old_qkv: true,
    ...files,
  });
  const plan = await planImport(at("there"));
  assert.match(plan.notices.join(), /queries, keys and values of 4 old/);
  const { path } = await writeImport(plan, { outDir: at("here") });
  await assertSameLogits(path, files);
});

Deno.test("bfloat16 weights stay bfloat16 in LitGPT and transformers", async () => {
  await using folder = await temporaryFolder();
  const at = (file: string) => join(folder.path, file);
  const files = await requestFiles(folder.path);
  await peer.ask("litgpt_create", {
    dir: at("there"),
    config: configFile("mixtral_like"),
    dtype: "bfloat16",
    ...files,
  });
  const { path } = await writeImport(await planImport(at("there")), {
    outDir: at("here"),
  });
  await assertSameLogits(path, files);
  const source = await readCheckpoint(path);
  await exportHuggingFace(source, { outDir: at("hf") });
  const tensors = await peer.ask<Record<string, string>>("read_safetensors", {
    dir: at("hf"),
  });
  assert.ok(
    Object.values(tensors).every((text) => text.startsWith("bfloat16")),
  );
  await peer.ask("hf_logits", { dir: at("hf"), ...files });
  await assertSameLogits(path, files);
});

/** Models that transformers has, and the class that it has for them. */
const EXPORTED = [
  { name: "mixtral_like", changes: {}, architecture: "MixtralForCausalLM" },
  { name: "dense", changes: {}, architecture: "LlamaForCausalLM" },
  { name: "dense", changes: { bias: true }, architecture: "LlamaForCausalLM" },
  {
    name: "dense",
    changes: { attn_bias: true, head_size: 8 },
    architecture: "Qwen2ForCausalLM",
  },
  { name: "tied", changes: {}, architecture: "MixtralForCausalLM" },
  {
    name: "normed_heads",
    changes: { name: "Qwen3-tiny" },
    architecture: "Qwen3MoeForCausalLM",
  },
  {
    name: "first_k_dense",
    changes: { norm_qk: true },
    architecture: "Qwen3MoeForCausalLM",
  },
  {
    name: "dense",
    changes: { norm_qk: true, name: "Qwen3-tiny" },
    architecture: "Qwen3ForCausalLM",
  },
  {
    name: "dense",
    changes: { rope_condense_ratio: 2, rope_base: 5000 },
    architecture: "LlamaForCausalLM",
  },
];

for (const { name, changes, architecture } of EXPORTED) {
  const what = [name, ...Object.keys(changes)].join(", ");
  Deno.test(`${what} goes to transformers as ${architecture} and back bit for bit, with the same logits`, async () => {
    await using folder = await temporaryFolder();
    const at = (file: string) => join(folder.path, file);
    const files = await requestFiles(folder.path);
    const checkpoint = await writeWeights(configOf(name, changes), at("here"), {
      tieEmbeddings: name === "tied",
    });
    const source = await readCheckpoint(checkpoint);
    await exportHuggingFace(source, {
      outDir: at("there"),
      maxShardBytes: 30_000,
    });
    const config = JSON.parse(await Deno.readTextFile(at("there/config.json")));
    assert.deepEqual(config.architectures, [architecture]);
    await peer.ask("hf_logits", { dir: at("there"), ...files });
    await assertSameLogits(checkpoint, files);

    const plan = await planImport(at("there"));
    const { path } = await writeImport(plan, { outDir: at("back") });
    assert.deepEqual(await digests(path), await digests(checkpoint));
    await assertSameLogits(path, files);

    // And on from LitGPT, by what its evaluate does.
    await exportLitGpt(source, { outDir: at("litgpt") });
    if (architecture === "Qwen2ForCausalLM") return; // LitGPT converts these by name alone.
    if (changes.bias === true) return; // LitGPT's converter does not know biases of MLPs.
    if (name === "first_k_dense") return; // Nor MLPs before experts.
    await peer.ask("litgpt_convert", {
      dir: at("litgpt"),
      out: at("evaluate"),
      ...files,
    });
    await assertSameLogits(path, files);
    // Which is a pytorch_model.bin, and can be imported too.
    const bin = await writeImport(await planImport(at("evaluate")), {
      outDir: at("bin"),
    });
    assert.deepEqual(await digests(bin.path), await digests(checkpoint));
  });
}

const SMALL = {
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
};
const QWEN3_MOE = {
  model_type: "qwen3_moe",
  num_experts: 4,
  num_experts_per_tok: 2,
  moe_intermediate_size: 24,
  norm_topk_prob: true,
};
const IMPORTED = [
  { model_type: "mixtral", num_local_experts: 4, num_experts_per_tok: 2 },
  {
    model_type: "mixtral",
    num_local_experts: 4,
    num_experts_per_tok: 1,
    head_dim: 16,
  },
  { model_type: "llama" },
  { model_type: "llama", attention_bias: true, mlp_bias: true },
  { model_type: "llama", tie_word_embeddings: true },
  {
    model_type: "llama",
    rope_parameters: { rope_type: "linear", factor: 4, rope_theta: 2e4 },
  },
  { model_type: "mistral", sliding_window: null },
  { model_type: "qwen2" },
  { model_type: "qwen3", head_dim: 16 },
  { model_type: "qwen3", head_dim: 8, tie_word_embeddings: true },
  { ...QWEN3_MOE, head_dim: 16 },
  { ...QWEN3_MOE, mlp_only_layers: [0] },
  { ...QWEN3_MOE, num_experts_per_tok: 4, norm_topk_prob: false },
];

for (const config of IMPORTED) {
  const { model_type, ...rest } = config;
  const what = [model_type, ...Object.keys(rest)].join(", ");
  for (const max_shard_size of ["5GB", "30KB"]) {
    const sharded = max_shard_size === "5GB" ? "" : " in shards";
    Deno.test(`transformers' ${what}${sharded} comes in and goes out bit for bit, with the same logits`, async () => {
      await using folder = await temporaryFolder();
      const at = (file: string) => join(folder.path, file);
      const files = await requestFiles(folder.path);
      await peer.ask("hf_create", {
        dir: at("there"),
        config: { ...SMALL, ...config },
        max_shard_size,
        ...files,
      });
      const { path } = await writeImport(await planImport(at("there")), {
        outDir: at("here"),
      });
      await assertSameLogits(path, files);
      if (model_type === "mistral") return; // It goes out as a Llama.
      await exportHuggingFace(await readCheckpoint(path), {
        outDir: at("back"),
      });
      const read = (dir: string) =>
        peer.ask("read_safetensors", { dir: at(dir) });
      assert.deepEqual(await read("back"), await read("there"));
      await peer.ask("hf_logits", { dir: at("back"), ...files });
      await assertSameLogits(path, files);
    });
  }
}

Deno.test("float32 is exported as bfloat16 as PyTorch rounds it", async () => {
  await using folder = await temporaryFolder();
  const at = (file: string) => join(folder.path, file);
  const config = configOf("dense");
  const path = await writeWeights(config, at("float"));
  using model = await loadModel(path, { precision: "bf16-true" });
  const expected: Record<string, string> = {};
  for (const { name, tensor, part } of model.weights.named) {
    if (!/ln_f|lm_head/.test(name)) continue;
    const bytes = scope(() => part(tensor).detach().toBytes());
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    const to = name.replace("transformer.ln_f", "model.norm");
    expected[to] = new Uint8Array(hash).toHex();
  }
  await exportHuggingFace(await readCheckpoint(path), {
    outDir: at("hf"),
    dtype: "bfloat16",
  });
  const tensors = await peer.ask<Record<string, string>>("read_safetensors", {
    dir: at("hf"),
  });
  for (const [name, hash] of Object.entries(expected)) {
    assert.equal(tensors[name]?.split(" ").at(-1), hash, name);
  }
});

Deno.test("LitGPT's generate, transformers' and ours write the same text", async () => {
  await using folder = await temporaryFolder();
  const at = (file: string) => join(folder.path, file);
  const config = configOf("mixtral_like", {
    vocab_size: 4096,
    padded_vocab_size: 4096,
  });
  const source = await readCheckpoint(await writeWeights(config, at("here")));
  await exportLitGpt(source, { outDir: at("litgpt") });
  await exportHuggingFace(source, { outDir: at("hf") });
  const prompt = "Call me Ishmael.";
  using model = await loadModel(source.path);
  const ours = [...generateText(model, source.tokenizer!, prompt, {
    temperature: 0,
    maxNewTokens: 12,
  })].join("");
  assert.ok(ours.length > 12);
  const request = { prompt, tokens: 12 };
  const ask = (command: string, dir: string) =>
    peer.ask<string>(command, { dir: at(dir), ...request });
  assert.equal(await ask("litgpt_generate", "litgpt"), prompt + ours);
  assert.equal(await ask("hf_generate", "hf"), prompt + ours);
});

interface Files {
  readonly ids: string;
  readonly logits: string;
}

/** Writes the tokens for Python; it writes its logits beside them. */
async function requestFiles(folder: string): Promise<Files> {
  const ids = join(folder, "ids.safetensors");
  await writeSafetensors(ids, [{
    name: "ids",
    dtype: "I32",
    shape: SHAPE,
    bytes: new Uint8Array(IDS.buffer),
  }]);
  return { ids, logits: join(folder, "logits.safetensors") };
}

/** Computes logits here and compares them with those that Python wrote, which are then gone. */
async function assertSameLogits(
  checkpoint: string,
  { logits }: Files,
): Promise<void> {
  using model = await loadModel(checkpoint);
  const ours = noGrad(() =>
    scope(() => {
      const ids = tensor(IDS, { shape: SHAPE }).to("int64");
      return Float32Array.from(model.forward(ids).toArray() as Float32Array);
    })
  );
  const { tensors } = await readSafetensorsHeader(logits);
  const { offset, byteLength } = tensors.get("logits")!;
  using file = new MappedFile(logits);
  const theirs = new Float32Array(
    file.bytes.slice(offset, offset + byteLength).buffer,
  );
  assert.equal(ours.length, theirs.length);
  let worst = 0;
  for (const [i, value] of ours.entries()) {
    worst = Math.max(worst, Math.abs(value - theirs[i]!));
  }
  assert.ok(worst <= TOLERANCE, `logits differ by ${worst}`);
  assert.ok(theirs.some((value) => Math.abs(value) > 0.05), "logits are zero");
}

/** SHA-256 of every weight of a checkpoint. */
async function digests(checkpoint: string): Promise<Record<string, string>> {
  const path = join(checkpoint, "model.safetensors");
  const { tensors } = await readSafetensorsHeader(path);
  const bytes = await Deno.readFile(path);
  const all: Record<string, string> = {};
  for (const [name, { offset, byteLength, shape }] of tensors) {
    const part = bytes.subarray(offset, offset + byteLength);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", part));
    all[name] = `[${shape.join(", ")}] ${hash.toHex()}`;
  }
  return all;
}

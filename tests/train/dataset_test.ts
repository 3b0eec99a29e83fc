import { strict as assert } from "node:assert";
import { join } from "node:path";
import { defineConfig } from "../../lib/config/mod.ts";
import { openDataset, placeRun, Trainer } from "../../lib/mod.ts";

const LITDATA = join(import.meta.dirname!, "../data/litdata");

Deno.test("openDataset() maps litdata's chunks, and trains on them without a tokenizer", async () => {
  const out_dir = await Deno.makeTempDir();
  try {
    const config = defineConfig({
      out_dir,
      model_config: {
        n_layer: 1,
        n_head: 2,
        n_embd: 16,
        block_size: 8,
        padded_vocab_size: 100,
        intermediate_size: 16,
        mlp_class_name: "LLaMAMLP",
        norm_class_name: "RMSNorm",
      },
      data: {
        class_path: "LitData",
        init_args: {
          data_path: LITDATA,
          split_names: ["torch_int32", "torch_int64"],
        },
      },
      train: {
        max_steps: 2,
        global_batch_size: 2,
        micro_batch_size: 2,
        lr_warmup_steps: 0,
        max_seq_length: 4,
      },
      tokenizer_dir: null,
      device: "cpu",
      precision: "32-true",
    });
    using dataset = await openDataset(config);
    assert.equal(dataset.tokenizer, undefined);
    assert.equal(dataset.shards.train.length, dataset.shards.val.length);
    assert.notEqual(
      dataset.shards.train.fingerprint,
      dataset.shards.val.fingerprint,
    );
    using trainer = await Trainer.open(config, {
      dataset,
      placement: placeRun(config),
    });
    const { step, checkpoint } = await trainer.fit();
    assert.equal(step, 2);
    assert.ok(checkpoint);
    const names = [...Deno.readDirSync(checkpoint)].map(({ name }) => name);
    assert.ok(names.includes("model.safetensors"));
    assert.ok(!names.includes("tokenizer.json"));
  } finally {
    await Deno.remove(out_dir, { recursive: true });
  }
});

Deno.test("openDataset() reads tokens of other tools, and refuses a folder without any", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const config = defineConfig({
      model_name: "moe-quickstart",
      data: { class_path: "TokenFiles", init_args: { data_path: folder } },
    });
    await assert.rejects(openDataset(config), /there are no tokens in it/);
    const ids = new Uint8Array(Uint16Array.of(1, 2, 3, 4).buffer);
    await Deno.writeFile(join(folder, "train.bin"), ids);
    await Deno.writeFile(join(folder, "val.bin"), ids.subarray(0, 4));
    using dataset = await openDataset(config);
    const read = new Int32Array(2);
    dataset.shards.val.copyTo(0, read);
    assert.deepEqual([...read], [1, 2]);
    assert.equal(dataset.shards.train.length, 4);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { liveCount, noGrad, scope, tensor } from "../../ffi/mod.ts";
import { evaluateLoss, evaluateText } from "../../lib/evaluate/loss.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { openText, type TextDataset } from "../../lib/train/dataset.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { workspace } from "../train/_run.ts";

const T = 32;

/** A model that was not trained, and a text of 23 sequences and a bit. */
async function withModel(
  use: (model: GPT, dataset: TextDataset) => Promise<void>,
  text = "The whale is white, na\u00efve \u2014 and old. ".repeat(50),
): Promise<void> {
  await using place = await workspace();
  const path = join(place.dir, "own.txt");
  await Deno.writeTextFile(path, text);
  const { model_config } = place.config();
  using dataset = await openText(path, await loadTokenizer("data/tokenizer"), {
    maxVocab: model_config.padded_vocab_size,
  });
  using model = new GPT(model_config);
  model.weights.initialize();
  await use(model, dataset);
}

Deno.test("evaluateLoss() is the mean over all sequences, whatever the batch", async () => {
  await withModel(async (model, { shards }) => {
    const windows = Math.floor(shards.train.length / (T + 1));
    assert.ok(windows > 8 && windows % 4 !== 0, `${windows} sequences`);
    let sum = 0;
    const ids = new Int32Array(T + 1);
    for (let i = 0; i < windows; i++) {
      shards.train.copyTo(i * (T + 1), ids);
      sum += noGrad(() =>
        scope(() => {
          const row = tensor([[...ids]], { dtype: "int64" });
          return model.loss(row.narrow(1, 0, T), row.narrow(1, 1, T)).item();
        })
      );
    }
    const before = liveCount();
    for (const batchSize of [1, 4, windows, 100]) {
      const seen: number[] = [];
      const evaluation = await evaluateLoss(model, shards, {
        split: "train",
        batchSize,
        sequenceLength: T,
        onBatch: (done, all, batch) => {
          assert.ok(done <= all);
          seen.push(batch.length / (T + 1));
        },
      });
      const { loss, perplexity, tokens, batches } = evaluation;
      assert.ok(Math.abs(loss - sum / windows) < 1e-5, `${loss}`);
      assert.equal(perplexity, Math.exp(loss));
      assert.equal(tokens, windows * T);
      assert.equal(batches, Math.ceil(windows / batchSize));
      assert.equal(seen.length, batches);
      assert.equal(seen.reduce((a, b) => a + b), windows);
    }
    assert.equal(liveCount(), before);
  });
});

Deno.test("evaluateLoss() gives the same bits each time, and stops after maxBatches", async () => {
  await withModel(async (model, { shards }) => {
    const options = {
      split: "train",
      batchSize: 2,
      sequenceLength: T,
    } as const;
    const first = await evaluateLoss(model, shards, {
      ...options,
      maxBatches: 3,
    });
    assert.equal(first.batches, 3);
    assert.equal(first.tokens, 3 * 2 * T);
    assert.deepEqual(
      await evaluateLoss(model, shards, { ...options, maxBatches: 3 }),
      first,
    );
  });
});

Deno.test("evaluateLoss() ends when its signal says so", async () => {
  await withModel(async (model, { shards }) => {
    const controller = new AbortController();
    let batches = 0;
    await assert.rejects(
      evaluateLoss(model, shards, {
        split: "train",
        batchSize: 1,
        sequenceLength: T,
        signal: controller.signal,
        onBatch: () => ++batches === 2 && controller.abort(),
      }),
      { name: "AbortError" },
    );
    assert.equal(batches, 2);
  });
});

Deno.test("evaluateText() counts the bytes of what it predicts", async () => {
  await withModel(async (model, dataset) => {
    const { shards, tokenizer } = dataset;
    const evaluation = await evaluateText(model, dataset, {
      split: "train",
      batchSize: 4,
      sequenceLength: T,
    });
    const ids = new Int32Array(T + 1);
    let bytes = 0;
    for (let i = 0; i < evaluation.tokens / T; i++) {
      shards.train.copyTo(i * (T + 1), ids);
      for (const id of ids.subarray(1)) {
        bytes += tokenizer.tokenBytes!(id).length;
      }
    }
    assert.equal(evaluation.bytes, bytes);
    const bits = evaluation.loss * evaluation.tokens / Math.LN2;
    assert.equal(evaluation.bitsPerByte, bits / bytes);
    // A model that knows nothing needs log2(4096) bits a token, and a token has some bytes.
    const perToken = bytes / evaluation.tokens;
    assert.ok(Math.abs(evaluation.bitsPerByte - 12 / perToken) < 0.3);
  });
});

Deno.test("evaluateText() counts the bytes of decoded sequences where tokens have none of their own", async () => {
  await withModel(async (model, { shards, tokenizer }) => {
    const { tokenBytes: _, ...other } = tokenizer;
    const options = {
      split: "train",
      batchSize: 4,
      sequenceLength: T,
    } as const;
    const exact = await evaluateText(model, { shards, tokenizer }, options);
    const bound = {
      ...other,
      encode: tokenizer.encode,
      decode: tokenizer.decode,
    };
    const mean = await evaluateText(
      model,
      { shards, tokenizer: bound },
      options,
    );
    assert.equal(mean.loss, exact.loss);
    assert.ok(Math.abs(mean.bitsPerByte / exact.bitsPerByte - 1) < 0.02);
  });
});

Deno.test("evaluateLoss() refuses a text without a sequence", async () => {
  await withModel(async (model, { shards }) => {
    await assert.rejects(
      evaluateLoss(model, shards, {
        split: "train",
        batchSize: 4,
        sequenceLength: T,
      }),
      { name: "RangeError", message: /too few for one batch: \d+ there/ },
    );
  }, "Short.");
});

/** Memory that is not enough: what is said, and how `micro_batch_size: auto` avoids it. */

import { strict as assert } from "node:assert";
import {
  cudaDeviceCount,
  cudaMemoryStats,
  emptyCache,
  resetPeakMemory,
  setMemoryFraction,
  TorchError,
} from "../../ffi/mod.ts";
import { openDataset } from "../../lib/train/dataset.ts";
import { placeRun } from "../../lib/train/device.ts";
import {
  divisorsOf,
  isOutOfMemory,
  largestThatFits,
} from "../../lib/train/micro_batch.ts";
import { Trainer } from "../../lib/train/trainer.ts";
import { train, withTrainer, workspace } from "./_run.ts";

Deno.test("largestThatFits() finds the last size that fits, trying few", () => {
  const sizes = divisorsOf(96);
  assert.deepEqual(sizes, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96]);
  for (const limit of [0, ...sizes, 1000]) {
    let tries = 0;
    const found = largestThatFits(sizes, (size) => {
      tries++;
      return size <= limit;
    });
    assert.equal(found, sizes.findLast((size) => size <= limit) ?? null);
    assert.ok(tries <= 4);
  }
});

Deno.test("isOutOfMemory() knows the error and what was caused by it", () => {
  const error = new TorchError("out of memory", "mm: out of memory");
  assert.ok(isOutOfMemory(error));
  assert.ok(isOutOfMemory(new Error("a step failed", { cause: error })));
  assert.ok(!isOutOfMemory(new TorchError("torch", "shapes")));
  assert.ok(!isOutOfMemory(new Error("out of memory")));
});

Deno.test("Trainer.fit() that runs out of memory says sizes and what to change, once", async () => {
  await using place = await workspace();
  await withTrainer(place.config(), async (trainer) => {
    const cause = new TorchError("out of memory", "mm: out of memory");
    trainer.model.forwardBackward = () => {
      throw cause;
    };
    await assert.rejects(trainer.fit(), (error: Error) => {
      assert.equal(error.cause, cause);
      assert.equal(
        error.message,
        "Out of memory on cpu: 293,280 parameters with gradients and optimizer state take 4.5 MiB, the activations of 2 x 32 tokens the rest: lower --micro-batch-size (the global batch of 4 stays; auto finds the largest that fits), lower --max-seq-length, or add --gradient-checkpointing",
      );
      return true;
    });
  });
});

Deno.test("Trainer.open() has no auto micro-batch on a CPU, and says why", async () => {
  await using place = await workspace();
  const config = place.config({ train: { micro_batch_size: "auto" } });
  await assert.rejects(train(config), {
    name: "RangeError",
    message: /auto needs a GPU: .*: give a number/,
  });
});

const DEVICE = "cuda:0";

Deno.test({
  name:
    "micro_batch_size auto finds the largest that fits and keeps the global batch",
  ignore: cudaDeviceCount() === 0,
  async fn() {
    await using place = await workspace();
    const configOf = (micro_batch_size: number | "auto") =>
      place.config({
        model_config: { block_size: 128, n_embd: 256, n_layer: 4 },
        train: { global_batch_size: 64, micro_batch_size, max_steps: 3 },
      });
    const config = configOf(8);
    using dataset = await openDataset(config);
    const placement = placeRun({ ...config, device: DEVICE });
    const run = async (size: number | "auto") => {
      emptyCache();
      resetPeakMemory(DEVICE);
      using trainer = await Trainer.open(configOf(size), {
        dataset,
        placement,
      });
      const { tokens } = await trainer.fit();
      assert.equal(tokens, 3 * 64 * 128);
      assert.equal(trainer.config.train.global_batch_size, 64);
      return trainer.config.train.micro_batch_size;
    };
    await run(8);
    const { peakReservedBytes, totalBytes } = cudaMemoryStats(DEVICE);
    emptyCache();
    setMemoryFraction(1.3 * peakReservedBytes / totalBytes, DEVICE);
    try {
      const found = await run("auto");
      assert.ok(found >= 8 && found < 64, `${found} is what fits`);
      await assert.rejects(
        run(64),
        /^Error: Out of memory on cuda:0 \(.*, .* of it free, at most .* in tensors\): [\d,]+ parameters .* 64 x 128 tokens .*lower --micro-batch-size .*lower --max-seq-length, or add --gradient-checkpointing$/,
      );
      // The process computes on.
      assert.equal(await run(found), found);
    } finally {
      setMemoryFraction(1, DEVICE);
    }
  },
});

/** Memory that is not enough: what is said, and how `micro_batch_size: auto` avoids it. */

import { strict as assert } from "node:assert";
import {
  cudaDeviceCount,
  cudaMemoryStats,
  empty,
  emptyCache,
  isGradEnabled,
  liveCount,
  resetPeakMemory,
  setMemoryFraction,
  TorchError,
} from "../../ffi/mod.ts";
import { openDataset } from "../../lib/train/dataset.ts";
import { placeRun } from "../../lib/train/device.ts";
import { fusedOperators, type OperatorTable } from "../../lib/operators/mod.ts";
import {
  divisorsOf,
  findMicroBatchSize,
  isOutOfMemory,
  largestThatFits,
} from "../../lib/train/micro_batch.ts";
import { explainOutOfMemory } from "../../lib/train/out_of_memory.ts";
import { Trainer } from "../../lib/train/trainer.ts";
import { train, withTrainer, workspace } from "./_run.ts";

/** More than any machine gives. */
const TOO_MUCH = [2 ** 50];

/** Operators that allocate too much first, where `isTime` says so: libtorch's own error, from within a step. */
function failingOperators(isTime: (name: string) => boolean): OperatorTable {
  const wrapped = Object.entries(fusedOperators).map((
    [name, run]: [string, (...args: never[]) => unknown],
  ) => [name, (...args: never[]) => {
    if (isTime(name)) empty(TOO_MUCH);
    return run(...args);
  }]);
  return Object.fromEntries(wrapped);
}

const PLACEMENT = {
  device: "cpu",
  precision: "bf16-mixed",
  attention: "flash",
  description: "CPU",
} as const;

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

Deno.test("explainOutOfMemory() does not tell to lower a micro-batch of 1", async () => {
  await using place = await workspace();
  const cause = new TorchError("out of memory", "mm: out of memory");
  for (const micro_batch_size of [1, "auto"] as const) {
    const config = place.config({ train: { micro_batch_size } });
    const error = explainOutOfMemory(cause, config, {
      ...PLACEMENT,
      operators: fusedOperators,
    });
    assert.match(
      String(error),
      /activations of 1 x 32 tokens the rest: lower --max-seq-length, or add --gradient-checkpointing$/,
    );
  }
});

Deno.test("Trainer.open() has no auto micro-batch on a CPU, and says why", async () => {
  await using place = await workspace();
  const config = place.config({ train: { micro_batch_size: "auto" } });
  await assert.rejects(train(config), {
    name: "RangeError",
    message: /auto needs a GPU: .*: give a number/,
  });
});

Deno.test("the search for a micro-batch finds what fits training, validation beside it, and data", async () => {
  await using place = await workspace();
  const config = place.config({
    train: { global_batch_size: 12, micro_batch_size: "auto" },
  });
  const find = (limits: { training: number; validation: number }) => {
    let size = 0;
    const operators = failingOperators((name) => {
      if (name !== "linearCrossEntropy") return false;
      return size > limits[isGradEnabled() ? "training" : "validation"];
    });
    // What the last operator of a pass is given tells how large a batch is.
    const linearCrossEntropy: OperatorTable["linearCrossEntropy"] = (
      x_NC,
      ...rest
    ) => {
      size = x_NC.size(0) / config.train.max_seq_length;
      return operators.linearCrossEntropy(x_NC, ...rest);
    };
    const { train } = findMicroBatchSize(config, {
      ...PLACEMENT,
      operators: { ...operators, linearCrossEntropy },
    }, { windows: 6 });
    assert.equal(train.global_batch_size, 12);
    return train.micro_batch_size;
  };
  for (const [limit, found] of [[1, 1], [3, 3], [5, 4], [100, 6]] as const) {
    assert.equal(find({ training: limit, validation: 100 }), found);
  }
  assert.equal(find({ training: 100, validation: 2 }), 2);
  assert.throws(() => find({ training: 0, validation: 100 }), {
    name: "TorchError",
    kind: "out of memory",
  });
});

Deno.test("a search that runs out of memory at any call of an operator gives everything back", async (t) => {
  await using place = await workspace();
  const config = place.config({
    model_config: { n_layer: 1, vocab_size: 64, padded_vocab_size: 64 },
    train: { global_batch_size: 2, micro_batch_size: "auto" },
  });
  let calls = 0;
  const search = (failAt: number) => {
    const before = liveCount();
    calls = 0;
    const operators = failingOperators(() => calls++ === failAt);
    const { train } = findMicroBatchSize(config, {
      ...PLACEMENT,
      operators,
    }, { windows: 6 });
    assert.equal(liveCount(), before, `call ${failAt}`);
    assert.ok(isGradEnabled());
    return train.micro_batch_size;
  };
  assert.equal(search(Infinity), 2);
  const all = calls;
  const sizes = Array.from({ length: all }, (_, i) => search(i));
  assert.ok(sizes.includes(1) && all > 50, `${all} calls`);
  await t.step(`${sizes.length} of ${all} calls`, () => {});
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

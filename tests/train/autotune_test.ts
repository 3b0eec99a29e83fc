/** Choices made by timing. */

import { strict as assert } from "node:assert";
import { cudaDeviceCount, TorchError } from "../../ffi/mod.ts";
import { defineModelConfig } from "../../lib/config/mod.ts";
import {
  chooseFastest,
  tuneAttention,
  tuneLoss,
} from "../../lib/train/autotune.ts";

function spend(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

Deno.test("chooseFastest() finds the fastest once and remembers it", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const path = `${dir}/new/autotune.json`;
    const runs: string[] = [];
    const alternatives = (
      [["slow", 30], ["quick", 0], ["middling", 10]] as const
    ).map(([name, milliseconds]) => ({
      name,
      run: () => {
        runs.push(name);
        spend(milliseconds);
      },
    }));
    const options = { device: "cpu", path } as const;
    const first = chooseFastest("thing", alternatives, options);
    assert.equal(first.name, "quick");
    assert.ok(first.milliseconds.slow! >= 30);
    const done = runs.length;
    assert.deepEqual(chooseFastest("thing", alternatives, options), first);
    assert.equal(runs.length, done);
    // Another question, and a known one with another alternative, are measured.
    chooseFastest("other thing", alternatives.slice(0, 1), options);
    assert.ok(runs.length > done);
    const more = [...alternatives, { name: "more", run: () => spend(20) }];
    assert.equal(chooseFastest("thing", more, options).name, "quick");
    assert.equal(
      Object.keys(JSON.parse(Deno.readTextFileSync(path))).length,
      2,
    );
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("chooseFastest() passes over what memory is too small for, and nothing else", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const options = { device: "cpu", path: `${dir}/autotune.json` } as const;
    const failing = (error: Error) => ({
      name: "failing",
      run: () => {
        throw error;
      },
    });
    const slow = { name: "slow", run: () => spend(5) };
    const { name, milliseconds } = chooseFastest("thing", [
      failing(new TorchError("out of memory", "no more")),
      slow,
    ], options);
    assert.equal(name, "slow");
    assert.equal(milliseconds.failing, null);
    assert.throws(
      () =>
        chooseFastest(
          "other",
          [failing(new TypeError("wrong")), slow],
          options,
        ),
      /wrong/,
    );
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test({
  name: "attention and loss are tuned on a GPU",
  ignore: cudaDeviceCount() === 0,
  fn: () => {
    const config = defineModelConfig({
      n_layer: 1,
      n_embd: 128,
      n_head: 2,
      vocab_size: 1024,
      norm_class_name: "RMSNorm",
      bias: false,
      mlp_class_name: "LLaMAMLP",
      intermediate_size: 128,
    });
    const options = {
      device: "cuda",
      dtype: "bfloat16",
      batchSize: 2,
      sequenceLength: 256,
    } as const;
    const { name } = tuneAttention(config, ["flash", "efficient"], options);
    assert.ok(["flash", "efficient"].includes(name));
    const { name: parts, milliseconds } = tuneLoss(config, options);
    assert.ok(milliseconds[parts]! > 0);
  },
});

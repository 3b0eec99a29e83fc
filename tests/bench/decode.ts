/**
 * Generation on a GPU: tokens per second of the 549M model in bfloat16, compared with the limit of reading the
 * active weights at the speed of a copy, and with LitGPT if Python has it. The speed of prompts is compared with
 * that of a large matrix product.
 *
 *     deno run -A tests/bench/decode.ts [--python PATH] [--no-peer]
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  cudaDeviceInfo,
  emptyCache,
  ensureSetup,
  noGrad,
  randn,
  scope,
  synchronize,
  tensor,
} from "../../ffi/mod.ts";
import { loadModelConfig } from "../../lib/config/mod.ts";
import { Decoder } from "../../lib/generate/decoder.ts";
import type { SampleOptions } from "../../lib/generate/sample.ts";
import { countParameters } from "../../lib/model/count.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { KvCache } from "../../lib/model/kv_cache.ts";
import { runPeers } from "./_process.ts";

const DEVICE = "cuda";
const STEPS = 200;
const GREEDY: SampleOptions = { temperature: 0 };
const SAMPLED: SampleOptions = { temperature: 0.8, topK: 50 };

/** Median time of several calls of a function, in seconds; it may return before the device is done. */
function seconds(run: () => void, times = 5): number {
  run();
  const all = Array.from({ length: times }, () => {
    synchronize(DEVICE);
    const startedMs = performance.now();
    run();
    synchronize(DEVICE);
    return (performance.now() - startedMs) / 1000;
  });
  return all.sort((a, b) => a - b)[times >> 1]!;
}

/** Bytes a second, read and written, of a copy. */
function copyRate(): number {
  return scope(() => {
    const from = randn([2 ** 29], { device: DEVICE, dtype: "bfloat16" });
    const to = from.mul(0);
    return 4 * from.numel / seconds(() => void to.copy_(from), 9);
  });
}

/** Operations a second of a large product. */
function productRate(): number {
  return scope(() => {
    const size = 8192;
    const make = () =>
      randn([size, size], { device: DEVICE, dtype: "bfloat16" });
    const [a, b] = [make(), make()];
    return 2 * size ** 3 / seconds(() => scope(() => void a.matmul(b)), 9);
  });
}

function randomTokens(count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: count },
    () => Math.floor(Math.random() * 50257),
  );
}

/** Steps per second with the given number of sequences after a prompt. */
function stepRate(
  model: GPT,
  samples: number,
  context: number,
  options: SampleOptions,
): number {
  const length = context + STEPS + 8;
  using decoder = new Decoder(model, { samples, length, ...options });
  decoder.start(randomTokens(context));
  for (let i = 0; i < 8; i++) decoder.next();
  const startedMs = performance.now();
  // Each step gives its tokens to the host.
  for (let i = 0; i < STEPS - 1; i++) decoder.next();
  return (STEPS - 1) / (performance.now() - startedMs) * 1000;
}

/** Seconds that a prompt takes. */
function prefillSeconds(model: GPT, length: number): number {
  using cache = new KvCache(model.config, {
    batchSize: 1,
    length,
    device: DEVICE,
    dtype: "bfloat16",
  });
  return noGrad(() =>
    scope(() => {
      const ids = tensor(randomTokens(length), {
        shape: [1, length],
        device: DEVICE,
      });
      return seconds(() => {
        cache.position = 0;
        scope(() => void model.forward(ids, cache, { last: true }));
      });
    })
  );
}

/** Steps a second of the ordinary pass. */
function ordinaryRate(model: GPT, context: number): number {
  const steps = 50;
  using cache = new KvCache(model.config, {
    batchSize: 1,
    length: context + 8 * steps,
    device: DEVICE,
    dtype: "bfloat16",
  });
  return noGrad(() =>
    scope(() => {
      const make = (count: number) =>
        tensor(randomTokens(count), { shape: [1, count], device: DEVICE });
      model.forward(make(context), cache, { last: true });
      const token = make(1);
      return steps / seconds(() => {
        for (let i = 0; i < steps; i++) {
          scope(() => void model.forward(token, cache));
        }
      });
    })
  );
}

const { values } = parseArgs({
  allowNegative: true,
  options: {
    python: { type: "string", default: "python3" },
    peer: { type: "boolean", default: true },
  },
});
await ensureSetup();
const path = new URL("../../configs/model/moe-200m.yaml", import.meta.url);
const config = loadModelConfig(path.pathname);
const weights = countParameters(config).activeMatmul;
const inBlocks = weights - config.n_embd * config.padded_vocab_size;
const bytes = 2 * weights;
const bandwidth = copyRate();
const product = productRate();
emptyCache();
const limit = bandwidth / bytes;
console.log(
  `${cudaDeviceInfo(DEVICE).name}: copy ${
    (bandwidth / 1e12).toFixed(2)
  } TB/s, product ${(product / 1e12).toFixed(0)} TFLOP/s; ${
    (bytes / 1e6).toFixed(0)
  } MB of active weights a token: at most ${limit.toFixed(0)} tokens/s\n`,
);
const longest = 8192;
using model = new GPT(config, {
  device: DEVICE,
  precision: "bf16-true",
  maxSeqLength: longest,
});
model.weights.initialize();
console.log(
  "decode                       context  us a step  tokens/s  of limit",
);
const line = (name: string, context: number, samples: number, rate: number) =>
  console.log(
    [
      name.padEnd(28),
      String(context).padStart(7),
      (1e6 / rate).toFixed(0).padStart(10),
      (samples * rate).toFixed(0).padStart(9),
      samples === 1 ? `${(100 * rate / limit).toFixed(0)}%`.padStart(9) : "",
    ].join(" ").trimEnd(),
  );
for (const context of [128, 2048]) {
  line("greedy", context, 1, stepRate(model, 1, context, GREEDY));
  line("top-k 50", context, 1, stepRate(model, 1, context, SAMPLED));
}
for (const samples of [2, 4, 8]) {
  const rate = stepRate(model, samples, 128, GREEDY);
  line(`greedy, ${samples} sequences`, 128, samples, rate);
}
line("ordinary pass, no sampling", 128, 1, ordinaryRate(model, 128));
console.log("\nprompt  ms       tokens/s  TFLOP/s  of product");
for (const length of [512, 2048, longest]) {
  const elapsed = prefillSeconds(model, length);
  const operations = 2 * inBlocks * length +
    2 * config.n_layer * config.n_head * config.head_size * length ** 2;
  console.log(
    [
      String(length).padStart(6),
      (1000 * elapsed).toFixed(2).padStart(6),
      (length / elapsed).toFixed(0).padStart(11),
      (operations / elapsed / 1e12).toFixed(0).padStart(8),
      `${(100 * operations / elapsed / product).toFixed(0)}%`.padStart(11),
    ].join(" "),
  );
}
if (values.peer) {
  const setting = {
    model: config,
    length: config.block_size,
    precision: "bf16-true",
    device: DEVICE,
    steps: 0,
  } as const;
  const specs = ["decode,128"];
  for await (const peer of runPeers(values.python, setting, specs)) {
    console.log(
      `\nLitGPT, eager, after 128 tokens: ${
        peer.tokensPerSecond.toFixed(0)
      } tokens/s; the prompt ${peer.prefillTokensPerSecond?.toFixed(0)}`,
    );
  }
}

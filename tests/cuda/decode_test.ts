/** Generation by the kernels for one position at a time, against the ordinary passes. */

import { strict as assert } from "node:assert";
import {
  full,
  liveCount,
  manualSeed,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from "../../ffi/mod.ts";
import { defineModelConfig } from "../../lib/config/mod.ts";
import { Decoder } from "../../lib/generate/decoder.ts";
import { canDecode, decodePosition } from "../../lib/model/decode.ts";
import { asTensor } from "../../lib/model/residual.ts";
import { GPT, type GPTOptions } from "../../lib/model/gpt.ts";
import { KvCache } from "../../lib/model/kv_cache.ts";
import { LLaMAMoE } from "../../lib/model/moe.ts";
import { ropeRows } from "../../lib/model/rope.ts";
import { TopkRouter } from "../../lib/model/router.ts";
import { decodeBlock } from "../../lib/operators/decode_block.ts";
import {
  assertClose,
  check,
  DEVICE,
  gpuTest,
  kernelTest,
  normal,
  operator,
  reference,
} from "./_check.ts";

/** The sizes of a model that make a difference to the kernels. */
interface Sizes {
  readonly width: number;
  readonly heads: number;
  readonly groups: number;
  readonly headSize: number;
  readonly experts: number;
  readonly k: number;
  readonly inner: number;
  readonly rotated: number;
  readonly normed: boolean;
}

const USUAL: Sizes = {
  width: 256,
  heads: 6,
  groups: 2,
  headSize: 64,
  experts: 8,
  k: 2,
  inner: 384,
  rotated: 1,
  normed: false,
};

function createModel(sizes: Sizes, options: GPTOptions = {}): GPT {
  const { width, heads, groups, headSize, experts, k, inner, rotated, normed } =
    sizes;
  const config = defineModelConfig({
    n_layer: 2,
    block_size: 4096,
    n_embd: width,
    n_head: heads,
    n_query_groups: groups,
    head_size: headSize,
    vocab_size: 512,
    norm_class_name: "RMSNorm",
    bias: false,
    norm_qk: normed,
    parallel_residual: false,
    rotary_percentage: rotated,
    mlp_class_name: "LLaMAMoE",
    moe_intermediate_size: inner,
    n_expert: experts,
    n_expert_per_token: k,
  });
  const model = new GPT(config, {
    device: DEVICE,
    precision: "bf16-mixed",
    ...options,
  });
  manualSeed(7);
  model.weights.initialize();
  noGrad(() =>
    scope(() => {
      for (const { name, tensor, parameter } of model.weights.named) {
        if (name.includes("norm")) tensor.normal_(1, 0.2);
        // Routers that differ between experts, but not so much that rounding a logit changes weights.
        if (name.endsWith("gate.weight")) tensor.mul_(5);
        parameter?.refresh();
      }
    })
  );
  return model;
}

/** One block with caches full of normal numbers: both ways from the same input. */
function compareBlock(
  sizes: Sizes,
  { N, position, length, precision, first = false }: {
    N: number;
    position: number;
    length: number;
    precision: "bf16-mixed" | "bf16-true";
    first?: boolean;
  },
): void {
  using model = createModel(sizes, { precision });
  const { config, rope } = model;
  const block = model.blocks[1]!;
  const { mlp } = block;
  assert.ok(mlp instanceof LLaMAMoE && mlp.router instanceof TopkRouter);
  const place = {
    batchSize: N,
    length,
    device: DEVICE,
    dtype: "bfloat16",
  } as const;
  using expectedCache = new KvCache(config, place);
  using cache = new KvCache(config, place);
  const [held, expectedHeld] = [cache.layers[1]!, expectedCache.layers[1]!];
  for (const part of ["keys", "values"] as const) {
    expectedHeld[part].copy_(normal(held[part].shape, { dtype: "bfloat16" }));
    held[part].copy_(expectedHeld[part]);
    // What lies ahead must not be read.
    held[part].narrow(2, position, length - position).fill_(NaN);
  }
  expectedCache.position = position;
  const dtype = model.dtypes.weights;
  const draw = () => {
    const sum = normal([N, sizes.width], { dtype });
    const pending = first ? null : normal([N, sizes.width], { dtype });
    const { x } = block.forward({
      sum: sum.view(N, 1, -1),
      pending: pending?.view(N, 1, -1) ?? null,
    }, { rope: ropeRows(rope, position, 1), cache: expectedHeld });
    const normed = block.norm_2.forward(x.sum.view(N, -1), "bfloat16");
    const { logits_NE } = mlp.router.forward(normed);
    return { sum, pending, expected: x, logits_NE };
  };
  let drawn = draw();
  // Rounding may choose between experts that are as good as equal.
  for (let i = 0; i < 500 && !isDecided(drawn.logits_NE, sizes.k); i++) {
    drawn = draw();
  }
  const { sum, pending, expected } = drawn;
  const actual = decodeBlock({ sum, pending }, {
    norm1: block.norm_1.weight,
    qkv: block.attn.qkv.weight,
    proj: block.attn.proj.weight,
    norm2: block.norm_2.weight,
    gate: mlp.router.gate.weight,
    fc: mlp.fc.compute,
    expertsProj: mlp.proj.compute,
  }, {
    keys: held.keys,
    values: held.values,
    position: full([], position, { dtype: "int32", device: DEVICE }),
    rope,
    eps: block.norm_1.eps,
    n_head: config.n_head,
    n_expert_per_token: config.n_expert_per_token,
    routed_scaling_factor: config.routed_scaling_factor,
  });
  const tolerance = { whole: 1e-2, single: 3e-2 };
  const until = (all: Tensor) => all.narrow(2, 0, position + 1);
  assertClose(until(held.keys), until(expectedHeld.keys), {
    name: "keys",
    tolerance,
  });
  assertClose(until(held.values), until(expectedHeld.values), {
    name: "values",
    tolerance,
  });
  const wanted = (x: Tensor) => x.view(N, -1);
  assertClose(actual.sum, wanted(expected.sum), { name: "sum", tolerance });
  assertClose(actual.pending!, wanted(asTensor(expected.pending!)), {
    name: "pending",
    // Here each expert's result is not rounded.
    tolerance: { whole: 2e-2, single: 4e-2 },
  });
}

/** Whether the last choice of each token is far from the first that was left out. */
function isDecided(logits_NE: Tensor, k: number): boolean {
  if (k === logits_NE.size(1)) return true;
  const [best] = logits_NE.to("float32").topk(k + 1);
  const gap = best.select(1, k - 1).sub(best.select(1, k)).min().item();
  return gap > 0.02 * best.abs().max().item();
}

for (const N of [1, 2, 3, 8]) {
  for (const position of [0, 1, 127, 128, 129, 500]) {
    kernelTest(
      `decode_block: ${N} sequences at position ${position}`,
      () =>
        check(() =>
          compareBlock(USUAL, {
            N,
            position,
            length: 640,
            precision: "bf16-mixed",
            first: position === 1,
          })
        ),
    );
  }
}

const OTHERS: readonly (readonly [string, Partial<Sizes>])[] = [
  ["one expert a token", { k: 1 }],
  ["all experts", { experts: 4, k: 4 }],
  ["many experts", { experts: 40, k: 7, inner: 72 }],
  ["as many groups as heads of 32", { heads: 4, groups: 4, headSize: 32 }],
  ["heads of 128 in one group", { heads: 5, groups: 1, headSize: 128 }],
  ["a quarter rotated", { rotated: 0.25 }],
  ["wide", { width: 1032, inner: 1096 }],
  ["narrow", { width: 72, inner: 8 }],
];
for (const [name, sizes] of OTHERS) {
  kernelTest(`decode_block: ${name}`, () =>
    check(() => {
      for (const N of [1, 3]) {
        for (const precision of ["bf16-mixed", "bf16-true"] as const) {
          const all = { ...USUAL, ...sizes };
          compareBlock(all, { N, position: 200, length: 256, precision });
        }
      }
    }));
}

kernelTest(
  "decode_block goes over parts of a long cache in turn",
  () =>
    check(() =>
      compareBlock(USUAL, {
        N: 8,
        position: 4090,
        length: 4096,
        precision: "bf16-mixed",
      })
    ),
);

for (const N of [1, 4]) {
  kernelTest(`decode_logits of ${N} sequences`, () =>
    check(() => {
      const sum = normal([N, 776]);
      const pending = normal([N, 776]);
      const norm = normal([776]);
      const weight = normal([10_001, 776], { dtype: "bfloat16", std: 0.1 });
      const eps = 1e-5;
      const [logits] = operator(
        "decode_logits",
        sum,
        pending,
        norm,
        weight,
        eps,
      );
      const { outputs } = reference(
        [sum, pending, norm, weight],
        (sum, pending, norm, weight) => {
          const x = sum.add(pending);
          const scale = x.mul(x).mean(-1, true).add(eps).rsqrt();
          const normed = x.mul(scale).mul(norm).to("bfloat16").to("float64");
          return [normed.matmul(weight.t())];
        },
      );
      assertClose(logits!, outputs[0]!, { name: "logits" });
    }));
}

gpuTest(
  "decodePosition() has the logits of GPT.forward()",
  () =>
    check(() => {
      using model = createModel(USUAL);
      const place = {
        batchSize: 2,
        length: 140,
        device: DEVICE,
        dtype: "bfloat16",
      } as const;
      using cache = new KvCache(model.config, place);
      using expectedCache = new KvCache(model.config, place);
      const ids = Int32Array.from({ length: 130 }, (_, i) => i * 37 % 512);
      const prompt = tensor(ids, { shape: [1, 130], device: DEVICE });
      for (const each of [cache, expectedCache]) {
        model.forward(prompt, each, { last: true });
      }
      for (const next of [3, 500, 7]) {
        const tokens = tensor(Int32Array.of(next, next + 1), {
          device: DEVICE,
        });
        const expected = model.forward(tokens.view(2, 1), expectedCache);
        const actual = decodePosition(model, tokens, {
          cache,
          position: full([], cache.position, {
            dtype: "int32",
            device: DEVICE,
          }),
        });
        cache.position++;
        assertClose(actual, expected.select(1, 0), {
          name: "logits",
          tolerance: { whole: 2e-2, single: 4e-2 },
        });
      }
    }),
);

gpuTest(
  "Decoder takes the likeliest tokens, captured, but where they tie",
  () =>
    check(() => {
      for (const samples of [1, 3]) {
        using model = createModel(USUAL);
        const prompt = Int32Array.from({ length: 120 }, (_, i) => i * 91 % 512);
        using decoder = new Decoder(model, {
          samples,
          length: 160,
          temperature: 0,
        });
        assert.ok(decoder.isCaptured);
        const ids = [...prompt, decoder.start(prompt)[0]!];
        while (ids.length < 160) {
          const drawn = decoder.next();
          assert.deepEqual([...new Set(drawn)], [drawn[0]]);
          ids.push(drawn[0]!);
        }
        assert.throws(() => {
          decoder.next();
          decoder.next();
        }, /Cannot read 161 positions/);
        const all = tensor(Int32Array.from(ids), {
          shape: [1, 160],
          device: DEVICE,
        });
        const logits = model.forward(all).select(0, 0).to("float32");
        for (let i = prompt.length - 1; i < 159; i++) {
          const row = logits.select(0, i);
          const best = row.max().item();
          const taken = row.select(0, ids[i + 1]!).item();
          assert.ok(best - taken <= 0.03 * Math.abs(best), `token ${i + 1}`);
        }
      }
    }),
);

gpuTest(
  "Decoder draws the same tokens for the same seed, captured, and leaks nothing",
  () =>
    check(() => {
      using model = createModel(USUAL);
      const draw = (seed: number) => {
        manualSeed(seed);
        using decoder = new Decoder(model, {
          samples: 2,
          length: 64,
          temperature: 1.2,
          topK: 100,
          topP: 0.9,
        });
        const ids = [...decoder.start(Int32Array.of(1, 2, 3))];
        for (let i = 0; i < 20; i++) ids.push(...decoder.next());
        assert.ok(ids.every((id) => id >= 0 && id < 512));
        return ids;
      };
      const before = liveCount();
      const first = draw(1);
      assert.deepEqual(draw(1), first);
      assert.notDeepEqual(draw(2), first);
      assert.equal(liveCount(), before);
      assert.equal(liveCount("graph"), 0);
      // The two continuations part, and no step repeats the one before.
      assert.notDeepEqual(
        first.filter((_, i) => i % 2 === 0),
        first.filter((_, i) => i % 2 === 1),
      );
      assert.ok(new Set(first).size > 5);
    }),
);

gpuTest(
  "canDecode() leaves to the ordinary pass what the kernels are not for",
  () =>
    check(() => {
      const cases: readonly [boolean, Partial<Sizes>, GPTOptions, number][] = [
        [true, {}, {}, 8],
        [false, {}, {}, 9],
        [false, {}, { precision: "32-true" }, 1],
        [false, { headSize: 16 }, {}, 1],
        [false, { normed: true }, {}, 1],
      ];
      for (const [expected, sizes, options, samples] of cases) {
        using model = createModel({ ...USUAL, ...sizes }, options);
        assert.equal(canDecode(model, samples), expected);
      }
    }),
);

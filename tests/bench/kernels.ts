/**
 * `deno run -A tests/bench/kernels.ts [words]`: the time of each CUDA kernel of our own against the least
 * that its bytes and operations allow, at the sizes of one micro-batch of the 549M-parameter model:
 * 8 x 2048 tokens, 768 wide, 8 experts of 2048, 2 a token, 50,304 words. With words, only what is named so.
 */

import {
  aten,
  backward,
  call,
  capture,
  cudaDeviceInfo,
  emptyCache,
  enableGrad,
  full,
  noGrad,
  rand,
  randn,
  scope,
  synchronize,
  type Tensor,
  type Value,
  zeros,
} from "../../ffi/mod.ts";

const device = "cuda";
const N = 16_384, C = 768, E = 8, K = 2, I = 2048, V = 50_304;
const M = N * K;
const B = 8, T = 2048, H = 12, G = 4, D = 64;
const PARAMETERS = 549_000_000;

/** Measured on an H100: a device-to-device copy, and a large product of bfloat16 matrices. */
const BYTES_PER_SECOND = 3.0e12;
const FLOPS_PER_SECOND = 800e12;

interface Case {
  name: string;
  /** Least bytes that must be read and written. */
  bytes: number;
  /** Operations of matrix products. */
  flops?: number;
  /** Makes inputs and returns the work. Called several times, so that no input stays in the cache. */
  prepare: () => () => void;
}

const bf16 = (...shape: number[]) => randn(shape, { device }).to("bfloat16");
const f32 = (...shape: number[]) => randn(shape, { device });
const operator = (name: string, ...args: Value[]) =>
  call(`moebius::${name}`, args) as Tensor[];

const sortedRows = () => {
  const experts = rand([N, E], { device }).topk(K)[1];
  return operator("moe_sort", experts, E) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
};

const cases: Case[] = [
  {
    name: "copy of 256 MiB",
    bytes: 2 ** 29,
    prepare: () => {
      const from = f32(2 ** 26), to = f32(2 ** 26);
      return () => to.copy_(from);
    },
  },
  {
    name: "rms_norm forward, f32 to bf16",
    bytes: N * C * 6,
    prepare: () => {
      const x = f32(N, C), weight = f32(C);
      return () => operator("rms_norm_forward", x, weight, 1e-5, "bfloat16");
    },
  },
  {
    name: "rms_norm backward, f32",
    bytes: N * C * 10,
    prepare: () => {
      const x = f32(N, C), weight = f32(C), dy = bf16(N, C);
      const rstd = rand([N], { device });
      return () => operator("rms_norm_backward", dy, x, weight, rstd);
    },
  },
  {
    name: "add_rms_norm forward, bf16 + f32",
    bytes: N * C * 12,
    prepare: () => {
      const x = bf16(N, C), residual = f32(N, C), weight = f32(C);
      return () =>
        operator("add_rms_norm_forward", x, residual, weight, 1e-5, "bfloat16");
    },
  },
  {
    name: "add_rms_norm backward, bf16 + f32",
    bytes: N * C * 16,
    prepare: () => {
      const dsum = f32(N, C), dy = bf16(N, C), sum = f32(N, C);
      const weight = f32(C), rstd = rand([N], { device });
      return () =>
        operator(
          "add_rms_norm_backward",
          dsum,
          dy,
          sum,
          weight,
          rstd,
          "bfloat16",
          "float32",
        );
    },
  },
  {
    name: "add_rms_norm backward, bf16 + bf16",
    bytes: N * C * 8,
    prepare: () => {
      const dsum = bf16(N, C), dy = bf16(N, C), sum = bf16(N, C);
      const weight = f32(C), rstd = rand([N], { device });
      return () =>
        operator(
          "add_rms_norm_backward",
          dsum,
          dy,
          sum,
          weight,
          rstd,
          "bfloat16",
          "bfloat16",
        );
    },
  },
  {
    name: "rope_qkv forward",
    bytes: N * (H + 2 * G) * D * 4,
    prepare: () => {
      const qkv = bf16(B, T, (H + 2 * G) * D);
      const cos = f32(T, D), sin = f32(T, D);
      return () => operator("rope_qkv_forward", qkv, cos, sin, H, G);
    },
  },
  {
    name: "rope_qkv backward",
    bytes: N * (H + 2 * G) * D * 4,
    prepare: () => {
      const dq = bf16(B, T, H, D).transpose(1, 2);
      const dk = bf16(B, T, G, D).transpose(1, 2);
      const dv = bf16(B, T, G, D).transpose(1, 2);
      const cos = f32(T, D), sin = f32(T, D);
      return () => operator("rope_qkv_backward", dq, dk, dv, cos, sin);
    },
  },
  {
    name: "moe_sort",
    bytes: M * 16,
    prepare: () => {
      const experts = rand([N, E], { device }).topk(K)[1];
      return () => operator("moe_sort", experts, E);
    },
  },
  {
    name: "moe_gather forward",
    bytes: (N + M) * C * 2,
    prepare: () => {
      const x = bf16(N, C);
      const [token, row] = sortedRows();
      return () => operator("moe_gather_forward", x, token, row);
    },
  },
  {
    name: "moe_gather backward",
    bytes: (N + M) * C * 2,
    prepare: () => {
      const dy = bf16(M, C);
      const [, row] = sortedRows();
      return () => operator("moe_gather_backward", dy, row);
    },
  },
  {
    name: "swiglu forward",
    bytes: M * I * 6,
    prepare: () => {
      const fc = bf16(M, 2 * I);
      return () => operator("swiglu_forward", fc);
    },
  },
  {
    name: "swiglu backward",
    bytes: M * I * 10,
    prepare: () => {
      const fc = bf16(M, 2 * I), dy = bf16(M, I);
      return () => operator("swiglu_backward", dy, fc);
    },
  },
  {
    name: "moe_combine forward, to bf16",
    bytes: (N + M) * C * 2,
    prepare: () => {
      const y = bf16(M, C), weights = f32(N, K);
      const [, row] = sortedRows();
      return () => operator("moe_combine_forward", y, weights, row, "bfloat16");
    },
  },
  {
    name: "moe_combine backward, from bf16",
    bytes: (N + 2 * M) * C * 2,
    prepare: () => {
      const dout = bf16(N, C), y = bf16(M, C), weights = f32(N, K);
      const [, row] = sortedRows();
      return () => operator("moe_combine_backward", dout, y, weights, row);
    },
  },
  {
    name: "combine_rms_norm forward, bf16 rows + f32",
    bytes: (N * 10 + M * 2) * C,
    prepare: () => {
      const rows = bf16(M, C), weights = f32(N, K), residual = f32(N, C);
      const [, row] = sortedRows(), weight = f32(C);
      return () =>
        operator(
          "combine_rms_norm_forward",
          ...[rows, weights, row, residual, weight, 1e-5, "bfloat16"],
        );
    },
  },
  {
    name: "combine_rms_norm backward, bf16 rows + f32",
    bytes: (N * 14 + M * 4) * C,
    prepare: () => {
      const dsum = f32(N, C), dy = bf16(N, C), sum = f32(N, C);
      const weight = f32(C), rstd = rand([N], { device });
      const rows = bf16(M, C), weights = f32(N, K), [, row] = sortedRows();
      return () =>
        operator(
          "combine_rms_norm_backward",
          ...[dsum, dy, sum, weight, rstd, rows, weights, row],
        );
    },
  },
  ...["wgmma", "libtorch", "own"].flatMap((which): Case[] => [
    {
      name: `grouped_linear forward, ${which}`,
      bytes: (M * (C + 2 * I) + E * C * 2 * I) * 2,
      flops: 2 * M * C * 2 * I,
      prepare: () => {
        const x = bf16(M, C), weight = bf16(E, 2 * I, C);
        const [, , , ends] = sortedRows();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          operator("grouped_linear_forward", x, weight, ends);
        };
      },
    },
    {
      name: `grouped_linear input, ${which}`,
      bytes: (M * (C + 2 * I) + E * C * 2 * I) * 2,
      flops: 2 * M * C * 2 * I,
      prepare: () => {
        const weight = bf16(E, 2 * I, C), dy = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          operator("grouped_linear_input", dy, weight, ends);
        };
      },
    },
    {
      name: `grouped_linear weight, ${which}`,
      bytes: (M * (C + 2 * I) + E * C * 2 * I) * 2,
      flops: 2 * M * C * 2 * I,
      prepare: () => {
        const x = bf16(M, C), dy = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          operator("grouped_linear_weight", dy, x, ends);
        };
      },
    },
    {
      name: `grouped_swiglu forward, ${which}`,
      bytes: (M * (C + 3 * I) + E * C * 2 * I) * 2,
      flops: 2 * M * C * 2 * I,
      prepare: () => {
        const x = bf16(M, C), weight = bf16(E, 2 * I, C).mul(0.02);
        const [, , , ends] = sortedRows();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          operator("grouped_swiglu_forward", x, weight, ends);
        };
      },
    },
    {
      name: `grouped_swiglu backward, ${which}`,
      bytes: (M * (C + 5 * I) + E * C * I) * 2,
      flops: 2 * M * C * I,
      prepare: () => {
        const dy = bf16(M, C), weight = bf16(E, C, I).mul(0.02);
        const fc = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          operator("grouped_swiglu_backward", dy, weight, fc, ends);
        };
      },
    },
    {
      name: `moe_experts forward and backward, ${which}`,
      bytes: (M * (8 * C + 16 * I) + 9 * E * C * I) * 2,
      flops: 18 * M * C * I,
      prepare: () => moeExperts(which),
    },
  ]),
  {
    name: "grouped_linear forward, f32",
    bytes: (M * (C + 2 * I) + E * C * 2 * I) * 4,
    flops: 2 * M * C * 2 * I,
    prepare: () => {
      const x = f32(M, C), weight = f32(E, 2 * I, C);
      const [, , , ends] = sortedRows();
      return () => operator("grouped_linear_forward", x, weight, ends);
    },
  },
  ...[2048, 4096, N].flatMap((rows): Case[] => {
    const share = rows / N;
    return [
      {
        name: `linear_cross_entropy, ${rows} rows at a time`,
        bytes: 2 * N * V * 2,
        flops: 6 * N * C * V,
        prepare: () => {
          const x = bf16(N, C), weight = bf16(V, C).mul(0.02);
          const targets = rand([N], { device }).mul(V).to("int64");
          return () =>
            operator(
              "linear_cross_entropy_forward",
              x,
              weight,
              null,
              targets,
              -100,
              rows,
              null,
              true,
            );
        },
      },
      {
        name: `  its matrix products alone, ${rows} rows`,
        bytes: 0,
        flops: 6 * N * C * V,
        prepare: () => {
          const x = bf16(rows, C), weight = bf16(V, C).mul(0.02);
          const sum = zeros([V, C], { device });
          return () => {
            for (let i = 0; i < 1 / share; i++) {
              const logits = x.matmul(weight.t());
              logits.matmul(weight);
              if (share === 1) logits.t().matmul(x);
              else {
                call("addmm.dtype_out", [sum, logits.t(), x, "float32", {
                  beta: i === 0 ? 0 : 1,
                  out: sum,
                }]);
              }
            }
          };
        },
      },
    ];
  }),
  ...(["float32", "bfloat16"] as const).flatMap((grad): Case[] =>
    [false, true].map((withShadows): Case => ({
      name: `adamw_, gradients ${grad}${withShadows ? ", shadows" : ""}`,
      bytes: PARAMETERS *
        (24 + (grad === "float32" ? 4 : 2) + (withShadows ? 2 : 0)),
      prepare: () => adamw(grad, withShadows),
    }))
  ),
  {
    name: "libtorch's _fused_adamw_",
    bytes: PARAMETERS * 28,
    prepare: () => {
      const arrays = largeArrays(() => f32);
      const [param, grad, expAvg, expAvgSq] = arrays;
      const steps = param.map(() => full([], 5, { device }));
      const lr = full([], 1e-4, { device });
      return () =>
        aten(
          "_fused_adamw_.tensor_lr",
          param,
          grad,
          expAvg,
          expAvgSq,
          [],
          steps,
          {
            lr,
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            weight_decay: 0.1,
            amsgrad: false,
            maximize: false,
          },
        );
    },
  },
];

/** Parameters, gradients and both averages, in tensors of the sizes that the model has. */
function largeArrays(
  kind: (array: number) => (...shape: number[]) => Tensor,
): [Tensor[], Tensor[], Tensor[], Tensor[]] {
  const sizes = [V * C, V * C];
  const layer = [C, 1280 * C, C * C, C, E * C, E * 2 * I * C, E * I * C];
  for (let i = 0; i < 12; i++) sizes.push(...layer);
  return [0, 1, 2, 3].map((array) =>
    sizes.map((size) => {
      const tensor = kind(array)(size);
      return array === 3 ? tensor.abs() : tensor;
    })
  ) as [Tensor[], Tensor[], Tensor[], Tensor[]];
}

function adamw(grad: "float32" | "bfloat16", withShadows: boolean): () => void {
  const arrays = largeArrays((array) =>
    array === 1 && grad === "bfloat16" ? bf16 : f32
  );
  const steps = arrays[0].map(() => full([], 5, { device }));
  const shadows = withShadows
    ? arrays[0].map((param) => param.to("bfloat16"))
    : [];
  const lr = full([], 1e-4, { device });
  const one = full([], 1, { device });
  const zero = full([], 0, { device });
  return () =>
    operator(
      "adamw_",
      ...arrays,
      steps,
      lr,
      one,
      zero,
      0.9,
      0.95,
      1e-8,
      0.1,
      shadows,
    );
}

/** The whole layer's products, with autograd, as a step runs them. */
function moeExperts(which: string): () => void {
  const x = bf16(N, C), dy = bf16(M, C);
  const fc = bf16(E, 2 * I, C).mul(0.02), proj = bf16(E, C, I).mul(0.02);
  const [token, row, , ends] = sortedRows();
  for (const leaf of [x, fc, proj]) leaf.requiresGrad = true;
  return () => {
    Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
    const y = enableGrad(() =>
      call("moebius::moe_experts", [
        ...[x, token, row, ends, fc, proj],
        ...[null, null],
      ]) as Tensor
    );
    backward([y], { gradients: [dy] });
    for (const leaf of [x, fc, proj]) leaf.grad = null;
  };
}

/** Median milliseconds of one run, from a recording of several on different inputs. */
function measure({ prepare, bytes }: Case): number {
  const sets = bytes > 0 && bytes < 4e8 ? 6 : 1;
  const repeats = Math.max(sets, bytes < 4e8 ? 24 : 2);
  const works = Array.from({ length: sets }, prepare);
  for (const work of works) scope(work);
  synchronize(device);
  using graph = capture(() => {
    for (let i = 0; i < repeats; i++) scope(works[i % sets]!);
  });
  graph.replay();
  synchronize(device);
  const times = Array.from({ length: 9 }, () => {
    const startMs = performance.now();
    graph.replay();
    synchronize(device);
    return (performance.now() - startMs) / repeats;
  });
  return times.sort((a, b) => a - b)[4]!;
}

function main(words: readonly string[]): void {
  const { name } = cudaDeviceInfo();
  console.log(`${name}, ${new Date().toISOString().slice(0, 10)}\n`);
  console.log("| kernel | ms | floor ms | share |");
  console.log("| --- | --- | --- | --- |");
  for (const each of cases) {
    if (words.length > 0 && !words.some((word) => each.name.includes(word))) {
      continue;
    }
    const ms = noGrad(() => scope(() => measure(each)));
    emptyCache();
    const byBytes = each.bytes / BYTES_PER_SECOND * 1000;
    const byFlops = (each.flops ?? 0) / FLOPS_PER_SECOND * 1000;
    // A loss reads and writes logits between products: its floor is the sum.
    const floor = each.name.startsWith("linear_cross")
      ? byBytes + byFlops
      : Math.max(byBytes, byFlops);
    console.log(
      `| ${each.name} | ${ms.toFixed(4)} | ${floor.toFixed(4)} | ${
        (floor / ms).toFixed(2)
      } |`,
    );
  }
}

if (import.meta.main) main(Deno.args);

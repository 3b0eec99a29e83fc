/**
 * The cases of the kernel benchmark: each of this project's operators that consists of one or a few kernels, with
 * the minimum of bytes and operations that it needs.
 *
 * Sizes: N tokens, M = N K rows of experts, C channels, I of an expert, V vocabulary.
 *
 * @module
 */

import {
  aten,
  backward,
  call,
  type Device,
  enableGrad,
  full,
  rand,
  randn,
  type Tensor,
  type Value,
  zeros,
} from "../../ffi/mod.ts";

/** The sizes of a micro-batch, and of the model. */
export interface KernelSizes {
  readonly sequences: number;
  readonly length: number;
  readonly channels: number;
  readonly heads: number;
  readonly groups: number;
  readonly headSize: number;
  readonly experts: number;
  readonly chosen: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly layers: number;
}

/** One line of the table. */
export interface KernelCase {
  readonly name: string;
  /** Minimum number of bytes to read and write. */
  readonly bytes: number;
  /** Operations of matrix products. */
  readonly flops?: number;
  /** Makes inputs and returns the work. Called several times, so that no input stays in the cache. */
  readonly prepare: () => () => void;
}

/** Implementations of the products of groups of rows. */
const MULTIPLIERS = ["wgmma", "libtorch", "own"] as const;

/** All of them, at such sizes, on a device. */
export function kernelCases(sizes: KernelSizes, device: Device): KernelCase[] {
  const { sequences: B, length: T, channels: C, experts: E, chosen: K } = sizes;
  const { heads: H, groups: G, headSize: D, inner: I, vocabulary: V } = sizes;
  const N = B * T, M = N * K;
  const bf16 = (...shape: number[]) => randn(shape, { device }).to("bfloat16");
  const f32 = (...shape: number[]) => randn(shape, { device });
  const operator = (name: string, ...args: Value[]) =>
    call(`moebius::${name}`, args) as Tensor[];
  const chooseExperts = () => rand([N, E], { device }).topk(K)[1];
  /** token [M], row [N, K], counts and ends of experts' rows [E]. */
  const sortedRows = () =>
    operator("moe_sort", chooseExperts(), E) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];

  /** Parameters, gradients and both averages, in tensors of the sizes that the model has. */
  const parameterSizes = [V * C, V * C];
  for (let i = 0; i < sizes.layers; i++) {
    const attention = [C, (H + 2 * G) * D * C, H * D * C];
    parameterSizes.push(...attention, C, E * C, E * 2 * I * C, E * I * C);
  }
  const parameters = parameterSizes.reduce((sum, size) => sum + size, 0);
  const likeParameters = (make: (size: number) => Tensor) =>
    parameterSizes.map((size) => make(size));
  const scalar = (value: number) => full([], value, { device });

  const norms: KernelCase[] = [
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
        const rest: Value[] = [weight, 1e-5, "bfloat16"];
        return () => operator("add_rms_norm_forward", x, residual, ...rest);
      },
    },
    ...([["f32", "float32", 16], ["bf16", "bfloat16", 8]] as const).map(
      ([name, dtype, bytes]): KernelCase => ({
        name: `add_rms_norm backward, bf16 + ${name}`,
        bytes: N * C * bytes,
        prepare: () => {
          const dsum = f32(N, C).to(dtype), dy = bf16(N, C);
          const sum = f32(N, C).to(dtype), weight = f32(C);
          const rstd = rand([N], { device });
          const rest: Value[] = [sum, weight, rstd, "bfloat16", dtype];
          return () => operator("add_rms_norm_backward", dsum, dy, ...rest);
        },
      }),
    ),
    {
      name: "combine_rms_norm forward, bf16 rows + f32",
      bytes: (N * 10 + M * 2) * C,
      prepare: () => {
        const rows = bf16(M, C), weights = f32(N, K), residual = f32(N, C);
        const [, row] = sortedRows();
        const rest: Value[] = [row, residual, f32(C), 1e-5, "bfloat16"];
        return () =>
          operator("combine_rms_norm_forward", rows, weights, ...rest);
      },
    },
    {
      name: "combine_rms_norm backward, bf16 rows + f32",
      bytes: (N * 14 + M * 4) * C,
      prepare: () => {
        const dsum = f32(N, C), dy = bf16(N, C), sum = f32(N, C);
        const rstd = rand([N], { device });
        const rows = bf16(M, C), weights = f32(N, K), [, row] = sortedRows();
        const rest: Value[] = [sum, f32(C), rstd, rows, weights, row];
        return () => operator("combine_rms_norm_backward", dsum, dy, ...rest);
      },
    },
  ];

  const heads: KernelCase[] = [
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
        const [dq, dk, dv] = [H, G, G].map((count) =>
          bf16(B, T, count, D).transpose(1, 2)
        ) as [Tensor, Tensor, Tensor];
        const cos = f32(T, D), sin = f32(T, D);
        return () => operator("rope_qkv_backward", dq, dk, dv, cos, sin);
      },
    },
  ];

  const rowsOfExperts: KernelCase[] = [
    {
      name: "moe_sort",
      bytes: M * 16,
      prepare: () => {
        const experts = chooseExperts();
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
        return () =>
          operator("moe_combine_forward", y, weights, row, "bfloat16");
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
  ];

  const firstProduct = {
    bytes: (M * (C + 2 * I) + E * C * 2 * I) * 2,
    flops: 2 * M * C * 2 * I,
  };
  const products: KernelCase[] = [
    {
      ...firstProduct,
      name: "grouped_linear forward",
      prepare: () => {
        const x = bf16(M, C), weight = bf16(E, 2 * I, C);
        const [, , , ends] = sortedRows();
        return () => operator("grouped_linear_forward", x, weight, ends);
      },
    },
    {
      ...firstProduct,
      name: "grouped_linear input",
      prepare: () => {
        const weight = bf16(E, 2 * I, C), dy = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => operator("grouped_linear_input", dy, weight, ends);
      },
    },
    {
      ...firstProduct,
      name: "grouped_linear weight",
      prepare: () => {
        const x = bf16(M, C), dy = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => operator("grouped_linear_weight", dy, x, ends);
      },
    },
    {
      name: "grouped_swiglu forward",
      bytes: (M * (C + 3 * I) + E * C * 2 * I) * 2,
      flops: 2 * M * C * 2 * I,
      prepare: () => {
        const x = bf16(M, C), weight = bf16(E, 2 * I, C).mul(0.02);
        const [, , , ends] = sortedRows();
        return () => operator("grouped_swiglu_forward", x, weight, ends);
      },
    },
    {
      name: "grouped_swiglu backward",
      bytes: (M * (C + 5 * I) + E * C * I) * 2,
      flops: 2 * M * C * I,
      prepare: () => {
        const dy = bf16(M, C), weight = bf16(E, C, I).mul(0.02);
        const fc = bf16(M, 2 * I);
        const [, , , ends] = sortedRows();
        return () => operator("grouped_swiglu_backward", dy, weight, fc, ends);
      },
    },
    {
      name: "moe_experts forward and backward",
      bytes: (M * (8 * C + 16 * I) + 9 * E * C * I) * 2,
      flops: 18 * M * C * I,
      prepare: () => {
        // With autograd, as a step runs them.
        const x = bf16(N, C), dy = bf16(M, C);
        const fc = bf16(E, 2 * I, C).mul(0.02), proj = bf16(E, C, I).mul(0.02);
        const [token, row, , ends] = sortedRows();
        const inputs: Value[] = [x, token, row, ends, fc, proj, null, null];
        const leaves = [x, fc, proj];
        for (const leaf of leaves) leaf.requiresGrad = true;
        return () => {
          const y = enableGrad(() =>
            call("moebius::moe_experts", inputs) as Tensor
          );
          backward([y], { gradients: [dy] });
          for (const leaf of leaves) leaf.grad = null;
        };
      },
    },
  ];
  const productsOfEach = MULTIPLIERS.flatMap((which) =>
    products.map((product): KernelCase => ({
      ...product,
      name: `${product.name}, ${which}`,
      prepare: () => {
        const work = product.prepare();
        return () => {
          Deno.env.set("MOEBIUS_GROUPED_LINEAR", which);
          work();
          Deno.env.delete("MOEBIUS_GROUPED_LINEAR");
        };
      },
    }))
  );
  const productOfFloat32: KernelCase = {
    name: "grouped_linear forward, f32",
    bytes: 2 * firstProduct.bytes,
    flops: firstProduct.flops,
    prepare: () => {
      const x = f32(M, C), weight = f32(E, 2 * I, C);
      const [, , , ends] = sortedRows();
      return () => operator("grouped_linear_forward", x, weight, ends);
    },
  };

  const losses = [N / 8, N / 4, N].flatMap((rows): KernelCase[] => [
    {
      name: `linear_cross_entropy, ${rows} rows at a time`,
      bytes: 2 * N * V * 2,
      flops: 6 * N * C * V,
      prepare: () => {
        const x = bf16(N, C), weight = bf16(V, C).mul(0.02);
        const targets = rand([N], { device }).mul(V).to("int64");
        const rest: Value[] = [null, targets, -100, rows, null, true];
        return () =>
          operator("linear_cross_entropy_forward", x, weight, ...rest);
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
          for (let done = 0; done < N; done += rows) {
            const logits = x.matmul(weight.t());
            logits.matmul(weight);
            // Sums in float32 of products in bfloat16 are for CUDA devices.
            if (rows === N || device === "cpu") logits.t().matmul(x);
            else {
              const options = { beta: done === 0 ? 0 : 1, out: sum };
              const matrices: Value[] = [sum, logits.t(), x];
              call("addmm.dtype_out", [...matrices, "float32", options]);
            }
          }
        };
      },
    },
  ]);

  const optimizers: KernelCase[] = [
    ...(["float32", "bfloat16"] as const).flatMap((dtype): KernelCase[] =>
      [false, true].map((withShadows): KernelCase => ({
        name: `adamw_, gradients ${dtype}${withShadows ? ", shadows" : ""}`,
        bytes: parameters *
          (24 + (dtype === "float32" ? 4 : 2) + (withShadows ? 2 : 0)),
        prepare: () => {
          const param = likeParameters(f32);
          const arrays: Value[] = [
            param,
            likeParameters((size) => f32(size).to(dtype)),
            likeParameters(f32),
            likeParameters((size) => f32(size).abs()),
            param.map(() => scalar(5)),
          ];
          const scalars: Value[] = [scalar(1e-4), scalar(1), scalar(0)];
          const shadows = withShadows
            ? param.map((each) => each.to("bfloat16"))
            : [];
          const settings: Value[] = [0.9, 0.95, 1e-8, 0.1, shadows];
          return () => operator("adamw_", ...arrays, ...scalars, ...settings);
        },
      }))
    ),
    {
      name: "libtorch's _fused_adamw_",
      bytes: parameters * 28,
      prepare: () => {
        const param = likeParameters(f32), grad = likeParameters(f32);
        const expAvg = likeParameters(f32);
        const expAvgSq = likeParameters((size) => f32(size).abs());
        const steps = param.map(() => scalar(5));
        const lr = scalar(1e-4);
        const settings = {
          lr,
          beta1: 0.9,
          beta2: 0.95,
          eps: 1e-8,
          weight_decay: 0.1,
          amsgrad: false,
          maximize: false,
        };
        return () =>
          aten(
            "_fused_adamw_.tensor_lr",
            ...[param, grad, expAvg, expAvgSq] as const,
            ...[[], steps, settings] as const,
          );
      },
    },
  ];

  return [
    ...norms,
    ...heads,
    ...rowsOfExperts,
    ...productsOfEach,
    productOfFloat32,
    ...losses,
    ...optimizers,
  ];
}

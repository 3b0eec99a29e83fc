/**
 * Determines which of libtorch's attention kernels work on a device, by running them.
 *
 * @module
 */

import { backward } from "./autograd.ts";
import { aten } from "./call.ts";
import { arange } from "./create.ts";
import type { Device, DType } from "./dtype.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** A kernel for scaled dot-product attention. `math` is the composition of plain operators. */
export type AttentionBackend = "cudnn" | "flash" | "efficient" | "math";

/** Options of {@linkcode attend}. */
export interface AttendOptions {
  /** Kernel to run; there is no silent fall-back to another. */
  backend: AttentionBackend;
  /** Each position attends to itself and to earlier ones. Needs as many keys as queries. */
  causal: boolean;
  /** Factor of the scores, usually `1 / sqrt(head size)`. */
  scale: number;
}

/**
 * Scaled dot-product attention by one named kernel.
 *
 * Shapes: queries [B, H, T, D], keys and values [B, G, S, D] with G dividing H (grouped queries);
 * result [B, H, T, D].
 *
 * @throws {TorchError} if the kernel does not run on these tensors.
 */
export function attend(
  q_BHTD: Tensor,
  k_BGSD: Tensor,
  v_BGSD: Tensor,
  { backend, causal, scale }: AttendOptions,
): Tensor {
  switch (backend) {
    case "cudnn": {
      const [y] = aten(
        "_scaled_dot_product_cudnn_attention",
        q_BHTD,
        k_BGSD,
        v_BGSD,
        null,
        true,
        0,
        causal,
        false,
        { scale },
      );
      return y;
    }
    case "flash": {
      if (q_BHTD.device === "cpu") {
        const [y] = aten(
          "_scaled_dot_product_flash_attention_for_cpu",
          q_BHTD,
          k_BGSD,
          v_BGSD,
          0,
          causal,
          { scale },
        );
        return y;
      }
      const [y] = aten(
        "_scaled_dot_product_flash_attention",
        q_BHTD,
        k_BGSD,
        v_BGSD,
        0,
        causal,
        false,
        { scale },
      );
      return y;
    }
    case "efficient": {
      const [y] = aten(
        "_scaled_dot_product_efficient_attention",
        q_BHTD,
        repeatGroups(k_BGSD, q_BHTD),
        repeatGroups(v_BGSD, q_BHTD),
        null,
        true,
        0,
        causal,
        { scale },
      );
      return y;
    }
    case "math": {
      const [y] = aten(
        "_scaled_dot_product_attention_math",
        q_BHTD,
        k_BGSD,
        v_BGSD,
        null,
        0,
        causal,
        null,
        { scale, enable_gqa: true },
      );
      return y;
    }
  }
}

/** Repeats key or value heads, once for each query head that uses them. */
function repeatGroups(kv_BGSD: Tensor, q_BHTD: Tensor): Tensor {
  const repeats = q_BHTD.size(1) / kv_BGSD.size(1);
  return repeats === 1
    ? kv_BGSD
    : aten("repeat_interleave.self_int", kv_BGSD, repeats, 1);
}

/** Whether a kernel runs and gives correct results, and if not, why. */
export interface AttentionProbe {
  /** The kernel that was tried. */
  backend: AttentionBackend;
  /** Whether it ran forward and backward with correct results. */
  works: boolean;
  /** Libtorch's reason if it does not run, or that its results are wrong; null if it works. */
  reason: string | null;
}

/** The sizes that {@linkcode probeAttention} tries. */
export interface AttentionProbeOptions {
  /** Device to run the kernels on. */
  device: Device;
  /** Element type of queries, keys and values. */
  dtype: DType;
  /** Default: 64. */
  headSize?: number;
  /** Query heads for each key head. Default: 1. */
  queriesPerGroup?: number;
}

/** All kernels, in order of preference. */
const BACKENDS: readonly AttentionBackend[] = [
  "cudnn",
  "flash",
  "efficient",
  "math",
];

/**
 * Runs causal attention forward and backward with every kernel, in order of preference: use the first that
 * works. libtorch's own predictions are not used. A kernel must also give the same results as `math`:
 * cuDNN's kernel runs on float32, but gives NaN.
 */
export function probeAttention(
  options: AttentionProbeOptions,
): AttentionProbe[] {
  return BACKENDS.map((backend) => {
    if (options.device === "cpu" && CUDA_ONLY.includes(backend)) {
      return { backend, works: false, reason: "it is for CUDA devices" };
    }
    try {
      const error = scope(() =>
        largestError(attempt(backend, options), attempt("math", options))
      );
      if (error < LARGEST_ERROR) return { backend, works: true, reason: null };
      const reason = `its numbers are wrong: they differ by ${
        Number.isNaN(error) ? "NaN" : `${Math.round(100 * error)} %`
      }`;
      return { backend, works: false, reason };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const reason = message.replace(/^aten::\w+\(.*?\): /, "").split("\n")[0];
      return { backend, works: false, reason: reason ?? message };
    }
  });
}

const CUDA_ONLY: readonly AttentionBackend[] = ["cudnn", "efficient"];

// Far above bfloat16's rounding error, and far below the error of a wrong result.
const LARGEST_ERROR = 0.1;

/** The result, and the gradients of queries, keys and values. */
function attempt(
  backend: AttentionBackend,
  options: AttentionProbeOptions,
): Tensor[] {
  const { device, dtype, headSize = 64, queriesPerGroup = 1 } = options;
  const leaf = (heads: number): Tensor => {
    // No random numbers: probing a device must not change the generators' state.
    const count = 128 * heads * headSize;
    const input = aten("sin", arange(0, count, { device, dtype: "float32" }))
      .to(dtype).view(1, 128, heads, headSize);
    input.requiresGrad = true;
    return input;
  };
  const [q, k, v] = [leaf(2 * queriesPerGroup), leaf(2), leaf(2)];
  const y = attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), {
    backend,
    causal: true,
    scale: 1 / Math.sqrt(headSize),
  });
  backward(y.square().sum());
  return [
    y.detach(),
    ...[q, k, v].map(({ grad }) => {
      if (grad === null) throw new Error("it has no gradient");
      return grad;
    }),
  ];
}

/** The largest difference, relative to the largest expected value. */
function largestError(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
): number {
  const errors = actual.map((tensor, i) => {
    const reference = expected[i]!;
    return tensor.sub(reference).abs().max().div(reference.abs().max()).item();
  });
  return errors.some(Number.isNaN) ? NaN : Math.max(...errors);
}

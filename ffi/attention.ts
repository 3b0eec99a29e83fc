/**
 * Which of libtorch's attention kernels run on a device, found out by running them.
 *
 * @module
 */

import { backward } from "./autograd.ts";
import { aten } from "./call.ts";
import { randn } from "./create.ts";
import { synchronize } from "./cuda.ts";
import type { Device, DType } from "./dtype.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** A kernel for scaled dot-product attention. `math` is the composition of plain operators. */
export type AttentionBackend = "cudnn" | "flash" | "efficient" | "math";

/** Options of {@linkcode attend}. */
export interface AttendOptions {
  /** Kernel to run; there is no silent fall-back to another. */
  backend: AttentionBackend;
  /** Each position sees itself and what came before. Needs as many keys as queries. */
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

/** Key or value heads, once for each query head that uses them. */
function repeatGroups(kv_BGSD: Tensor, q_BHTD: Tensor): Tensor {
  const repeats = q_BHTD.size(1) / kv_BGSD.size(1);
  return repeats === 1
    ? kv_BGSD
    : aten("repeat_interleave.self_int", kv_BGSD, repeats, 1);
}

/** Whether a kernel runs, and if not, what it says. */
export interface AttentionProbe {
  backend: AttentionBackend;
  works: boolean;
  /** libtorch's reason where it does not. */
  reason: string | null;
}

/** The sizes that {@linkcode probeAttention} tries. */
export interface AttentionProbeOptions {
  device: Device;
  dtype: DType;
  /** Default: 64. */
  headSize?: number;
  /** Query heads a key head. Default: 1. */
  queriesPerGroup?: number;
}

/** In order of preference. */
const BACKENDS: readonly AttentionBackend[] = [
  "cudnn",
  "flash",
  "efficient",
  "math",
];

/**
 * Runs causal attention forward and backward by every kernel, in order of preference: the first that
 * works is the one to use. Libraries' own predictions are not asked.
 */
export function probeAttention(
  options: AttentionProbeOptions,
): AttentionProbe[] {
  const { device, dtype, headSize = 64, queriesPerGroup = 1 } = options;
  return BACKENDS.map((backend) => {
    try {
      scope(() => {
        const place = { device, dtype };
        const inputs = [2 * queriesPerGroup, 2, 2].map((heads) => {
          const input = randn([1, 128, heads, headSize], place);
          input.requiresGrad = true;
          return input;
        });
        const [q, k, v] = inputs.map((input) => input.transpose(1, 2)) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const y = attend(q, k, v, {
          backend,
          causal: true,
          scale: 1 / Math.sqrt(headSize),
        });
        backward(y.sum());
        for (const input of inputs) {
          if (input.grad === null) throw new Error("it has no gradient");
        }
        synchronize(device);
      });
      return { backend, works: true, reason: null };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const reason = message.replace(/^aten::\w+\(.*?\): /, "").split("\n")[0];
      return { backend, works: false, reason: reason ?? message };
    }
  });
}

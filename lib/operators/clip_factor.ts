/**
 * Clipping by the global gradient norm. The gradients are not changed: the optimizer multiplies by the factor.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** The result of {@linkcode plainClipFactor}, each float32 []. */
export interface ClipFactor {
  /** Euclidean norm of all gradients together. */
  readonly norm: Tensor;
  /** The factor that the gradients are to be multiplied by. */
  readonly factor: Tensor;
  /** 1 if the norm is not finite, else 0. */
  readonly foundInf: Tensor;
}

/** The factor of torch.nn.utils.clip_grad_norm_; 1 where `maxNorm` is null. */
export function plainClipFactor(
  grads: readonly Tensor[],
  maxNorm: number | null,
): ClipFactor {
  const norms = grads.map((grad) =>
    aten("linalg_vector_norm", grad, 2, null, false, { dtype: "float32" })
  );
  const norm = aten("linalg_vector_norm", aten("stack", norms));
  const factor = maxNorm === null
    ? aten("ones_like", norm)
    : aten("reciprocal", norm.add(1e-6)).mul(maxNorm).clamp(null, 1);
  const foundInf = aten("isfinite", norm).to("float32").neg().add(1);
  return { norm, factor, foundInf };
}

/** {@linkcode plainClipFactor} as one operator. */
export function fusedClipFactor(
  grads: readonly Tensor[],
  maxNorm: number | null,
): ClipFactor {
  const [norm, factor, foundInf] = aten(
    "moebius::clip_factor",
    grads.map((grad) => grad.contiguous()),
    maxNorm,
  );
  return { norm, factor, foundInf };
}

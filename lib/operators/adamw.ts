/**
 * The update of AdamW (Loshchilov and Hutter 2019), in PyTorch's arithmetic.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** The tensors that an update reads and writes; all lists are in the same order of parameters. */
export interface AdamwTensors {
  /** Written. */
  readonly params: readonly Tensor[];
  /** Read, and possibly overwritten. Of the parameters' dtype, or bfloat16. */
  readonly grads: readonly Tensor[];
  /** Averages of the gradients, written. */
  readonly expAvgs: readonly Tensor[];
  /** Averages of the gradients' squares, written. */
  readonly expAvgSqs: readonly Tensor[];
  /** Numbers of updates so far, float32 [], written. */
  readonly steps: readonly Tensor[];
  /** bfloat16 copies of the parameters, written; or empty. */
  readonly shadows: readonly Tensor[];
  /** Learning rate, float32 []. */
  readonly lr: Tensor;
  /** Factor of the gradients, float32 []. */
  readonly gradScale: Tensor;
  /** 1 to skip the update, else 0: float32 []. */
  readonly foundInf: Tensor;
}

/** Hyperparameters of an update. */
export interface AdamwOptions {
  /** Decay rates of the two averages. */
  readonly betas: readonly [number, number];
  /** Added to the root of the averaged square. */
  readonly eps: number;
  /** Fraction of each weight, times the learning rate, that an update subtracts. */
  readonly weightDecay: number;
}

/** Scales the gradients, counts the steps and updates the parameters. */
export function plainAdamw(
  tensors: AdamwTensors,
  { betas: [beta1, beta2], eps, weightDecay }: AdamwOptions,
): void {
  const { params, steps, shadows, lr, foundInf } = tensors;
  const grads = tensors.grads.map((grad, i) => grad.to(params[i]!.dtype));
  aten("_foreach_mul_.Tensor", grads, tensors.gradScale);
  aten("_foreach_add_.Tensor", steps, foundInf.neg().add(1));
  aten(
    "_fused_adamw_.tensor_lr",
    params,
    grads,
    tensors.expAvgs,
    tensors.expAvgSqs,
    [],
    steps,
    {
      lr,
      beta1,
      beta2,
      eps,
      weight_decay: weightDecay,
      amsgrad: false,
      maximize: false,
      found_inf: foundInf,
    },
  );
  if (shadows.length > 0) aten("_foreach_copy_", shadows, params);
}

/** {@linkcode plainAdamw} as one operator, which reads each gradient once. */
export function fusedAdamw(
  tensors: AdamwTensors,
  { betas: [beta1, beta2], eps, weightDecay }: AdamwOptions,
): void {
  aten(
    "moebius::adamw_",
    tensors.params,
    tensors.grads,
    tensors.expAvgs,
    tensors.expAvgSqs,
    tensors.steps,
    tensors.lr,
    tensors.gradScale,
    tensors.foundInf,
    beta1,
    beta2,
    eps,
    weightDecay,
    tensors.shadows,
  );
}

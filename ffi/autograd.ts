/**
 * Automatic differentiation with libtorch's autograd.
 *
 * @module
 */

import { check, native } from "./library.ts";
import type { Tensor } from "./tensor.ts";

/** Options of {@linkcode backward}. */
export interface BackwardOptions {
  /** A gradient for each tensor; null means 1, for a tensor of one element. Default: null for all. */
  gradients?: readonly (Tensor | null)[];
  /** Keeps the recorded graph, so that `backward` can run on it again. Default: false. */
  keepGraph?: boolean;
}

/**
 * Adds the gradients of the given tensors to `grad` of every leaf they depend on.
 *
 * @example
 * ```ts
 * import { backward, tensor } from "moebius";
 *
 * const x = tensor([1, 2, 3]);
 * x.requiresGrad = true;
 * backward(x.square().sum());
 * console.log(x.grad?.toArray()); // 2, 4, 6
 * ```
 *
 * @throws {TorchError} if a tensor does not require grad, or has several elements and no gradient.
 */
export function backward(
  tensors: Tensor | readonly Tensor[],
  options: BackwardOptions = {},
): void {
  const outputs = "handle" in tensors ? [tensors] : tensors;
  const { gradients } = options;
  if (gradients !== undefined && gradients.length !== outputs.length) {
    throw new TypeError(
      `Cannot run backward: ${outputs.length} tensors and ${gradients.length} gradients`,
    );
  }
  const { symbols, error } = native();
  check(symbols.moe_backward(
    Uint32Array.from(outputs, liveHandle),
    gradients === undefined
      ? null
      : Uint32Array.from(gradients, (gradient) =>
        gradient === null ? 0 : liveHandle(gradient)),
    outputs.length,
    options.keepGraph ? 1 : 0,
    error.bytes,
  ));
}

function liveHandle(tensor: Tensor): number {
  if (tensor.disposed) {
    throw new TypeError("Cannot run backward with a tensor that was disposed");
  }
  return tensor.handle;
}

/** Whether operators are recorded for `backward`. */
export function isGradEnabled(): boolean {
  return native().symbols.moe_grad_enabled() === 1;
}

/** Runs a synchronous function without recording its operators. */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs a synchronous function and records its operators, even inside `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}

function withGrad<T>(enabled: boolean, fn: () => T): T {
  const { symbols } = native();
  const before = symbols.moe_set_grad_enabled(enabled ? 1 : 0);
  try {
    const result = fn();
    if (result instanceof Promise) {
      result.catch(() => {}); // The error below is the one to see.
      throw new TypeError(
        "Cannot change the grad mode for an asynchronous function: it would leak into other code",
      );
    }
    return result;
  } finally {
    symbols.moe_set_grad_enabled(before);
  }
}

/**
 * The output layer and the training loss.
 *
 * Shapes: N positions, C width of the model, V vocabulary.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";

/** Positions with this target are left out of the loss, as in PyTorch. */
export const IGNORE_INDEX: number = -100;

/** The output layer's weights, in the dtype of its input. */
export interface OutputLayer {
  /** [V, C] */
  readonly weight: Tensor;
  /** [V] */
  readonly bias: Tensor | null;
}

/** Options that affect only the speed. */
export interface CrossEntropyOptions {
  /** The gradient that backward will be called with, float32 [], if it is known in advance. */
  readonly gradient?: Tensor | null;
  /** Number of rows whose logits are in memory at a time. */
  readonly chunkRows?: number;
}

/** Mean cross-entropy in nats, computed in float32, of the rows [N, C] with int64 targets [N]. */
export function plainLinearCrossEntropy(
  x_NC: Tensor,
  targets_N: Tensor,
  { weight, bias }: OutputLayer,
): Tensor {
  const logits_NV = x_NC.linear(weight, bias);
  const wide = x_NC.dtype === "float64" ? logits_NV : logits_NV.to("float32");
  return aten("cross_entropy_loss", wide, targets_N);
}

/**
 * {@linkcode plainLinearCrossEntropy} as one operator, which computes the logits of `chunkRows` rows at a time and
 * replaces them by their gradient immediately.
 */
export function fusedLinearCrossEntropy(
  x_NC: Tensor,
  targets_N: Tensor,
  { weight, bias }: OutputLayer,
  {
    gradient = null,
    chunkRows = usualChunkRows(x_NC, weight.size(0)),
  }: CrossEntropyOptions = {},
): Tensor {
  return aten(
    "moebius::linear_cross_entropy",
    x_NC,
    weight,
    bias,
    targets_N,
    IGNORE_INDEX,
    chunkRows,
    gradient,
  );
}

/** Enough rows to keep a GPU busy (always the same number), or rows whose logits fit into a CPU's cache. */
function usualChunkRows(x_NC: Tensor, V: number): number {
  const rowBytes = (x_NC.dtype === "bfloat16" ? 2 : 4) * V;
  if (x_NC.device === "cpu") return inRange(2 ** 23 / rowBytes);
  const N = x_NC.size(0);
  const chunks = Math.ceil(N * rowBytes / 2 ** 30);
  return inRange(N / Math.max(1, chunks) + 63);
}

function inRange(rows: number): number {
  return Math.max(256, Math.floor(rows / 64) * 64);
}

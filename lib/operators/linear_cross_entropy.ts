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

/** The output layer's weights, of its input's dtype. */
export interface OutputLayer {
  /** [V, C] */
  readonly weight: Tensor;
  /** [V] */
  readonly bias: Tensor | null;
}

/** Options of the loss, which change nothing but its speed. */
export interface CrossEntropyOptions {
  /** What backward will be given for the loss, float32 [], if that is known. */
  readonly gradient?: Tensor | null;
  /** Rows whose logits exist at the same time. */
  readonly chunkRows?: number;
}

/** Mean cross-entropy in nats, computed in float32, of the logits of rows [N, C] against int64 targets [N]. */
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
 * {@linkcode plainLinearCrossEntropy} as one operator: the logits of `chunkRows` rows at a time, turned at once
 * into their gradient.
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

/** As many rows as keep their logits in a CPU's cache, or a GPU busy; on a GPU the same number each time. */
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

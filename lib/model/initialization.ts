/**
 * Standard deviations of LitGPT's pretraining initialisation (GPT-NeoX's, as in TinyLlama).
 *
 * @module
 */

import type { ModelConfig } from "../config/model.ts";

/** For every matrix and embedding, except those initialised with {@linkcode outputStd}. */
export function weightStd({ n_embd }: ModelConfig): number {
  return Math.sqrt(2 / 5 / n_embd);
}

/** For the matrices that write to the residual stream, in attention, MLPs and experts. */
export function outputStd({ n_embd, n_layer }: ModelConfig): number {
  return 1 / Math.sqrt(n_embd) / n_layer;
}

/**
 * What follows attention in a block, and its dense form, with a SwiGLU gate (Shazeer 2020).
 *
 * @module
 */

import type { Tensor } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import { outputStd, weightStd } from "./initialization.ts";
import type { Linear } from "./linear.ts";
import type { Dtypes } from "./precision.ts";
import type { Router } from "./router.ts";
import type { Weights } from "./weights.ts";

/** What takes the place of the MLP in a block. */
export interface Mlp {
  /** What sends tokens to experts, where there are any. */
  readonly router?: Router;
  /**
   * [B, T, C] to [B, T, C]. With `routing`, tokens go where an earlier pass sent them.
   */
  forward(x_BTC: Tensor, routing?: Tensor): MlpOutput;
}

/** What an {@linkcode Mlp} returns. */
export interface MlpOutput {
  /** The result, of the input's shape. */
  readonly y: Tensor;
  /** Scalar to add to the loss, or null. */
  readonly auxiliaryLoss: Tensor | null;
  /** The experts of each token [N, K], for repeating the pass, or null. */
  readonly routing: Tensor | null;
}

/** `proj(silu(fc_1(x)) * fc_2(x))`, under LitGPT's names. */
export class LLaMAMLP implements Mlp {
  readonly #dtypes: Dtypes;
  /** The gate. */
  readonly fc_1: Linear;
  /** What is gated. */
  readonly fc_2: Linear;
  /** Back to the width of the model. */
  readonly proj: Linear;

  /** Creates the layer's weights under `name`. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: { intermediateSize: number; dtypes: Dtypes },
  ) {
    const { n_embd, bias } = config;
    const { intermediateSize } = options;
    const std = weightStd(config);
    this.#dtypes = options.dtypes;
    const inner = { in: n_embd, out: intermediateSize, bias, std };
    this.fc_1 = weights.linear(`${name}.fc_1`, inner);
    this.fc_2 = weights.linear(`${name}.fc_2`, inner);
    this.proj = weights.linear(`${name}.proj`, {
      in: intermediateSize,
      out: n_embd,
      bias,
      std: outputStd(config),
    });
  }

  /** [..., C] to [..., C]. */
  forward(x: Tensor): MlpOutput {
    const { compute } = this.#dtypes;
    const gate = this.fc_1.forward(x, compute).silu();
    const y = this.proj.forward(
      gate.mul(this.fc_2.forward(x, compute)),
      compute,
    );
    return { y, auxiliaryLoss: null, routing: null };
  }
}

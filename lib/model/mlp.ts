/**
 * The MLP of a block: its interface, and the dense form with a SwiGLU gate (Shazeer 2020).
 *
 * @module
 */

import type { Tensor } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import { outputStd, weightStd } from "./initialization.ts";
import type { Linear } from "./linear.ts";
import type { OperatorTable } from "../operators/mod.ts";
import type { Dtypes } from "./precision.ts";
import type { Pending } from "./residual.ts";
import type { Router } from "./router.ts";
import type { Weights } from "./weights.ts";

/** The part of a block after attention: a dense MLP, experts, or a custom layer. */
export interface Mlp {
  /** The router, if the layer has experts. */
  readonly router?: Router;
  /**
   * [B, T, C] to [B, T, C]. With `routing`, uses the experts chosen in an earlier pass.
   */
  forward(x_BTC: Tensor, routing?: Tensor): MlpOutput;
}

/** What an {@linkcode Mlp} returns. */
export interface MlpOutput {
  /** The result, of the input's shape. */
  readonly y: Pending;
  /** A scalar to add to the loss, or null. */
  readonly auxiliaryLoss: Tensor | null;
  /** The experts of each token [N, K], from which the pass can be repeated, or null. */
  readonly routing: Tensor | null;
}

/** `proj(silu(fc_1(x)) * fc_2(x))`, under LitGPT's names. */
export class LLaMAMLP implements Mlp {
  readonly #dtypes: Dtypes;
  readonly #operators: OperatorTable;
  /** The gate (fc_1) and the values it multiplies (fc_2), stacked in this order. */
  readonly fc: Linear;
  /** Projects back to the width of the model. */
  readonly proj: Linear;

  /** Creates the layer's weights under `name`. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: {
      intermediateSize: number;
      dtypes: Dtypes;
      operators: OperatorTable;
    },
  ) {
    const { n_embd, bias } = config;
    const { intermediateSize } = options;
    this.#dtypes = options.dtypes;
    this.#operators = options.operators;
    this.fc = weights.linears(`${name}.fc`, [`${name}.fc_1`, `${name}.fc_2`], {
      in: n_embd,
      out: intermediateSize,
      bias,
      std: weightStd(config),
    });
    this.proj = weights.linear(`${name}.proj`, {
      in: intermediateSize,
      out: n_embd,
      bias,
      std: outputStd(config),
    });
  }

  /** [..., C] to [..., C]. */
  forward(x: Tensor): MlpOutput & { readonly y: Tensor } {
    const { compute } = this.#dtypes;
    const fc = this.fc.forward(x, compute).flatten(0, -2);
    const y = this.proj.forward(this.#operators.swiglu(fc), compute);
    return { y: y.view(...x.shape), auxiliaryLoss: null, routing: null };
  }
}

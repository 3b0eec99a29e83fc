/**
 * A transformer block: attention and an MLP, each behind a norm and added to the residual stream.
 *
 * @module
 */

import { type AttentionBackend, scope, type Tensor } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import type { OperatorTable, RopeCache } from "../operators/mod.ts";
import { CausalSelfAttention } from "./attention.ts";
import type { LayerCache } from "./kv_cache.ts";
import { RMSNorm } from "./linear.ts";
import type { Mlp, MlpOutput } from "./mlp.ts";
import type { Dtypes } from "./precision.ts";
import { asTensor, type Residual } from "./residual.ts";
import type { Weights } from "./weights.ts";

/** The result of a block. */
export interface BlockOutput extends Omit<MlpOutput, "y"> {
  /** The residual stream after the block. */
  readonly x: Residual;
}

/** Inputs of a block's forward pass besides the residual stream. */
export interface BlockContext {
  /** Cosines and sines for the positions of the input. */
  readonly rope: RopeCache;
  /** Keys and values of earlier positions. */
  readonly cache?: LayerCache;
  /** The experts chosen for each token in an earlier pass, to be used again. */
  readonly routing?: Tensor;
}

/** Options of {@linkcode Block}. */
export interface BlockOptions {
  /** Attention kernel. */
  readonly backend: AttentionBackend;
  /** The dtypes of weights and of matrix products. */
  readonly dtypes: Dtypes;
  /** The operators to compute with. */
  readonly operators: OperatorTable;
  /** Makes the MLP, with its weights under the given name. */
  readonly createMlp: (name: string, weights: Weights) => Mlp;
}

/** One block, under LitGPT's name. */
export class Block {
  readonly #parallel: boolean;
  readonly #dtypes: Dtypes;
  /** Applied before attention. */
  readonly norm_1: RMSNorm;
  /** Causal self-attention. */
  readonly attn: CausalSelfAttention;
  /** Applied before the MLP. */
  readonly norm_2: RMSNorm;
  /** Dense or with experts. */
  readonly mlp: Mlp;

  /** Creates the block's weights under `name`. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: BlockOptions,
  ) {
    const { n_embd } = config;
    const norm = { eps: config.norm_eps, operators: options.operators };
    this.#parallel = config.parallel_residual;
    this.#dtypes = options.dtypes;
    this.norm_1 = new RMSNorm(weights.norm(`${name}.norm_1`, n_embd), norm);
    this.attn = new CausalSelfAttention(
      config,
      `${name}.attn`,
      weights,
      options,
    );
    this.norm_2 = new RMSNorm(weights.norm(`${name}.norm_2`, n_embd), norm);
    this.mlp = options.createMlp(`${name}.mlp`, weights);
  }

  /** The stream before the block to the stream after it. Norms return the dtype of matrix products. */
  forward(x: Residual, { rope, cache, routing }: BlockContext): BlockOutput {
    const { compute } = this.#dtypes;
    const [sum, normed] = this.norm_1.forwardResidual(x, compute);
    const attended = scope(() => this.attn.forward(normed, rope, cache));
    if (this.#parallel) {
      const normed = this.norm_2.forward(sum, compute);
      const { y, ...rest } = this.mlp.forward(normed, routing);
      return { ...rest, x: { sum, pending: asTensor(y).add(attended) } };
    }
    const [middle, normedMiddle] = this.norm_2.forwardResidual(
      { sum, pending: attended },
      compute,
    );
    const { y, ...rest } = this.mlp.forward(normedMiddle, routing);
    return { ...rest, x: { sum: middle, pending: y } };
  }
}

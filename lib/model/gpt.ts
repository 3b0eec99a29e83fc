/**
 * The language model: LitGPT's `GPT`, with the same results.
 *
 * Shapes: B batch, T positions, C width of the model, V padded vocabulary.
 *
 * @module
 */

import {
  type AttentionBackend,
  type Device,
  full,
  noGrad,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import {
  fusedOperators,
  type OperatorTable,
  type RopeCache,
} from "../operators/mod.ts";
import { CheckpointedBlocks, PlainBlocks } from "./backward.ts";
import { Block } from "./block.ts";
import { weightStd } from "./initialization.ts";
import type { KvCache } from "./kv_cache.ts";
import { Linear, RMSNorm } from "./linear.ts";
import { LLaMAMLP, type Mlp } from "./mlp.ts";
import { LLaMAMoE, type MoeOptions } from "./moe.ts";
import type { Parameter } from "./parameter.ts";
import { cast, type Dtypes, dtypesOf, type Precision } from "./precision.ts";
import { lastPosition, type Residual } from "./residual.ts";
import { buildRopeCache, ropeRows } from "./rope.ts";
import { type ExpertLoad, RouterStatistics } from "./router_statistics.ts";
import { hasExperts } from "./tensors.ts";
import { normal, Weights } from "./weights.ts";

/** Makes the MLP of a layer; replace it to use a custom router or custom experts. */
export type CreateMlp = (
  config: ModelConfig,
  name: string,
  weights: Weights,
  options: MoeOptions,
) => Mlp;

/** Options of {@linkcode GPT}. */
export interface GPTOptions {
  /** Default: the CPU. */
  readonly device?: Device;
  /** Default: 32-true. */
  readonly precision?: Precision;
  /** Attention kernel; `probeAttention` tells which ones run. Default: flash. */
  readonly attention?: AttentionBackend;
  /** Use the embedding as the output layer too. Default: false. */
  readonly tieEmbeddings?: boolean;
  /** Longest input. Default: the configuration's block_size. */
  readonly maxSeqLength?: number;
  /** The operators to compute with: `fusedOperators` or `plainOperators`. Default: the fused ones. */
  readonly operators?: OperatorTable;
  /** Recompute activations during backward instead of keeping them. Default: false. */
  readonly gradientCheckpointing?: boolean;
  /** Default: LLaMAMoE or LLaMAMLP, according to the configuration. */
  readonly createMlp?: CreateMlp;
}

/** Options of {@linkcode GPT.forward}. */
export interface ForwardOptions {
  /** Return only the logits of the last position; generation needs no others of a prompt. Default: false. */
  readonly last?: boolean;
}

/** The result of {@linkcode GPT.routing}. */
export interface ModelRouting {
  /** For each layer, the experts of each token [B * T, K], int64, best first; null if the layer has none. */
  readonly experts: readonly (Tensor | null)[];
  /** Loads and entropies, measured as in training; undefined if no layer has experts. */
  readonly load: ExpertLoad | undefined;
}

/**
 * A decoder-only transformer. Its weights start uninitialised: call `weights.initialize()` or load a checkpoint.
 *
 * @example
 * ```ts
 * import { defineModelConfig, GPT, manualSeed, tensor } from "moebius";
 *
 * const config = defineModelConfig({
 *   n_layer: 2,
 *   n_embd: 64,
 *   n_head: 4,
 *   vocab_size: 4096,
 *   norm_class_name: "RMSNorm",
 *   bias: false,
 *   mlp_class_name: "LLaMAMoE",
 *   moe_intermediate_size: 128,
 *   n_expert: 8,
 *   n_expert_per_token: 2,
 * });
 * using model = new GPT(config);
 * manualSeed(42);
 * model.weights.initialize();
 * const logits = model.forward(tensor([[1, 2, 3]], { dtype: "int64" }));
 * console.log(logits.shape); // 1, 3, 4096
 * ```
 */
export class GPT {
  /** The configuration that the model was built from. */
  readonly config: ModelConfig;
  /** The device that holds the model. */
  readonly device: Device;
  /** The dtypes of weights and of matrix products. */
  readonly dtypes: Dtypes;
  /** Longest input. */
  readonly maxSeqLength: number;
  /** All weights, in the order and under the names of LitGPT's checkpoints. */
  readonly weights: Weights;
  /** Statistics of the experts and routers. */
  readonly statistics: RouterStatistics;
  /** From the width of the model to the vocabulary. */
  readonly lm_head: Linear;
  /** Embedding of tokens [V, C]. */
  readonly wte: Tensor;
  /** The blocks, first to last. */
  readonly blocks: readonly Block[];
  /** The norm before the output layer. */
  readonly ln_f: RMSNorm;
  /** Cosines and sines of all positions. */
  readonly rope: RopeCache;
  /** The operators that the model computes with. */
  readonly operators: OperatorTable;
  readonly #checkpointing: boolean;
  readonly #wte: Parameter | undefined;

  /** Creates the model and allocates its weights, which are not initialised. */
  constructor(config: ModelConfig, options: GPTOptions = {}) {
    const { device = "cpu", precision = "32-true", tieEmbeddings = false } =
      options;
    const { n_embd, n_layer, padded_vocab_size, norm_eps: eps } = config;
    const dtypes = dtypesOf(precision);
    const backend = options.attention ?? "flash";
    const create = options.createMlp ?? createMlp;
    const operators = options.operators ?? fusedOperators;
    const weights = new Weights({ device, dtypes, operators });
    const std = weightStd(config);
    const statistics = new RouterStatistics(config, { device, operators });
    this.config = config;
    this.device = device;
    this.dtypes = dtypes;
    this.weights = weights;
    this.statistics = statistics;
    this.maxSeqLength = options.maxSeqLength ?? config.block_size;
    this.operators = operators;
    this.#checkpointing = options.gradientCheckpointing ?? false;

    this.lm_head = weights.linear("lm_head", {
      in: n_embd,
      out: padded_vocab_size,
      bias: config.lm_head_bias,
      std,
      shared: tieEmbeddings,
    });
    const embedding = "transformer.wte.weight";
    this.wte = tieEmbeddings
      ? weights.alias(embedding, this.lm_head.weight, normal(std))
      : weights.parameter(embedding, [padded_vocab_size, n_embd], normal(std));
    this.#wte = weights.parameters.find(({ tensor }) => tensor === this.wte);
    this.blocks = Array.from(
      { length: n_layer },
      (_, layer) =>
        new Block(config, `transformer.h.${layer}`, weights, {
          backend,
          dtypes,
          operators,
          createMlp: (name, weights) =>
            create(config, name, weights, {
              dtypes,
              operators,
              layer,
              statistics,
            }),
        }),
    );
    this.ln_f = new RMSNorm(weights.norm("transformer.ln_f", n_embd), {
      eps,
      operators,
    });
    this.rope = buildRopeCache(config, this.maxSeqLength, {
      device,
      dtype: dtypes.weights,
    });
  }

  /**
   * Logits [B, T, V] of int32 or int64 tokens [B, T], or of the last position only [B, 1, V], in the dtype
   * of matrix products. With a cache, the tokens follow those in the cache.
   *
   * @throws {RangeError} if there are more positions than the model or the cache has, or several tokens
   * follow a cache that is not empty.
   */
  forward(
    tokens_BT: Tensor,
    cache?: KvCache,
    { last = false }: ForwardOptions = {},
  ): Tensor {
    const { compute } = this.dtypes;
    const x = this.#runBlocks(tokens_BT, cache);
    const [, normed] = this.ln_f.forwardResidual(
      last ? lastPosition(x) : x,
      compute,
    );
    return this.lm_head.forward(normed, compute);
  }

  /**
   * Mean cross-entropy, float32 [], of tokens [B, T] and int64 targets [B, T], without auxiliary losses:
   * for evaluation.
   *
   * @throws {RangeError} if T exceeds the model's longest input.
   */
  loss(tokens_BT: Tensor, targets_BT: Tensor): Tensor {
    return scope(() =>
      this.#crossEntropy(this.#runBlocks(tokens_BT), targets_BT)
    );
  }

  /**
   * One micro-batch of training: adds `scale` times the gradient of the loss, including auxiliary losses,
   * to the parameters' gradients. Returns the mean cross-entropy, float32 [], detached; all other tensors
   * are freed. Tokens and targets are as for `loss`.
   *
   * @throws {RangeError} if T exceeds the model's longest input.
   */
  forwardBackward(
    tokens_BT: Tensor,
    targets_BT: Tensor,
    scale = 1,
  ): Tensor {
    this.weights.refresh();
    return scope(() => {
      const rope = this.#positions(tokens_BT);
      const blocks = this.#checkpointing
        ? new CheckpointedBlocks(this.blocks, rope)
        : new PlainBlocks(this.blocks, rope);
      const gradient = full([], scale, { device: this.device });
      const embedded = this.#embed(tokens_BT);
      const x = this.statistics.recording(() => blocks.forward(embedded));
      const loss = scope(() => this.#crossEntropy(x, targets_BT, gradient));
      blocks.backward(loss, gradient);
      return loss.detach();
    });
  }

  /** Which experts each layer chooses for tokens [B, T], with their loads and entropies. Waits for the device. */
  routing(tokens_BT: Tensor): ModelRouting {
    this.weights.refresh();
    return noGrad(() =>
      scope(() => {
        const rope = this.#positions(tokens_BT);
        let x: Residual = { sum: this.#embed(tokens_BT), pending: null };
        const [experts, load] = this.statistics.measuring(() =>
          this.blocks.map((block) => {
            const output = scope(() => block.forward(x, { rope }));
            x = output.x;
            return output.routing;
          })
        );
        return { experts, load };
      })
    );
  }

  /** Frees the weights and all other tensors of the model. */
  [Symbol.dispose](): void {
    this.weights[Symbol.dispose]();
    this.statistics[Symbol.dispose]();
    this.rope.cos_TR.dispose();
    this.rope.sin_TR.dispose();
  }

  #positions(tokens_BT: Tensor, cache?: KvCache): RopeCache {
    const start = cache?.position ?? 0;
    const T = tokens_BT.size(1);
    const limit = Math.min(this.maxSeqLength, cache?.length ?? Infinity);
    if (start + T > limit) {
      throw new RangeError(
        `Cannot read ${start + T} positions: the limit is ${limit}`,
      );
    }
    if (start > 0 && T > 1) {
      throw new RangeError(
        `Cannot read ${T} tokens at once after ${start} others: give the first tokens together, then one at a time`,
      );
    }
    return ropeRows(this.rope, start, T);
  }

  #embed(tokens_BT: Tensor): Tensor {
    return this.operators.embedding(tokens_BT, this.wte, this.#wte?.sum);
  }

  #runBlocks(tokens_BT: Tensor, cache?: KvCache): Residual {
    this.weights.refresh();
    const rope = this.#positions(tokens_BT, cache);
    let x: Residual = { sum: this.#embed(tokens_BT), pending: null };
    for (const [layer, block] of this.blocks.entries()) {
      const held = cache?.layers[layer];
      const context = held === undefined ? { rope } : { rope, cache: held };
      x = scope(() => block.forward(x, context)).x;
    }
    if (cache !== undefined) cache.position += tokens_BT.size(1);
    return x;
  }

  #crossEntropy(
    x: Residual,
    targets_BT: Tensor,
    gradient: Tensor | null = null,
  ): Tensor {
    const { compute } = this.dtypes;
    const { weight, bias } = this.lm_head;
    const [, normed] = this.ln_f.forwardResidual(x, compute);
    return this.operators.linearCrossEntropy(
      normed.flatten(0, 1),
      targets_BT.reshape(-1),
      {
        weight: cast(weight, compute),
        bias: bias === null ? null : cast(bias, compute),
      },
      { gradient },
    );
  }
}

/** Creates the MLP that a configuration specifies. */
export const createMlp: CreateMlp = (config, name, weights, options): Mlp => {
  return hasExperts(config, options.layer)
    ? new LLaMAMoE(config, name, weights, options)
    : new LLaMAMLP(config, name, weights, {
      ...options,
      intermediateSize: config.intermediate_size,
    });
};

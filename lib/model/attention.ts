/**
 * Causal self-attention with grouped queries.
 *
 * Shapes: B batch, T positions, C width of the model, H query heads, G key and value heads (groups),
 * D width of a head, S positions attended to.
 *
 * @module
 */

import {
  type AttentionBackend,
  cat,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import type { OperatorTable, RopeCache } from "../operators/mod.ts";
import type { LayerCache } from "./kv_cache.ts";
import { type Linear, RMSNorm } from "./linear.ts";
import type { Dtypes } from "./precision.ts";
import type { Weights } from "./weights.ts";
import { outputStd, weightStd } from "./initialization.ts";

/** One attention layer, under LitGPT's name. */
export class CausalSelfAttention {
  readonly #config: ModelConfig;
  readonly #backend: AttentionBackend;
  readonly #dtypes: Dtypes;
  readonly #operators: OperatorTable;
  /** Queries, keys and values in one matrix: rows [all Q | all K | all V]. */
  readonly qkv: Linear;
  /** Projects the heads' concatenated results back to the width of the model. */
  readonly proj: Linear;
  /** Normalises each query head before rotation. */
  readonly norm_q: RMSNorm | null;
  /** Normalises each key head before rotation. */
  readonly norm_k: RMSNorm | null;

  /** Creates the layer's weights under `name`. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: {
      backend: AttentionBackend;
      dtypes: Dtypes;
      operators: OperatorTable;
    },
  ) {
    const { n_embd, n_head, n_query_groups, head_size } = config;
    this.#config = config;
    this.#backend = options.backend;
    this.#dtypes = options.dtypes;
    this.#operators = options.operators;
    this.qkv = weights.linear(`${name}.qkv`, {
      in: n_embd,
      out: (n_head + 2 * n_query_groups) * head_size,
      bias: config.bias || config.attn_bias,
      std: weightStd(config),
    });
    this.proj = weights.linear(`${name}.proj`, {
      in: n_head * head_size,
      out: n_embd,
      bias: config.bias,
      std: outputStd(config),
    });
    const norm = (kind: string) =>
      config.norm_qk
        ? new RMSNorm(weights.norm(`${name}.${kind}`, head_size), {
          eps: config.norm_eps,
          operators: options.operators,
        })
        : null;
    this.norm_q = norm("norm_q");
    this.norm_k = norm("norm_k");
  }

  /** [B, T, C] to [B, T, C]. With a cache, the T positions follow those in the cache. */
  forward(x_BTC: Tensor, rope: RopeCache, cache?: LayerCache): Tensor {
    const { n_head, head_size } = this.#config;
    const { compute } = this.#dtypes;
    const [B, T] = [x_BTC.size(0), x_BTC.size(1)];
    const [q_BHTD, k_BGTD, v_BGTD] = this.#operators.ropeQkv(
      this.#normalize(this.qkv.forward(x_BTC, compute)),
      rope,
      this.#config,
    );
    const [k_BGSD, v_BGSD] = cache?.append(k_BGTD, v_BGTD) ?? [k_BGTD, v_BGTD];
    const y_BHTD = this.#operators.attention(q_BHTD, k_BGSD, v_BGSD, {
      backend: this.#backend,
      // A single new position may attend to the whole cache, so no mask is needed.
      causal: T > 1,
      scale: 1 / Math.sqrt(head_size),
    });
    const y_BTC = y_BHTD.transpose(1, 2).reshape(B, T, n_head * head_size);
    return this.proj.forward(y_BTC, compute);
  }

  /** Normalises the heads of queries and keys and leaves those of values unchanged. */
  #normalize(qkv_BTF: Tensor): Tensor {
    const { norm_q, norm_k } = this;
    if (norm_q === null || norm_k === null) return qkv_BTF;
    const { n_head, n_query_groups, head_size } = this.#config;
    const { compute } = this.#dtypes;
    const [B, T] = [qkv_BTF.size(0), qkv_BTF.size(1)];
    const heads = n_head + 2 * n_query_groups;
    return scope(() => {
      const [q, k, v] = qkv_BTF.view(B, T, heads, head_size).split(
        [n_head, n_query_groups, n_query_groups],
        2,
      );
      const normed = [norm_q.forward(q, compute), norm_k.forward(k, compute)];
      return cat([...normed, v], 2).flatten(2);
    });
  }
}

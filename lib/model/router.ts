/**
 * Routers: they choose the experts of each token, and the weights of the experts' results.
 *
 * Shapes: N tokens, C width of the model, E experts, K experts a token, P groups of experts.
 *
 * @module
 */

import { aten, noGrad, scope, type Tensor, zeros } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import type { OperatorTable } from "../operators/mod.ts";
import { weightStd } from "./initialization.ts";
import type { Linear } from "./linear.ts";
import { cast, type Dtypes } from "./precision.ts";
import type { Weights } from "./weights.ts";

/** The result of a router. */
export interface RouterOutput {
  /** Weights of the experts' results. */
  readonly weights_NK: Tensor;
  /** The chosen experts, int64. */
  readonly experts_NK: Tensor;
  /** The logits that the choice is based on, before any normalisation. */
  readonly logits_NE: Tensor;
}

/** Chooses experts for tokens. */
export interface Router {
  /**
   * Added to the experts' scores when they are chosen, but not part of the weights; undefined if the model
   * has no such bias. float32 [E].
   */
  readonly bias: Tensor | undefined;
  /** With `experts_NK`, uses these experts instead of choosing. */
  forward(x_NC: Tensor, experts_NK?: Tensor): RouterOutput;
}

/** Options of both routers. */
export interface RouterOptions {
  /** The operators to compute with. */
  readonly operators: OperatorTable;
  /** The dtypes of weights and of matrix products. */
  readonly dtypes: Dtypes;
}

/** Creates the router that a configuration specifies, with its weights under `name`. */
export function createRouter(
  config: ModelConfig,
  name: string,
  weights: Weights,
  options: RouterOptions,
): Router {
  return config.n_expert_groups === null
    ? new TopkRouter(config, name, weights, options)
    : new GroupedTopkRouter(config, name, weights, options);
}

/**
 * Mixtral's router: the K largest logits; their softmax, in float32, are the weights.
 *
 * With `router_bias_update_rate`, a bias is added to the probabilities, only for the choice (Wang et al.
 * 2024, loss-free balancing).
 */
export class TopkRouter implements Router {
  readonly #config: ModelConfig;
  readonly #dtypes: Dtypes;
  readonly #operators: OperatorTable;
  /** [E, C] */
  readonly gate: Linear;
  readonly bias: Tensor | undefined;

  /** Creates the router's weights. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: RouterOptions,
  ) {
    this.#config = config;
    this.#dtypes = options.dtypes;
    this.#operators = options.operators;
    this.gate = createGate(config, name, weights);
    if (config.router_bias_update_rate > 0) {
      this.bias = createBias(config, name, weights);
    }
  }

  forward(x_NC: Tensor, experts_NK?: Tensor): RouterOutput {
    const { n_expert_per_token: K, routed_scaling_factor } = this.#config;
    const { compute, weights } = this.#dtypes;
    const logits_NE = this.gate.forward(x_NC, compute);
    const chosen = experts_NK ?? this.#choose(logits_NE);
    const choice = chosen === undefined
      ? this.#operators.topkSoftmax(logits_NE, K)
      : {
        weights_NK: logits_NE.gather(1, chosen).softmax(1, "float32"),
        experts_NK: chosen,
      };
    const weights_NK = cast(choice.weights_NK, weights);
    return {
      weights_NK: scaled(weights_NK, routed_scaling_factor),
      experts_NK: choice.experts_NK,
      logits_NE,
    };
  }

  #choose(logits_NE: Tensor): Tensor | undefined {
    const { bias } = this;
    if (bias === undefined) return undefined;
    return noGrad(() =>
      scope(() => {
        const scores = logits_NE.softmax(1, "float32").add(bias);
        return scores.topk(this.#config.n_expert_per_token)[1];
      })
    );
  }
}

/**
 * DeepSeek-V3's router: sigmoid scores; the groups whose best experts score highest are selected, and the
 * K best experts are chosen from them. A bias affects the choice, not the weights.
 */
export class GroupedTopkRouter implements Router {
  readonly #config: ModelConfig;
  readonly #dtypes: Dtypes;
  /** [E, C] */
  readonly gate: Linear;
  readonly bias: Tensor;

  /** Creates the router's weights. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: RouterOptions,
  ) {
    this.#config = config;
    this.#dtypes = options.dtypes;
    // LitGPT leaves this weight uninitialised.
    this.gate = createGate(config, name, weights);
    this.bias = createBias(config, name, weights);
  }

  forward(x_NC: Tensor, experts_NK?: Tensor): RouterOutput {
    const { routed_scaling_factor, norm_topk_prob } = this.#config;
    const { weights: kept, compute } = this.#dtypes;
    // LitGPT asks for float32 here, but under its autocast the product is bfloat16 nevertheless.
    const dtype = kept === "float32" ? compute : "float32";
    const logits_NE = this.gate.forward(x_NC, dtype);
    const scores_NE = logits_NE.sigmoid();
    const experts = experts_NK ??
      noGrad(() => scope(() => this.#choose(scores_NE)));
    let weights_NK = scores_NE.gather(1, experts);
    if (norm_topk_prob) {
      weights_NK = weights_NK.div(weights_NK.sum(-1, true).add(1e-20));
    }
    return {
      weights_NK: scaled(weights_NK, routed_scaling_factor),
      experts_NK: experts,
      logits_NE,
    };
  }

  #choose(scores_NE: Tensor): Tensor {
    const { n_expert, n_expert_per_token: K } = this.#config;
    const groups = this.#config.n_expert_groups ?? 1;
    const open = this.#config.n_topk_groups ?? groups;
    const rated = this.#config.n_topk_scores_per_group ?? 1;
    const choice_NE = scores_NE.add(this.bias);
    const N = choice_NE.size(0);
    const ratings_NP = choice_NE.view(N, groups, n_expert / groups)
      .topk(rated)[0].sum(-1);
    const best = ratings_NP.topk(open)[1];
    const open_NP = aten(
      "scatter.value",
      zeros([N, groups], { device: choice_NE.device }),
      1,
      best,
      1,
    );
    const closed_NE = open_NP.unsqueeze(-1)
      .expand(N, groups, n_expert / groups)
      .reshape(N, n_expert)
      .eq(0);
    return aten("masked_fill.Scalar", choice_NE, closed_NE, 0).topk(K)[1];
  }
}

function createGate(
  config: ModelConfig,
  name: string,
  weights: Weights,
): Linear {
  return weights.linear(name, {
    in: config.n_embd,
    out: config.n_expert,
    bias: false,
    std: weightStd(config),
  });
}

function createBias(
  { n_expert }: ModelConfig,
  name: string,
  weights: Weights,
): Tensor {
  return weights.buffer(`${name}.e_score_correction_bias`, [n_expert]);
}

function scaled(weights_NK: Tensor, factor: number): Tensor {
  return factor === 1 ? weights_NK : weights_NK.mul(factor);
}

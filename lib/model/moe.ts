/**
 * The mixture of experts: each token passes through K of E MLPs, chosen by a router.
 *
 * The experts' matrices are stacked, tokens are sorted by expert, and one grouped matrix product serves
 * all experts. No step depends on how many tokens an expert got, so nothing waits for the device.
 *
 * Shapes: B batch, T positions, N = B * T tokens, C width of the model, E experts, K experts a token,
 * I width of an expert, M = N * K rows (a token and one of its experts).
 *
 * @module
 */

import { arange, aten, noGrad, type Tensor } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import {
  loadBalancingLoss,
  type RouterStatistics,
  routerZLoss,
} from "./balance.ts";
import { outputStd, weightStd } from "./initialization.ts";
import { LLaMAMLP, type Mlp, type MlpOutput } from "./mlp.ts";
import { cast, type Dtypes } from "./precision.ts";
import { createRouter, type Router } from "./router.ts";
import { normal, type Parameter, type Weights, ZEROS } from "./weights.ts";

/** Options of {@linkcode LLaMAMoE}. */
export interface MoeOptions {
  /** What to keep and multiply in. */
  readonly dtypes: Dtypes;
  /** Number of the layer. */
  readonly layer: number;
  /** Where loads are counted. */
  readonly statistics: RouterStatistics;
}

/** The mixture-of-experts MLP, under LitGPT's name. */
export class LLaMAMoE implements Mlp {
  readonly #config: ModelConfig;
  readonly #options: MoeOptions;
  /** Chooses the experts. */
  readonly router: Router;
  /** Gates and what they gate [E, 2 I, C]: fc_1 above fc_2. */
  readonly fc: Parameter;
  /** [E, 2 I] */
  readonly fcBias: Parameter | null;
  /** [E, C, I] */
  readonly proj: Parameter;
  /** [E, C] */
  readonly projBias: Parameter | null;
  /** The expert that every token passes. */
  readonly sharedExperts: LLaMAMLP | null;

  /** Creates the layer's weights under `name`. */
  constructor(
    config: ModelConfig,
    name: string,
    weights: Weights,
    options: MoeOptions,
  ) {
    this.#config = config;
    this.#options = options;
    this.router = createRouter(config, `${name}.gate`, weights, options);
    const experts = createExperts(config, `${name}.experts`, weights);
    this.fc = experts.fc;
    this.fcBias = experts.fcBias;
    this.proj = experts.proj;
    this.projBias = experts.projBias;
    const shared = config.n_shared_expert;
    this.sharedExperts = shared === null
      ? null
      : new LLaMAMLP(config, `${name}.shared_experts`, weights, {
        dtypes: options.dtypes,
        intermediateSize: shared * config.moe_intermediate_size,
      });
  }

  forward(x_BTC: Tensor, routing?: Tensor): MlpOutput {
    const [B, T, C] = x_BTC.shape as [number, number, number];
    const x_NC = x_BTC.reshape(B * T, C);
    const { weights_NK, experts_NK, logits_NE } = this.router.forward(
      x_NC,
      routing,
    );
    const rows = this.#sortRows(experts_NK);
    const x_MC = x_NC.indexSelect(0, rows.token_M);
    const y_MC = this.#runExperts(x_MC, rows);
    const weight_M1 = weights_NK.reshape(-1, 1).indexSelect(0, rows.order_M);
    const zeros_NC = aten("zeros_like", x_NC);
    let y_NC = aten(
      "index_add",
      zeros_NC,
      0,
      rows.token_M,
      cast(y_MC.mul(weight_M1), x_NC.dtype),
    );
    if (this.sharedExperts !== null) {
      y_NC = y_NC.add(this.sharedExperts.forward(x_NC).y);
    }
    const { statistics, layer } = this.#options;
    statistics.record(layer, logits_NE, rows.counts_E);
    return {
      y: y_NC.view(B, T, C),
      auxiliaryLoss: this.#auxiliaryLoss(logits_NE, rows.counts_E),
      routing: experts_NK,
    };
  }

  /** Sorts the rows (token, choice) by expert, keeping the order of tokens within one. */
  #sortRows(experts_NK: Tensor): SortedRows {
    const { n_expert: E, n_expert_per_token: K } = this.#config;
    return noGrad(() => {
      const expert_M = experts_NK.reshape(-1);
      const order_M = aten("argsort.stable", expert_M, { stable: true });
      const ids_E = arange(0, E, { device: experts_NK.device });
      const counts_E = expert_M.unsqueeze(1).eq(ids_E).sum(0);
      return {
        order_M,
        token_M: aten("floor_divide.Scalar", order_M, K),
        expert_M: expert_M.indexSelect(0, order_M),
        counts_E,
        ends_E: counts_E.cumsum(0).to("int32"),
      };
    });
  }

  #runExperts(x_MC: Tensor, { ends_E, expert_M }: SortedRows): Tensor {
    const { compute } = this.#options.dtypes;
    const multiply = (
      x: Tensor,
      weight: Parameter,
      bias: Parameter | null,
    ): Tensor => {
      const matrices = cast(weight.tensor, compute).transpose(1, 2);
      const y = aten("_grouped_mm", cast(x, compute), matrices, ends_E);
      if (bias === null) return y;
      return y.add(cast(bias.tensor, compute).indexSelect(0, expert_M));
    };
    const [gate_MI, up_MI] = multiply(x_MC, this.fc, this.fcBias)
      .chunk(2, 1) as [Tensor, Tensor];
    return multiply(gate_MI.silu().mul(up_MI), this.proj, this.projBias);
  }

  #auxiliaryLoss(logits_NE: Tensor, counts_E: Tensor): Tensor | null {
    const { router_aux_loss_coef, router_z_loss_coef, n_layer } = this.#config;
    const terms: Tensor[] = [];
    if (router_aux_loss_coef > 0) {
      const loss = loadBalancingLoss(logits_NE, counts_E);
      terms.push(loss.mul(router_aux_loss_coef / n_layer));
    }
    if (router_z_loss_coef > 0) {
      terms.push(routerZLoss(logits_NE).mul(router_z_loss_coef / n_layer));
    }
    const [first, second] = terms;
    if (first === undefined) return null;
    return second === undefined ? first : first.add(second);
  }
}

interface SortedRows {
  /** Index of a row among the choices [N, K], by sorted position. */
  order_M: Tensor;
  /** Token of a row. */
  token_M: Tensor;
  /** Expert of a row, ascending. */
  expert_M: Tensor;
  /** Rows of each expert, int64. */
  counts_E: Tensor;
  /** Where each expert's rows end, int32. */
  ends_E: Tensor;
}

/** The stacked experts; in a checkpoint each has matrices of its own. */
function createExperts(
  config: ModelConfig,
  name: string,
  weights: Weights,
): Pick<LLaMAMoE, "fc" | "fcBias" | "proj" | "projBias"> {
  const { n_expert: E, n_embd: C, moe_intermediate_size: I, bias } = config;
  const fc = weights.stacked(`${name}.fc.weight`, [E, 2 * I, C]);
  const proj = weights.stacked(`${name}.proj.weight`, [E, C, I]);
  const fcBias = bias ? weights.stacked(`${name}.fc.bias`, [E, 2 * I]) : null;
  const projBias = bias ? weights.stacked(`${name}.proj.bias`, [E, C]) : null;
  const parts = [
    { name: "fc_1", matrix: fc, bias: fcBias, start: 0, std: weightStd },
    { name: "fc_2", matrix: fc, bias: fcBias, start: I, std: weightStd },
    { name: "proj", matrix: proj, bias: projBias, start: 0, std: outputStd },
  ];
  for (let expert = 0; expert < E; expert++) {
    for (const { name: layer, matrix, bias, start, std } of parts) {
      const size = layer === "proj" ? C : I;
      const part = (whole: Tensor) =>
        whole.select(0, expert).narrow(0, start, size);
      const prefix = `${name}.${expert}.${layer}`;
      weights.part(matrix, `${prefix}.weight`, part, normal(std(config)));
      if (bias !== null) weights.part(bias, `${prefix}.bias`, part, ZEROS);
    }
  }
  return { fc, fcBias, proj, projBias };
}

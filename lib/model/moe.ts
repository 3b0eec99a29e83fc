/**
 * The mixture of experts: each token passes through K of E MLPs, chosen by a router.
 *
 * The experts' matrices are stacked, tokens are sorted by expert, and one grouped matrix product serves
 * all experts.
 *
 * Shapes: B batch, T positions, N = B * T tokens, C width of the model, E experts, K experts a token,
 * I width of an expert, M = N * K rows (a token and one of its experts).
 *
 * @module
 */

import { aten, scope, type Tensor } from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import type { OperatorTable, SortedRows } from "../operators/mod.ts";
import { loadBalancingLoss, routerZLoss } from "./balance.ts";
import { outputStd, weightStd } from "./initialization.ts";
import { LLaMAMLP, type Mlp, type MlpOutput } from "./mlp.ts";
import { cast, type Dtypes } from "./precision.ts";
import { createRouter, type Router } from "./router.ts";
import type { RouterStatistics } from "./router_statistics.ts";
import type { Parameter } from "./parameter.ts";
import { normal, type Weights, ZEROS } from "./weights.ts";

/** Options of {@linkcode LLaMAMoE}. */
export interface MoeOptions {
  /** The dtypes of weights and of matrix products. */
  readonly dtypes: Dtypes;
  /** The operators to compute with. */
  readonly operators: OperatorTable;
  /** Index of the layer. */
  readonly layer: number;
  /** The statistics that count the experts' loads. */
  readonly statistics: RouterStatistics;
}

/** The mixture-of-experts MLP, under LitGPT's name. */
export class LLaMAMoE implements Mlp {
  readonly #config: ModelConfig;
  readonly #options: MoeOptions;
  /** Chooses the experts. */
  readonly router: Router;
  /** The matrices of all experts [E, 2 I, C]: fc_1 (the gate) stacked on fc_2. */
  readonly fc: Parameter;
  /** [E, 2 I] */
  readonly fcBias: Parameter | null;
  /** [E, C, I] */
  readonly proj: Parameter;
  /** [E, C] */
  readonly projBias: Parameter | null;
  /** The expert that processes every token. */
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
        ...options,
        intermediateSize: shared * config.moe_intermediate_size,
      });
  }

  forward(x_BTC: Tensor, routing?: Tensor): MlpOutput {
    const { operators, dtypes, statistics, layer } = this.#options;
    const [B, T, C] = [x_BTC.size(0), x_BTC.size(1), x_BTC.size(2)];
    const x_NC = x_BTC.reshape(B * T, C);
    const { weights_NK, experts_NK, logits_NE } = this.router.forward(
      x_NC,
      routing,
    );
    const rows = operators.moeSort(experts_NK, this.#config.n_expert);
    const y_MC = scope(() => this.#runExperts(x_NC, rows));
    const experts = { y_MC, weights_NK, rows };
    const total = () =>
      operators.moeCombine(experts, dtypes.weights).view(B, T, C);
    const shared = this.sharedExperts?.forward(x_BTC).y;
    statistics.record(layer, logits_NE, rows.counts_E);
    return {
      y: shared === undefined ? { ...experts, total } : total().add(shared),
      auxiliaryLoss: this.#auxiliaryLoss(logits_NE, rows.counts_E),
      routing: experts_NK,
    };
  }

  /** Runs each row through its expert: [N, C] to [M, C]. Without autograd, intermediates are freed early. */
  #runExperts(x_NC: Tensor, rows: SortedRows): Tensor {
    const { operators, dtypes } = this.#options;
    const input_NC = cast(x_NC, dtypes.compute);
    if (this.fcBias === null && this.projBias === null) {
      return operators.moeExperts(input_NC, rows, {
        fc_E2IC: this.fc.compute,
        proj_ECI: this.proj.compute,
        fcSum: this.fc.sum,
        projSum: this.proj.sum,
      });
    }
    const fc_M2I = scope(() => {
      const x_MC = operators.moeGather(input_NC, rows);
      return this.#multiply(x_MC, rows, this.fc, this.fcBias);
    });
    const gated_MI = operators.swiglu(fc_M2I);
    return this.#multiply(gated_MI, rows, this.proj, this.projBias);
  }

  #multiply(
    x_MC: Tensor,
    rows: SortedRows,
    weight: Parameter,
    bias: Parameter | null,
  ): Tensor {
    const { operators } = this.#options;
    const y_MI = operators.groupedLinear(x_MC, weight.compute, rows);
    if (bias === null) return y_MI;
    const expert_M = aten("repeat_interleave.Tensor", rows.counts_E, {
      output_size: x_MC.size(0),
    });
    return y_MI.add(bias.compute.indexSelect(0, expert_M));
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

/** Creates the stacked experts; in a checkpoint each expert has its own matrices. */
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

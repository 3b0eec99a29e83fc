/**
 * The load of experts: losses that even it out, and statistics that show it.
 *
 * Shapes: N tokens, E experts, L layers.
 *
 * @module
 */

import {
  aten,
  type Device,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/model.ts";
import type { OperatorTable } from "../operators/mod.ts";
import { cast } from "./precision.ts";

/**
 * Load-balancing loss of one layer (Fedus et al. 2021, equation 4): `E * sum_e(f_e * P_e)`, where f_e is
 * the share of choices that fell on expert e and P_e its mean probability. 1 when all are used alike.
 */
export function loadBalancingLoss(logits_NE: Tensor, counts_E: Tensor): Tensor {
  const experts = logits_NE.size(1);
  const probabilities_E = logits_NE.softmax(1, "float32").mean(0);
  const shares_E = counts_E.div(counts_E.sum());
  return shares_E.mul(probabilities_E).sum().mul(experts);
}

/**
 * Router z-loss of one layer (Zoph et al. 2022, equation 5): the mean over tokens of
 * `logsumexp(logits) ** 2`.
 */
export function routerZLoss(logits_NE: Tensor): Tensor {
  return logSumExp(cast(logits_NE, "float32")).square().mean();
}

function logSumExp(logits_NE: Tensor): Tensor {
  return aten("logsumexp", logits_NE, [1]);
}

/** What the experts of all layers did since the last time somebody asked. */
export interface ExpertLoad {
  /** The layers that have experts. */
  readonly layers: readonly number[];
  /** Choices of each expert [L][E], as numbers of tokens. */
  readonly counts: number[][];
  /** The busiest expert's load over the mean, averaged over layers; 1 when all are used alike. */
  readonly maxOverMean: number;
  /** Mean entropy of the router's probabilities, in nats, averaged over layers; log(E) when undecided. */
  readonly entropy: number;
  /** The same of each layer. */
  readonly entropies: readonly number[];
}

/** On a GPU so many blocks add up entropies, each for itself. */
const ENTROPY_SUMS = 32;

/** Counts on the device, so that nobody waits for it. Reading is what waits. */
export class RouterStatistics {
  readonly #layers: number[];
  readonly #counts_LE: Tensor;
  readonly #step_LE: Tensor;
  readonly #entropies_LS: Tensor;
  readonly #passes_L: Tensor;
  readonly #operators: OperatorTable;
  #isRecording = false;
  #isPaused = false;

  /** For the layers that have experts. */
  constructor(
    config: ModelConfig,
    { device, operators }: { device: Device; operators: OperatorTable },
  ) {
    const first = config.first_k_dense_replace ?? 0;
    this.#layers = config.mlp_class_name === "LLaMAMoE"
      ? Array.from({ length: config.n_layer - first }, (_, i) => first + i)
      : [];
    const L = this.#layers.length;
    this.#operators = operators;
    this.#counts_LE = keep(zeros([L, config.n_expert], { device }));
    this.#step_LE = keep(zeros([L, config.n_expert], { device }));
    this.#entropies_LS = keep(zeros([L, ENTROPY_SUMS], { device }));
    this.#passes_L = keep(zeros([L], { device }));
  }

  /** Counts what is routed while `fn` runs: training, but not evaluation or a repeated pass. */
  recording<T>(fn: () => T): T {
    this.#isRecording = true;
    try {
      return fn();
    } finally {
      this.#isRecording = false;
    }
  }

  /** Counts nothing while `fn` runs, whoever asks for it. */
  pausing<T>(fn: () => T): T {
    this.#isPaused = true;
    try {
      return fn();
    } finally {
      this.#isPaused = false;
    }
  }

  /** Adds what a layer routed in one pass, if that is to be counted. */
  record(layer: number, logits_NE: Tensor, counts_E: Tensor): void {
    if (!this.#isRecording || this.#isPaused) return;
    const row = this.#layers.indexOf(layer);
    scope(() => {
      const sums = {
        counts_E: this.#step_LE.select(0, row),
        entropies: this.#entropies_LS.select(0, row),
        passes: this.#passes_L.select(0, row),
      };
      this.#operators.routerStatistics(sums, logits_NE, counts_E);
    });
  }

  /**
   * Ends an optimizer step. With loss-free balancing, each bias moves by `rate` towards the experts that
   * had fewer tokens than the mean (Wang et al. 2024, algorithm 1), unless the norm of the gradients is
   * not finite, for which the optimizer skips the step too.
   */
  endStep(
    biases: readonly (Tensor | undefined)[],
    rate: number,
    gradNorm?: Tensor,
  ): void {
    noGrad(() =>
      scope(() => {
        if (rate > 0) {
          for (const [row, layer] of this.#layers.entries()) {
            const load_E = this.#step_LE.select(0, row);
            const missing = load_E.mean().sub(load_E);
            const signs = aten("sign", missing);
            const moves = gradNorm === undefined
              ? signs
              : signs.mul(aten("isfinite", gradNorm));
            biases[layer]?.add_(moves, rate);
          }
        }
        this.#counts_LE.add_(this.#step_LE);
        this.#step_LE.zero_();
      })
    );
  }

  /** What was counted in whole steps since the last call, which starts the count anew. Waits. */
  read(): ExpertLoad | undefined {
    if (this.#layers.length === 0) return undefined;
    return noGrad(() =>
      scope(() => {
        const counts = rows(this.#counts_LE);
        const entropy = [
          ...this.#entropies_LS.sum(1).div(this.#passes_L).toArray(),
        ]
          .map(Number);
        this.#counts_LE.zero_();
        this.#entropies_LS.zero_();
        this.#passes_L.zero_();
        return {
          layers: this.#layers,
          counts,
          maxOverMean: mean(
            counts.map((row) => Math.max(...row) / mean(row)),
          ),
          entropy: mean(entropy),
          entropies: entropy,
        };
      })
    );
  }

  /** Frees the counters. */
  [Symbol.dispose](): void {
    for (
      const tensor of [
        this.#counts_LE,
        this.#step_LE,
        this.#entropies_LS,
        this.#passes_L,
      ]
    ) tensor.dispose();
  }
}

function rows(matrix: Tensor): number[][] {
  const [height = 0, width = 0] = matrix.shape;
  const values = [...matrix.toArray()].map(Number);
  return Array.from(
    { length: height },
    (_, i) => values.slice(i * width, (i + 1) * width),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

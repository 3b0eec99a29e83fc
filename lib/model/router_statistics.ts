/**
 * What experts and their routers do, counted.
 *
 * Shapes: E experts, L layers, S sums.
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
import { hasExperts } from "./tensors.ts";

/** What the experts of all layers did with some tokens. */
export interface ExpertLoad {
  /** The layers that have experts. */
  readonly layers: readonly number[];
  /** Choices of each expert [L][E], as numbers of tokens. */
  readonly counts: number[][];
  /** The busiest expert's load over the mean, averaged over layers; 1 when all are used alike. */
  readonly maxOverMean: number;
  /** The same of each layer. */
  readonly maxOverMeans: readonly number[];
  /** Mean entropy of the router's probabilities, in nats, averaged over layers; log(E) when undecided. */
  readonly entropy: number;
  /** The same of each layer. */
  readonly entropies: readonly number[];
}

/** The load, from what was counted in each layer. */
export function expertLoad(
  measured: Pick<ExpertLoad, "layers" | "counts" | "entropies">,
): ExpertLoad {
  const maxOverMeans = measured.counts.map((row) =>
    Math.max(...row) / mean(row)
  );
  return {
    ...measured,
    maxOverMean: mean(maxOverMeans),
    maxOverMeans,
    entropy: mean(measured.entropies),
  };
}

/** The layers of a model that have experts. */
export function expertLayers(config: ModelConfig): number[] {
  return Array.from({ length: config.n_layer }, (_, layer) => layer)
    .filter((layer) => hasExperts(config, layer));
}

/** On a GPU so many blocks add up entropies, each for itself. */
const ENTROPY_SUMS = 32;

/** What is counted, on the device. */
class Sums {
  readonly counts_LE: Tensor;
  /** Of the optimizer step that goes on. */
  readonly step_LE: Tensor;
  readonly entropies_LS: Tensor;
  readonly passes_L: Tensor;

  constructor(layers: number, experts: number, device: Device) {
    const sums = (width: number[]) =>
      keep(zeros([layers, ...width], { device }));
    this.counts_LE = sums([experts]);
    this.step_LE = sums([experts]);
    this.entropies_LS = sums([ENTROPY_SUMS]);
    this.passes_L = sums([]);
  }

  endStep(): void {
    this.counts_LE.add_(this.step_LE);
    this.step_LE.zero_();
  }

  /** What was counted in whole steps; the count begins anew. */
  take(): Pick<ExpertLoad, "counts" | "entropies"> {
    const entropies_L = this.entropies_LS.sum(1).div(this.passes_L);
    const taken = {
      counts: rows(this.counts_LE),
      entropies: [...entropies_L.toArray()].map(Number),
    };
    this.counts_LE.zero_();
    this.entropies_LS.zero_();
    this.passes_L.zero_();
    return taken;
  }

  [Symbol.dispose](): void {
    for (
      const tensor of [
        this.counts_LE,
        this.step_LE,
        this.entropies_LS,
        this.passes_L,
      ]
    ) tensor.dispose();
  }
}

/** Counts on the device, so that nobody waits for it. Reading is what waits. */
export class RouterStatistics {
  readonly #layers: readonly number[];
  readonly #operators: OperatorTable;
  readonly #createSums: () => Sums;
  #sums: Sums;
  #isRecording = false;
  #isPaused = false;

  /** For the layers that have experts. */
  constructor(
    config: ModelConfig,
    { device, operators }: { device: Device; operators: OperatorTable },
  ) {
    this.#layers = expertLayers(config);
    this.#operators = operators;
    this.#createSums = () =>
      new Sums(this.#layers.length, config.n_expert, device);
    this.#sums = this.#createSums();
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

  /**
   * Counts what is routed while `fn` runs, for the caller alone: what is counted for `read` is as it was.
   * Waits. Undefined if no layer has experts.
   */
  measuring<T>(fn: () => T): [result: T, load: ExpertLoad | undefined] {
    const others = this.#sums;
    using sums = this.#createSums();
    this.#sums = sums;
    try {
      const result = this.recording(fn);
      sums.endStep();
      return [result, this.read()];
    } finally {
      this.#sums = others;
    }
  }

  /** Adds what a layer routed in one pass, if that is to be counted. */
  record(layer: number, logits_NE: Tensor, counts_E: Tensor): void {
    if (!this.#isRecording || this.#isPaused) return;
    const row = this.#layers.indexOf(layer);
    scope(() => {
      const sums = {
        counts_E: this.#sums.step_LE.select(0, row),
        entropies: this.#sums.entropies_LS.select(0, row),
        passes: this.#sums.passes_L.select(0, row),
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
            const load_E = this.#sums.step_LE.select(0, row);
            const missing = load_E.mean().sub(load_E);
            const signs = aten("sign", missing);
            const moves = gradNorm === undefined
              ? signs
              : signs.mul(aten("isfinite", gradNorm));
            biases[layer]?.add_(moves, rate);
          }
        }
        this.#sums.endStep();
      })
    );
  }

  /** What was counted in whole steps since the last call, which starts the count anew. Waits. */
  read(): ExpertLoad | undefined {
    if (this.#layers.length === 0) return undefined;
    return noGrad(() =>
      scope(() => expertLoad({ layers: this.#layers, ...this.#sums.take() }))
    );
  }

  /** Frees the counters. */
  [Symbol.dispose](): void {
    this.#sums[Symbol.dispose]();
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

/**
 * Statistics of experts and routers.
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

/** The load of the experts in all layers for some tokens. */
export interface ExpertLoad {
  /** Indices of the layers that have experts. */
  readonly layers: readonly number[];
  /** Tokens sent to each expert [L][E]. */
  readonly counts: number[][];
  /** The busiest expert's load divided by the mean load, averaged over layers; 1 if the load is even. */
  readonly maxOverMean: number;
  /** `maxOverMean` of each layer. */
  readonly maxOverMeans: readonly number[];
  /** Mean entropy of the router's probabilities, in nats, averaged over layers; log(E) if uniform. */
  readonly entropy: number;
  /** `entropy` of each layer. */
  readonly entropies: readonly number[];
}

/** Computes the load from the counts of each layer. */
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

/** On a GPU this many thread blocks add up entropies, each into its own sum. */
const ENTROPY_SUMS = 32;

/** The counters, on the device. */
class Sums {
  readonly counts_LE: Tensor;
  /** Counts of the current optimizer step, added to `counts_LE` at its end. */
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

  /** Returns the counts of completed steps and resets them. */
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

/** Counts on the device, without waiting for it. Only reading waits. */
export class RouterStatistics {
  readonly #layers: readonly number[];
  readonly #operators: OperatorTable;
  readonly #createSums: () => Sums;
  #sums: Sums;
  #isRecording = false;
  #isPaused = false;

  /** Creates counters for the layers that have experts. */
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

  /** Counts nothing while `fn` runs, even inside `recording`. */
  pausing<T>(fn: () => T): T {
    this.#isPaused = true;
    try {
      return fn();
    } finally {
      this.#isPaused = false;
    }
  }

  /**
   * Counts what is routed while `fn` runs, separately: the counts for `read` are not changed. Waits for the
   * device. The load is undefined if no layer has experts.
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

  /** Adds the routing of one layer in one pass, if recording is on. */
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
   * not finite; the optimizer skips such a step too.
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

  /** Returns the load of the steps completed since the last call, and resets it. Waits for the device. */
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

/**
 * Table of how decided the routers of a model are and how evenly they use the experts.
 *
 * @module
 */

import type { ExpertLoad } from "../model/router_statistics.ts";
import { tableBundle } from "./_html.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

/** One layer's router. */
export interface LayerBalance {
  /** Index of the layer. */
  readonly layer: number;
  /** Mean entropy of the router's probabilities, in nats. */
  readonly entropy: number;
  /** Entropy divided by its maximum: 0 if the router is certain of one expert, 1 if it is undecided. */
  readonly entropyShare: number;
  /** The busiest expert's tokens divided by the mean; 1 if the load is even. */
  readonly maxOverMean: number;
}

/** Entropy and balance of the routers of a model; made by {@linkcode Routing.balance}. */
export class RouterBalance {
  /** One row per layer. */
  readonly rows: readonly LayerBalance[];
  /** Mean over the layers: `router_entropy` of metrics.csv. */
  readonly entropy: number;
  /** Mean over the layers: `expert_load_max_over_mean` of metrics.csv. */
  readonly maxOverMean: number;
  readonly #experts: number;

  /** Computes the balance from the counts of layers with this many experts. */
  constructor(load: ExpertLoad, experts: number) {
    this.entropy = load.entropy;
    this.maxOverMean = load.maxOverMean;
    this.#experts = experts;
    this.rows = load.layers.map((layer, i) => {
      const entropy = load.entropies[i]!;
      return {
        layer,
        entropy,
        entropyShare: this.#shareOf(entropy),
        maxOverMean: load.maxOverMeans[i]!,
      };
    });
  }

  /** The view in a notebook. */
  [DISPLAY](): DisplayBundle {
    const head = [
      "layer",
      "router's entropy, nats",
      `of ln ${this.#experts}`,
      "busiest expert over the mean",
    ];
    const rowOf = (
      name: string,
      { entropy, maxOverMean }: Pick<LayerBalance, "entropy" | "maxOverMean">,
    ) => [
      name,
      entropy.toFixed(3),
      `${Math.round(100 * this.#shareOf(entropy))}%`,
      maxOverMean.toFixed(2),
    ];
    const rows = [
      ...this.rows.map((row) => rowOf(`${row.layer}`, row)),
      rowOf("mean", this),
    ];
    return tableBundle(head, rows);
  }

  /** The text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return String(this[DISPLAY]()["text/plain"]);
  }

  #shareOf(entropy: number): number {
    return entropy / Math.log(this.#experts);
  }
}

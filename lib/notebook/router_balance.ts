/**
 * How sure the routers of a model are and how evenly they use the experts, as a table.
 *
 * @module
 */

import type { ExpertLoad } from "../model/router_statistics.ts";
import { tableBundle } from "./_html.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

/** One layer's router. */
export interface LayerBalance {
  /** Number of the layer. */
  readonly layer: number;
  /** Mean entropy of the router's probabilities, in nats. */
  readonly entropy: number;
  /** The same as a part of the entropy of a router that is undecided: 0 is sure of one expert, 1 of none. */
  readonly entropyShare: number;
  /** Tokens of the busiest expert over the mean of all; 1 is even. */
  readonly maxOverMean: number;
}

/** Entropy and balance of the routers of a model; made by {@linkcode Routing.balance}. */
export class RouterBalance {
  /** One row a layer. */
  readonly rows: readonly LayerBalance[];
  /** Mean over the layers: `router_entropy` of metrics.csv. */
  readonly entropy: number;
  /** Mean over the layers: `expert_load_max_over_mean` of metrics.csv. */
  readonly maxOverMean: number;
  readonly #experts: number;

  /** From what was counted of layers of so many experts. */
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

  /** What a notebook shows. */
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

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return String(this[DISPLAY]()["text/plain"]);
  }

  #shareOf(entropy: number): number {
    return entropy / Math.log(this.#experts);
  }
}

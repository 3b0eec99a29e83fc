/** The experts' loads during a run, in a limited number of samples. */

import type { ExpertHistory } from "../metrics/mod.ts";
import type { ExpertLoad } from "../model/router_statistics.ts";
import { type LoadSample, mergedLoads } from "../plots/routing.ts";

const MAX_LOADS = 400;

/** Loads of the steps of a run; when there are many, neighbouring samples are added up. */
export class LoadHistory implements ExpertHistory {
  /** The layers that have experts. */
  layers: readonly number[] = [];
  /** The samples, oldest first. */
  readonly loads: LoadSample[] = [];

  /** Adds the counts up to a step. */
  add({ layers, counts }: ExpertLoad, step: number): void {
    this.layers = layers;
    this.loads.push({ step, counts });
    if (this.loads.length > MAX_LOADS) {
      this.loads.push(...mergedLoads(this.loads.splice(0), MAX_LOADS / 2));
    }
  }
}

/** How fast a run is, and how long it still takes. */

/** Options of {@linkcode Throughput}. */
export interface ThroughputOptions {
  /** Seconds after which a measurement counts half. Default: 20. */
  halfLifeSeconds?: number;
  /**
   * How many first updates are left out once there are others: they compile
   * and capture. Default: 1.
   */
  warmupUpdates?: number;
}

/** Smoothed speed in units a second, and the time left at that speed. */
export class Throughput {
  readonly #halfLifeSeconds: number;
  readonly #warmupUpdates: number;
  #updates = 0;
  #weightedUnits = 0;
  #weightedSeconds = 0;
  #workSeconds = 0;
  #otherSeconds = 0;

  /** Starts without measurements. */
  constructor(options: ThroughputOptions = {}) {
    this.#halfLifeSeconds = options.halfLifeSeconds ?? 20;
    this.#warmupUpdates = options.warmupUpdates ?? 1;
  }

  /** Adds `units` (tokens, bytes...) that took `seconds` of work. */
  update(units: number, seconds: number): void {
    const isFirst = this.#updates++ <= this.#warmupUpdates;
    const keep = isFirst ? 0 : 2 ** (-seconds / this.#halfLifeSeconds);
    this.#weightedUnits = this.#weightedUnits * keep + units;
    this.#weightedSeconds = this.#weightedSeconds * keep + seconds;
    this.#workSeconds += seconds;
  }

  /** Adds time that is not work but will come again: validating, saving. */
  addOther(seconds: number): void {
    this.#otherSeconds += seconds;
  }

  /** Units a second, the newest weighing most; NaN before the first update. */
  get unitsPerSecond(): number {
    return this.#weightedUnits / this.#weightedSeconds;
  }

  /** Seconds until `unitsLeft` more are done, other time as so far. */
  remainingSeconds(unitsLeft: number): number {
    const overhead = 1 + this.#otherSeconds / this.#workSeconds;
    return unitsLeft / this.unitsPerSecond * overhead;
  }
}

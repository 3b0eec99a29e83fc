/** The mean of the newest values, as torchmetrics' RunningMean has it. */
export class RunningMean {
  readonly #values: number[] = [];
  readonly #window: number;
  #next = 0;

  /**
   * Starts without values; at most `window` are remembered.
   *
   * @throws {RangeError} If `window` is not a whole number of at least 1.
   */
  constructor(window: number) {
    if (!Number.isInteger(window) || window < 1) {
      throw new RangeError(
        `Cannot average over ${window} values: expected a whole number of at ` +
          `least 1`,
      );
    }
    this.#window = window;
  }

  /** Adds a value; the oldest is forgotten if the window is full. */
  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#window;
  }

  /** The mean of the values in the window, or NaN if there are none. */
  get mean(): number {
    // Summed anew each time, so that a NaN leaves with its value.
    const sum = this.#values.reduce((total, value) => total + value, 0);
    return sum / this.#values.length;
  }
}

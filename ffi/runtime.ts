/**
 * The process that libtorch computes in: threads, precision, interrupts.
 *
 * @module
 */

import { check, native } from "./library.ts";

/** How many threads operators use on the CPU. */
export function getNumThreads(): number {
  return native().symbols.moe_thread_count();
}

/** Sets how many threads operators use on the CPU. */
export function setNumThreads(count: number): void {
  const { symbols, error } = native();
  check(symbols.moe_set_thread_count(count, error.bytes));
}

/**
 * Whether float32 matrix products on a GPU may use TF32 (`"high"`) or not (`"highest"`), as
 * `torch.set_float32_matmul_precision`.
 */
export function setFloat32MatmulPrecision(precision: "highest" | "high"): void {
  const level = ["highest", "high"].indexOf(precision);
  if (level < 0) {
    throw new TypeError(
      `Unknown precision "${precision}": expected "highest" or "high"`,
    );
  }
  const { symbols, error } = native();
  check(symbols.moe_float32_precision(level, error.bytes));
}

/**
 * Watches for SIGINT (Ctrl-C, a notebook's Stop button) while it lives: the signal no longer ends the
 * process, it raises `count`, which even a loop that never yields can read. The number lies in memory
 * that the shim's signal handler writes to.
 *
 * @example
 * ```ts
 * import { InterruptWatch } from "moebius";
 *
 * using interrupts = new InterruptWatch();
 * for (let step = 0; step < 10 && interrupts.count === 0; step++) {
 *   // a step
 * }
 * ```
 */
export class InterruptWatch {
  readonly #counter: Int32Array;
  readonly #start: number;
  #disposed = false;

  /** Starts watching. */
  constructor() {
    const { symbols, error } = native();
    check(symbols.moe_interrupt_install(error.bytes));
    watching++;
    const pointer = symbols.moe_interrupt_counter();
    if (pointer === null) throw new TypeError("No interrupt counter");
    this.#counter = new Int32Array(
      Deno.UnsafePointerView.getArrayBuffer(pointer, 4),
    );
    this.#start = this.#read();
  }

  // Atomic, so that the compiler of a loop cannot read it once and for all.
  #read(): number {
    return Atomics.load(this.#counter, 0);
  }

  /** How often SIGINT came since this watch began. */
  get count(): number {
    return this.#read() - this.#start;
  }

  /** Stops watching; with the last watch gone SIGINT does again what it did before. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    watching--;
    if (watching > 0) return;
    const { symbols, error } = native();
    check(symbols.moe_interrupt_uninstall(error.bytes));
  }
}

let watching = 0;

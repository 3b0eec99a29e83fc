/**
 * SIGINT (Ctrl-C, a notebook's Stop button) for code that never yields: it is counted, and operators throw.
 *
 * @module
 */

import { check, native } from "./library.ts";

/** How many watches live. */
let watching = 0;

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
    if (pointer === null) throw new Error("The shim has no interrupt counter");
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

/** What operators throw once SIGINT came, in a process that asked for it. */
export class InterruptedError extends Error {
  /** Its name, as a notebook shows it. */
  override name = "InterruptedError";
}

let isRaising = false;
let watch: InterruptWatch | undefined;
let handled = 0;
let protections = 0;

/**
 * From now on SIGINT does not end the process: the next operator throws {@linkcode InterruptedError}, so
 * that a loop of tensor operators stops where it is. For notebooks.
 */
export function raiseOnInterrupt(): void {
  isRaising = true;
}

/** Whether SIGINT came and nobody has dealt with it; from now on somebody has. */
export function takeInterrupt(): boolean {
  if (watch === undefined || watch.count === handled) return false;
  handled = watch.count;
  return true;
}

/**
 * Until it is disposed, operators do not throw: what must not be cut in two, such as an optimizer step,
 * is finished first.
 *
 * @example
 * ```ts
 * import { protectFromInterrupt } from "moebius";
 *
 * {
 *   using _whole = protectFromInterrupt();
 *   // a step
 * }
 * ```
 */
export function protectFromInterrupt(): Disposable {
  protections++;
  let isDone = false;
  return {
    [Symbol.dispose]() {
      if (!isDone) protections--;
      isDone = true;
    },
  };
}

/** Called by every operator: throws if SIGINT came and this process asked to be told so. */
export function throwIfInterrupted(): void {
  if (!isRaising) return;
  // Not before: libtorch is loaded by the first operator.
  watch ??= new InterruptWatch();
  if (protections > 0 || !takeInterrupt()) return;
  throw new InterruptedError("Interrupted: what was computed so far is kept");
}

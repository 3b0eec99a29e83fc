/**
 * SIGINT (Ctrl-C, a notebook's Stop button) for code that never yields: signals are counted, and operators throw.
 *
 * @module
 */

import { check, native } from "./library.ts";

/** Number of active watches. */
let watching = 0;

/**
 * Watches for SIGINT (Ctrl-C, a notebook's Stop button) until disposed: the signal no longer ends the
 * process but increments `count`, which even a loop that never yields can read. The count is in memory
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

  // Atomic, so that the compiler cannot move the read out of a loop.
  #read(): number {
    return Atomics.load(this.#counter, 0);
  }

  /** Number of SIGINTs since this watch started. */
  get count(): number {
    return this.#read() - this.#start;
  }

  /** Stops watching. When the last watch is disposed, the previous handling of SIGINT is restored. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    watching--;
    if (watching > 0) return;
    const { symbols, error } = native();
    check(symbols.moe_interrupt_uninstall(error.bytes));
  }
}

/** Thrown by operators after a SIGINT, if {@linkcode raiseOnInterrupt} was called. */
export class InterruptedError extends Error {
  /** Error name, as shown in a notebook. */
  override name = "InterruptedError";
}

let isRaising = false;
let watch: InterruptWatch | undefined;
let handled = 0;
let protections = 0;

/**
 * Makes SIGINT stop operators instead of the process: the next operator throws {@linkcode InterruptedError},
 * so that a loop of tensor operators stops. For notebooks.
 */
export function raiseOnInterrupt(): void {
  isRaising = true;
}

/** Returns whether an unhandled SIGINT has arrived, and marks it as handled. */
export function takeInterrupt(): boolean {
  if (watch === undefined || watch.count === handled) return false;
  handled = watch.count;
  return true;
}

/**
 * Prevents operators from throwing {@linkcode InterruptedError} until the result is disposed, so that work
 * that must not be interrupted halfway, such as an optimizer step, is completed first.
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

/** Called by every operator: throws if SIGINT arrived and {@linkcode raiseOnInterrupt} was called. */
export function throwIfInterrupted(): void {
  if (!isRaising) return;
  // Created only now, because libtorch is loaded by the first operator.
  watch ??= new InterruptWatch();
  if (protections > 0 || !takeInterrupt()) return;
  throw new InterruptedError("Interrupted: what was computed so far is kept");
}

/**
 * A notebook's Stop button, and Ctrl-C, for code that never yields: operators throw.
 *
 * @module
 */

import { InterruptWatch } from "./runtime.ts";

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

/**
 * Ownership of tensors: a scope owns the tensors created inside it.
 *
 * @module
 */

import { native } from "./library.ts";
import type { Tensor } from "./tensor.ts";
import { adopt, currentFrame, enterFrame, release } from "./_ownership.ts";

/**
 * Frees every tensor created while `fn` runs, except those in its result: a tensor, or arrays, maps and
 * plain objects of tensors, nested to any depth. Scopes nest; the result of an inner scope belongs to the
 * outer one. If `fn` throws, everything is freed.
 *
 * The garbage collector is no substitute: it does not know the size of a tensor, and frees nothing while a
 * loop runs.
 *
 * @example
 * ```ts
 * import { randn, scope } from "moebius";
 *
 * const norm = scope(() => randn([1000, 1000]).square().sum().sqrt());
 * console.log(norm.item());
 * ```
 *
 * @throws {TypeError} if `fn` is asynchronous: other code would run inside the scope.
 */
export function scope<T>(fn: () => T): T {
  const parent = currentFrame();
  const frame: Tensor[] = [];
  enterFrame(frame);
  let result: T;
  try {
    result = fn();
    if (result instanceof Promise) {
      result.catch(() => {}); // The error below is the one to see.
      throw new TypeError(
        "Cannot run an asynchronous function in a scope: wait for it outside, or use `using`",
      );
    }
  } catch (error) {
    enterFrame(parent);
    release(frame.filter((tensor) => !tensor.persistent));
    throw error;
  }
  enterFrame(parent);
  const kept = new Set<unknown>();
  collect(result, kept);
  const dropped: Tensor[] = [];
  for (const tensor of frame) {
    if (tensor.disposed || tensor.persistent) continue;
    if (kept.has(tensor)) adopt(tensor);
    else dropped.push(tensor);
  }
  release(dropped);
  return result;
}

/** Adds a result, and everything in it, to `seen`. */
function collect(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const item of value) collect(item, seen);
  } else if (value instanceof Map) {
    for (const item of value.values()) collect(item, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collect(item, seen);
  }
}

/**
 * Removes a tensor from its scope: it lives until it is disposed. For tensors that outlive a step, such as
 * parameters and optimizer state.
 */
export function keep(tensor: Tensor): Tensor {
  tensor.persistent = true;
  return tensor;
}

/** Kinds of handle that `liveCount` counts. */
export type HandleKind = "tensor" | "operator" | "graph" | "mapping";

const KINDS: HandleKind[] = ["tensor", "operator", "graph", "mapping"];

/** Number of live native handles of a kind, for finding leaks. */
export function liveCount(kind: HandleKind = "tensor"): number {
  return Number(native().symbols.moe_live_count(KINDS.indexOf(kind)));
}

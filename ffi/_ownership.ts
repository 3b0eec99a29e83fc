/**
 * Decides who frees a tensor: the scope that is open when it is created, or, with no scope open, its
 * holder, with the garbage collector as a safety net for forgotten tensors in a notebook.
 */

import { check, native } from "./library.ts";
import type { Tensor } from "./tensor.ts";

let frame: Tensor[] | undefined;
let handles = new Uint32Array(1024);

const registry = new FinalizationRegistry<number>((handle) => {
  handles[0] = handle;
  check(native().symbols.moe_tensor_free(handles, 1, native().error.bytes));
});

/** The tensors of the innermost open scope. */
export function currentFrame(): Tensor[] | undefined {
  return frame;
}

/** Makes a frame the innermost one. */
export function enterFrame(next: Tensor[] | undefined): void {
  frame = next;
}

/** Adds a new tensor, or one that an inner scope returned, to the innermost scope. */
export function adopt(tensor: Tensor): void {
  if (frame !== undefined) frame.push(tensor);
  else registry.register(tensor, tensor.handle, tensor);
}

/** Frees tensors that are still alive, in one call. */
export function release(tensors: readonly Tensor[]): void {
  if (handles.length < tensors.length) {
    handles = new Uint32Array(2 * tensors.length);
  }
  let count = 0;
  for (const tensor of tensors) {
    if (tensor.disposed) continue;
    handles[count++] = tensor.handle;
    tensor.forget();
  }
  if (count === 0) return;
  const { symbols, error } = native();
  check(symbols.moe_tensor_free(handles, count, error.bytes));
}

/** Removes a disposed tensor from the garbage collector's registry. */
export function unregister(tensor: Tensor): void {
  registry.unregister(tensor);
}

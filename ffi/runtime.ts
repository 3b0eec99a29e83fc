/**
 * Process-wide settings of libtorch: threads and precision.
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
 * Whether float32 matrix products on a GPU may use TF32 (`"high"`) or not (`"highest"`), like
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

/**
 * The peak memory of a run.
 *
 * @module
 */

import {
  cudaMemoryStats,
  type Device,
  resetPeakMemory,
} from "../../ffi/mod.ts";

/** Resets a GPU's peak at the start of a run, so that earlier trials of sizes and kernels do not count. */
export function beginPeakMemory(device: Device): void {
  if (device !== "cpu") resetPeakMemory(device);
}

/** Peak in bytes: of tensors on a GPU, of the whole process on a CPU. */
export function peakMemoryBytes(device: Device): number {
  if (device !== "cpu") return cudaMemoryStats(device).peakAllocatedBytes;
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Not Linux.
  }
  return Deno.memoryUsage().rss;
}

/**
 * The most memory a run has taken.
 *
 * @module
 */

import {
  cudaMemoryStats,
  type Device,
  resetPeakMemory,
} from "../../ffi/mod.ts";

/** Lets a GPU's peak begin with a run: what was tried before it is none of its own. */
export function beginPeakMemory(device: Device): void {
  if (device !== "cpu") resetPeakMemory(device);
}

/** Bytes: of tensors on a GPU, of the whole process on a CPU. */
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

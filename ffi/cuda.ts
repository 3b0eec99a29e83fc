/**
 * CUDA devices, their memory, and CUDA graphs.
 *
 * @module
 */

import { type Device, deviceNumbers } from "./dtype.ts";
import { ErrorBuffer } from "./error.ts";
import { check, checkHandle, native, readText } from "./library.ts";
import { scope } from "./scope.ts";

/** Number of CUDA devices visible to this process; 0 on a build without CUDA. */
export function cudaDeviceCount(): number {
  return native().symbols.moe_cuda_device_count();
}

/** Properties of a CUDA device. */
export interface CudaDeviceInfo {
  /** Name, such as `"NVIDIA H100 80GB HBM3"`. */
  name: string;
  /** Compute capability, such as 9 or 8.6. */
  capability: number;
  /** Bytes of memory. */
  memoryBytes: number;
  /** Number of streaming multiprocessors. */
  multiprocessors: number;
}

function cudaIndex(device: Device): number {
  const [kind, index] = deviceNumbers(device);
  if (kind === 0) {
    throw new TypeError(
      `Cannot use ${device} here: expected "cuda" or "cuda:N"`,
    );
  }
  return index;
}

/** Describes a CUDA device. */
export function cudaDeviceInfo(device: Device = "cuda"): CudaDeviceInfo {
  const { symbols, error } = native();
  const index = cudaIndex(device);
  return JSON.parse(
    readText((buffer, capacity) =>
      symbols.moe_cuda_device_info(index, buffer, capacity, error.bytes)
    ),
  );
}

/** Memory of a CUDA device, in bytes, as libtorch's caching allocator counts it. */
export interface CudaMemoryStats {
  /** Bytes in tensors now. */
  allocatedBytes: number;
  /** Peak of `allocatedBytes` since the last reset. */
  peakAllocatedBytes: number;
  /** Bytes reserved by the allocator now. */
  reservedBytes: number;
  /** Peak of `reservedBytes` since the last reset. */
  peakReservedBytes: number;
  /** How often cached memory was freed to satisfy an allocation. */
  allocationRetries: number;
  /** How often an allocation failed because memory ran out. */
  outOfMemoryErrors: number;
  /** Free bytes of the whole device. */
  freeBytes: number;
  /** Total bytes of the whole device. */
  totalBytes: number;
}

/** Memory statistics of a CUDA device. */
export function cudaMemoryStats(device: Device = "cuda"): CudaMemoryStats {
  const { symbols, error } = native();
  const index = cudaIndex(device);
  const stats = new BigInt64Array(8);
  check(symbols.moe_cuda_memory_stats(index, stats, error.bytes));
  const [
    allocatedBytes = 0,
    peakAllocatedBytes = 0,
    reservedBytes = 0,
    peakReservedBytes = 0,
    allocationRetries = 0,
    outOfMemoryErrors = 0,
    freeBytes = 0,
    totalBytes = 0,
  ] = [...stats].map(Number);
  return {
    allocatedBytes,
    peakAllocatedBytes,
    reservedBytes,
    peakReservedBytes,
    allocationRetries,
    outOfMemoryErrors,
    freeBytes,
    totalBytes,
  };
}

/** Resets the peaks of {@linkcode cudaMemoryStats}. */
export function resetPeakMemory(device: Device = "cuda"): void {
  const { symbols, error } = native();
  const index = cudaIndex(device);
  check(symbols.moe_cuda_reset_peak_memory(index, error.bytes));
}

/** Returns cached memory that no tensor uses to the devices. */
export function emptyCache(): void {
  const { symbols, error } = native();
  check(symbols.moe_cuda_empty_cache(error.bytes));
}

/** Limits this process to a share, in (0, 1], of a device's memory. */
export function setMemoryFraction(
  fraction: number,
  device: Device = "cuda",
): void {
  const { symbols, error } = native();
  const index = cudaIndex(device);
  check(symbols.moe_cuda_memory_fraction(index, fraction, error.bytes));
}

/** What happens when an operation makes the host wait for a device. */
export type SyncDebugMode = "default" | "warn" | "error";

/**
 * Makes every operation that waits for a device (`item()`, copies to the host, `nonzero`) print a warning, or
 * fail: `torch.cuda.set_sync_debug_mode`. {@linkcode synchronize} waits in every mode.
 */
export function setSyncDebugMode(mode: SyncDebugMode): void {
  const { symbols, error } = native();
  const modes: SyncDebugMode[] = ["default", "warn", "error"];
  check(symbols.moe_cuda_sync_debug(modes.indexOf(mode), error.bytes));
}

/** Blocks until a device has finished all submitted work. */
export function synchronize(device: Device): void {
  const { symbols, error } = native();
  const [kind, index] = deviceNumbers(device);
  check(symbols.moe_synchronize(kind, index, error.bytes));
}

/** Like {@linkcode synchronize}, without blocking JavaScript. */
export async function synchronizeAsync(device: Device): Promise<void> {
  const [kind, index] = deviceNumbers(device);
  const error = new ErrorBuffer();
  const status = await native().symbols.moe_synchronize_async(
    kind,
    index,
    error.bytes,
  );
  if (status < 0) throw error.take();
}

/** Recorded CUDA work that can be run again with one call. */
export class CudaGraph<T> {
  #handle: number;
  /** The result of the recorded function. Each replay updates the values of its tensors. */
  readonly result: T;

  /** Called by {@linkcode capture} alone. */
  constructor(handle: number, result: T) {
    this.#handle = handle;
    this.result = result;
  }

  /** The native handle; 0 once disposed. */
  get handle(): number {
    return this.#handle;
  }

  /** Runs the recorded work again, on the current values of its input tensors. */
  replay(): void {
    const { symbols, error } = native();
    check(symbols.moe_graph_replay(liveHandle(this), error.bytes));
  }

  /** Frees the graph and the memory it reserved. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    const { symbols, error } = native();
    check(symbols.moe_graph_free(this.#handle, error.bytes));
    this.#handle = 0;
  }
}

function liveHandle(graph: CudaGraph<unknown>): number {
  if (graph.handle === 0) {
    throw new TypeError("Cannot use a CUDA graph that was disposed");
  }
  return graph.handle;
}

/** Options of {@linkcode capture}. */
export interface CaptureOptions {
  /** A graph whose memory the new one shares; the graphs must then be replayed in the order of capture. */
  pool?: CudaGraph<unknown>;
}

/**
 * Records the CUDA work of a synchronous function as a graph. The function runs once, but its work is
 * only recorded: call `replay` to execute it. Run the function two or three times before, so that the
 * initialisation of libraries at first use is not recorded. The function must not wait for the device
 * (`item`, `toArray`).
 *
 * @throws {TorchError} if there is no CUDA device, or something in the function cannot be captured.
 */
export function capture<T>(
  fn: () => T,
  options: CaptureOptions = {},
): CudaGraph<T> {
  const { symbols, error } = native();
  const handle = checkHandle(
    symbols.moe_graph_begin(
      options.pool === undefined ? 0 : liveHandle(options.pool),
      error.bytes,
    ),
  );
  try {
    const result = scope(fn);
    check(symbols.moe_graph_end(handle, error.bytes));
    return new CudaGraph(handle, result);
  } catch (cause) {
    symbols.moe_graph_abandon(handle, error.bytes);
    throw cause;
  }
}

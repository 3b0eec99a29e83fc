/**
 * Opens libtorch and the shim, once, when the first function that needs them is called. Importing this
 * package does not load them.
 *
 * @module
 */

import { ErrorBuffer, TorchError } from "./error.ts";
import { currentSetup } from "./setup/mod.ts";
import { ABI_VERSION, asyncSymbols, symbols } from "./symbols.ts";

type Symbols =
  & Deno.StaticForeignLibraryInterface<typeof symbols>
  & Deno.StaticForeignLibraryInterface<typeof asyncSymbols>;

/** The shim's functions and the error buffer that all synchronous calls share. */
export interface Library {
  readonly symbols: Symbols;
  readonly error: ErrorBuffer;
}

let library: Library | undefined;

/**
 * The loaded library.
 *
 * @throws {Error} if set-up has not been run, or libtorch cannot be loaded.
 */
export function native(): Library {
  return library ??= open();
}

// libtorch's threads wait for each other thousands of times in a training step. By default they spin
// for milliseconds, which loses nine tenths of the speed when another process needs a core
// (measured: 0.9k tokens/s against 6.4k, beside one busy process on 2 cores). A short spin costs
// nothing when no other process needs the cores.
const SPIN_COUNT = "2000";

function limitSpinning(): void {
  const variables = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"];
  if (variables.some((name) => Deno.env.has(name))) return;
  // Read once, when libtorch loads its OpenMP runtime.
  Deno.env.set("GOMP_SPINCOUNT", SPIN_COUNT);
}

function open(): Library {
  limitSpinning();
  const { librariesToLoad, shim } = currentSetup();
  // Opened by absolute path and in dependency order, so that each library finds its dependencies loaded
  // without LD_LIBRARY_PATH or rpath. Never closed: libtorch does not survive its destructors.
  for (const path of librariesToLoad) Deno.dlopen(path, {});
  const opened = Deno.dlopen(shim, { ...symbols, ...asyncSymbols });
  const version = opened.symbols.moe_abi_version();
  if (version !== ABI_VERSION) {
    throw new Error(
      `Cannot use ${shim}: it has ABI version ${version}, expected ${ABI_VERSION}: run \`deno task setup --force\``,
    );
  }
  const error = new ErrorBuffer();
  if (opened.symbols.moe_initialize(error.bytes) < 0) throw error.take();
  return { symbols: opened.symbols, error };
}

/** Throws the error that a negative status reports. */
export function check(status: number | bigint): void {
  if (status < 0) throw native().error.take();
}

/** Throws the error that a handle of 0 reports. */
export function checkHandle(handle: number): number {
  if (handle === 0) throw native().error.take();
  return handle;
}

/** A zero-terminated UTF-8 string for the shim. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) {
    throw new TypeError(`Cannot pass ${JSON.stringify(text)}: it holds a NUL`);
  }
  return new TextEncoder().encode(text + "\0");
}

/** Reads text that the shim copies into a buffer, after asking for its length. */
export function readText(
  copy: (buffer: Uint8Array<ArrayBuffer> | null, capacity: bigint) => bigint,
): string {
  const length = copy(null, 0n);
  check(length);
  const bytes = new Uint8Array(Number(length));
  check(copy(bytes, length));
  return new TextDecoder().decode(bytes);
}

/** Versions that the shim was built with. */
export interface BuildInfo {
  /** Version of the shim's C interface. */
  abi: number;
  /** Version of libtorch, such as `"2.13.0"`. */
  torch: string;
  /** Version of the C++ compiler. */
  compiler: string;
  /** Version of the CUDA runtime, or null for a CPU build. */
  cuda: string | null;
  /** Version of cuDNN, or null if the build has none. */
  cudnn: string | null;
}

/** Versions of the loaded shim and of the libraries it uses. */
export function buildInfo(): BuildInfo {
  const pointer = native().symbols.moe_build_info();
  if (pointer === null) throw new TorchError("unknown", "No build info");
  return JSON.parse(Deno.UnsafePointerView.getCString(pointer));
}

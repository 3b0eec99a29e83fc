/**
 * libtorch's random number generators, one for each device.
 *
 * @module
 */

import { type Device, deviceNumbers } from "./dtype.ts";
import { check, checkHandle, native } from "./library.ts";
import { tensor } from "./create.ts";
import { Tensor } from "./tensor.ts";

/** Seeds the generators of all devices, like `torch.manual_seed`. */
export function manualSeed(seed: number | bigint): void {
  const { symbols, error } = native();
  check(symbols.moe_manual_seed(BigInt(seed), error.bytes));
}

/** The state of a device's generator, for {@linkcode setRngState}. */
export function getRngState(device: Device = "cpu"): Uint8Array<ArrayBuffer> {
  const { symbols, error } = native();
  const [kind, index] = deviceNumbers(device);
  using state = new Tensor(
    checkHandle(symbols.moe_rng_state(kind, index, error.bytes)),
  );
  return state.toArray() as Uint8Array<ArrayBuffer>;
}

/**
 * Sets a device's generator to a state returned by {@linkcode getRngState}.
 *
 * @throws {TorchError} if the bytes are not such a state.
 */
export function setRngState(state: Uint8Array, device: Device = "cpu"): void {
  const { symbols, error } = native();
  const [kind, index] = deviceNumbers(device);
  using bytes = tensor(state);
  check(symbols.moe_set_rng_state(kind, index, bytes.handle, error.bytes));
}

/**
 * What can go wrong between here and a hub.
 *
 * @module
 */

/**
 * Why a hub gave no file:
 *
 * - `offline`: `HF_HUB_OFFLINE` is set, and there is no copy on this machine.
 * - `unreachable`: no connection, or the hub is too busy to answer.
 * - `unauthorized`: it wants a token, or another one.
 * - `not_found`: it has no such repository, revision or file.
 * - `damaged`: what it sends is not what it says it has.
 * - `no_space`: the disk is full.
 * - `failed`: it answers otherwise than a hub does.
 */
export type HubErrorReason =
  | "offline"
  | "unreachable"
  | "unauthorized"
  | "not_found"
  | "damaged"
  | "no_space"
  | "failed";

/** A hub gave no file. The message says which, why, and what to do. */
export class HubError extends Error {
  /** Always this. */
  override readonly name = "HubError";
  /** Why, for whoever can do without. */
  readonly reason: HubErrorReason;

  /**
   * Makes the error.
   *
   * @param reason Why.
   * @param message The same for a reader.
   * @param options Its cause.
   */
  constructor(reason: HubErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * Errors of downloads from a hub and uploads to it.
 *
 * @module
 */

/**
 * Why a file could not be downloaded or uploaded:
 *
 * - `offline`: `HF_HUB_OFFLINE` is set, and there is no copy on this machine.
 * - `unreachable`: no connection, or the hub is too busy to answer.
 * - `unauthorized`: it wants a token, or another one.
 * - `not_found`: it has no such repository, revision or file.
 * - `damaged`: the received content does not have the expected hash.
 * - `no_space`: the disk is full.
 * - `failed`: the answer is not one that a hub gives.
 */
export type HubErrorReason =
  | "offline"
  | "unreachable"
  | "unauthorized"
  | "not_found"
  | "damaged"
  | "no_space"
  | "failed";

/** A file could not be downloaded or uploaded. The message says which, why, and what to do. */
export class HubError extends Error {
  /** Always "HubError". */
  override readonly name = "HubError";
  /** Why, for callers that can go on without the file. */
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

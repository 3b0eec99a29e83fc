/**
 * Errors reported by the shim.
 *
 * @module
 */

/** Kinds of failure that a caller can react to. Numbered as in `shim/moebius.h`. */
export type TorchErrorKind =
  | "invalid argument"
  | "torch"
  | "out of memory"
  | "io"
  | "unsupported"
  | "unknown";

const KINDS: Record<number, TorchErrorKind> = {
  1: "invalid argument",
  2: "torch",
  3: "out of memory",
  4: "io",
  5: "unsupported",
};

/**
 * An operation that libtorch or the shim refused. The message names the operator and the shapes,
 * dtypes and devices it was called with.
 *
 * @example
 * ```ts
 * import { TorchError, zeros } from "moebius";
 *
 * try {
 *   zeros([2, 3]).matmul(zeros([4, 5]));
 * } catch (error) {
 *   if (error instanceof TorchError) console.log(error.kind, error.message);
 * }
 * ```
 */
export class TorchError extends Error {
  /** Error name, shown before the message. */
  override name = "TorchError";
  /** Kind of failure; `"out of memory"` is the one that programs recover from. */
  readonly kind: TorchErrorKind;

  /** Called by ffi alone. */
  constructor(kind: TorchErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const HEADER_BYTES = 8;
const ERROR_BYTES = HEADER_BYTES + 4088;
const decoder = new TextDecoder();

/** A `moe_error`: the buffer that the shim writes a failure into. */
export class ErrorBuffer {
  /** The struct itself, as the last argument of a call. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(ERROR_BYTES);
  readonly #header = new Int32Array(this.bytes.buffer, 0, 2);

  /** The last failure written. Call it only after a function reported one. */
  take(): TorchError {
    const [code = 0, length = 0] = this.#header;
    const message = decoder.decode(
      this.bytes.subarray(HEADER_BYTES, HEADER_BYTES + length),
    );
    return new TorchError(KINDS[code] ?? "unknown", message);
  }
}

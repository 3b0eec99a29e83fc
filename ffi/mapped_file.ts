/**
 * Memory-mapped files: read by the operating system on access, and shared between processes.
 *
 * @module
 */

import { type DType, dtypeNumber } from "./dtype.ts";
import { check, checkHandle, cString, native } from "./library.ts";
import { Tensor } from "./tensor.ts";

/**
 * A file mapped into memory. Writing to its bytes, or to a tensor over them, does not change the file.
 *
 * @example
 * ```ts ignore
 * using file = new MappedFile("tokens.bin");
 * const tokens = new Uint16Array(file.bytes.buffer);
 * ```
 */
export class MappedFile {
  #handle: number;
  /** The whole file. Empty once the mapping is disposed. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /**
   * Maps a file.
   *
   * @throws {TorchError} of kind `"io"` if it cannot be mapped.
   */
  constructor(path: string) {
    const { symbols, error } = native();
    const size = new BigInt64Array(1);
    this.#handle = checkHandle(
      symbols.moe_file_map(cString(path), size, error.bytes),
    );
    const pointer = symbols.moe_file_data(this.#handle, error.bytes);
    this.bytes = pointer === null ? new Uint8Array(0) : new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(pointer, Number(size[0])),
    );
  }

  /**
   * A CPU tensor over part of the file, without a copy (copied if the offset is not a multiple of the element
   * size). It stays valid after the mapping is disposed.
   *
   * @throws {TypeError} if the mapping was disposed.
   * @throws {TorchError} if it extends beyond the file.
   */
  tensor(offset: number, shape: readonly number[], dtype: DType): Tensor {
    if (this.#handle === 0) {
      throw new TypeError("Cannot use a mapped file that was disposed");
    }
    const { symbols, error } = native();
    return new Tensor(checkHandle(symbols.moe_tensor_from_mapping(
      this.#handle,
      BigInt(offset),
      BigInt64Array.from(shape, BigInt),
      shape.length,
      dtypeNumber(dtype),
      error.bytes,
    )));
  }

  /** Ends the mapping; tensors over it stay valid. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    // A detached buffer has no bytes, so an array over it cannot access unmapped memory.
    this.bytes.buffer.transfer();
    const { symbols, error } = native();
    check(symbols.moe_file_unmap(this.#handle, error.bytes));
    this.#handle = 0;
  }
}

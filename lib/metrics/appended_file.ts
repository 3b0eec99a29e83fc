/** A file to which whole records are appended: a record is written completely or not at all. */

import { StorageError } from "../files/atomic.ts";

/** An open file to append to. */
export interface AppendedFile extends Disposable {
  /** Bytes in the file. */
  readonly size: number;
  /**
   * Writes a record, in one call if the device accepts all of it. If the rest cannot be written, the part
   * that was written is removed again.
   *
   * @throws {StorageError} If the record cannot be written.
   */
  append(record: Uint8Array): void;
  /** Cuts the file to its first `size` bytes. */
  truncate(size: number): void;
  /** Flushes everything to the storage device. */
  sync(): void;
}

/**
 * Opens a file to append to, and creates it if need be.
 *
 * @throws {StorageError} If it cannot be opened.
 */
export function openAppendedFile(path: string): AppendedFile {
  const attempt = <T>(action: string, operation: () => T): T => {
    try {
      return operation();
    } catch (cause) {
      throw new StorageError(action, path, { cause });
    }
  };
  const file = attempt(
    "open",
    () => Deno.openSync(path, { append: true, create: true }),
  );
  let size = file.statSync().size;
  let isOpen = true;
  return {
    get size() {
      return size;
    },
    append(record) {
      attempt("write", () => {
        try {
          writeAll(record);
        } catch (error) {
          cut(size);
          throw error;
        }
        size += record.byteLength;
      });
    },
    truncate(newSize) {
      attempt("cut", () => file.truncateSync(newSize));
      size = newSize;
    },
    sync: () => attempt("sync", () => file.syncDataSync()),
    [Symbol.dispose]() {
      if (isOpen) file.close();
      isOpen = false;
    },
  };

  function writeAll(record: Uint8Array): void {
    for (let rest = record; rest.byteLength > 0;) {
      const written = file.writeSync(rest);
      if (written <= 0) {
        throw new Error(`the device did not take ${rest.byteLength} bytes`);
      }
      rest = rest.subarray(written);
    }
  }

  /** Removes a partly written record, if the device still allows this. */
  function cut(size: number): void {
    try {
      file.truncateSync(size);
    } catch {
      // Readers skip an incomplete last line; the first error matters more.
    }
  }
}

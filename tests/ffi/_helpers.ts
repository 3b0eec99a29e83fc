/** What the tests of ffi share. */
import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import {
  cudaDeviceCount,
  type Device,
  type Tensor,
  TorchError,
  type TorchErrorKind,
} from "../../ffi/mod.ts";

/** The devices of this machine: what holds for one must hold for all. */
export const devices: readonly Device[] = cudaDeviceCount() > 0
  ? ["cpu", "cuda"]
  : ["cpu"];

/** The elements as plain numbers. */
export function numbers(tensor: Tensor): number[] {
  return [...tensor.toArray()].map(Number);
}

/** Every number within `tolerance` of the one expected. */
export function assertClose(
  actual: Iterable<number>,
  expected: Iterable<number>,
  tolerance: number,
): void {
  const [left, right] = [[...actual], [...expected]];
  assert.equal(left.length, right.length);
  for (let i = 0; i < left.length; i++) {
    assert.ok(
      Math.abs(left[i]! - right[i]!) <= tolerance,
      `element ${i}: ${left[i]} is not within ${tolerance} of ${right[i]}`,
    );
  }
}

/** Runs `fn`, which must throw a TorchError of this kind with a message that matches. */
export function assertTorchError(
  fn: () => unknown,
  kind: TorchErrorKind,
  message: RegExp,
): void {
  assert.throws(fn, (error) => {
    assert.ok(error instanceof TorchError, String(error));
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    return true;
  });
}

/** A program of this folder in a process of its own. */
export function child(
  program: string,
  options: { args?: string[]; flags?: string[] } = {},
): Deno.Command {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      ...options.flags ?? [],
      path,
      ...options.args ?? [],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** A file with these bytes, deleted at the end of a `using` block. */
export function temporaryFile(
  bytes: Uint8Array,
): { path: string } & Disposable {
  const path = Deno.makeTempFileSync({ prefix: "moebius-ffi-" });
  Deno.writeFileSync(path, bytes);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path) };
}

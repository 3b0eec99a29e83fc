/** The shim's functions without ffi's care, and things to misuse them with. */
import { strict as assert } from "node:assert";
import { ErrorBuffer } from "../../ffi/error.ts";
import { cString, native } from "../../ffi/library.ts";
import type { symbols } from "../../ffi/symbols.ts";
import { temporaryFile } from "./_helpers.ts";

/** The name of a function of the shim. */
export type Name = keyof typeof symbols;

/** Every function, taking anything. */
export const raw = native().symbols as unknown as Record<
  Name,
  (...args: unknown[]) => unknown
>;

/** Where the functions below report a failure. */
export const failure = new ErrorBuffer();

/** More bytes than any tensor made here holds. */
export const bytes = new Uint8Array(64);

/** Sizes of a tensor, as the shim takes them. */
export function sizes(...numbers: bigint[]): BigInt64Array {
  return BigInt64Array.from(numbers);
}

/** Handles, as the shim takes them. */
export function handles(...numbers: number[]): Uint32Array {
  return Uint32Array.from(numbers);
}

function created(handle: unknown): number {
  if (typeof handle !== "number" || handle === 0) throw failure.take();
  return handle;
}

/** A float32 (0) or int64 (7) tensor of zeros on the CPU. */
export function newTensor(shape: bigint[], dtype: 0 | 7 = 0): number {
  const size = dtype === 0 ? 4n : 8n;
  const count = shape.reduce((product, length) => product * length, 1n);
  return created(raw.moe_tensor_from_bytes(
    bytes,
    size * count,
    sizes(...shape),
    shape.length,
    dtype,
    0,
    0,
    failure.bytes,
  ));
}

/** A view of a matrix that is not contiguous. */
export function transposed(tensor: number): number {
  const results = new Uint32Array(4);
  const count = raw.moe_call(
    operator("aten::t"),
    values([TENSOR, tensor]),
    1,
    null,
    results,
    1,
    failure.bytes,
  );
  assert.equal(count, 1);
  return created(results[2]);
}

/** Makes a tensor one that `backward` can start at. */
export function requireGrad(tensor: number): number {
  assert.equal(
    raw.moe_tensor_set_requires_grad(tensor, 1, failure.bytes),
    0,
  );
  return tensor;
}

/** Frees tensors. */
export function free(...tensors: number[]): void {
  assert.equal(
    raw.moe_tensor_free(handles(...tensors), tensors.length, failure.bytes),
    0,
  );
}

/** An operator. */
export function operator(name: string, overload = ""): number {
  return created(
    raw.moe_operator_find(cString(name), cString(overload), failure.bytes),
  );
}

/** A mapped file of 64 bytes. */
export function mapFile(): number {
  using file = temporaryFile(bytes);
  return created(
    raw.moe_file_map(cString(file.path), sizes(0n), failure.bytes),
  );
}

/** Ends a mapping. */
export function unmap(mapping: number): void {
  assert.equal(raw.moe_file_unmap(mapping, failure.bytes), 0);
}

/** Tags of `moe_value`. */
export const DEFAULT = 0, TENSOR = 2, NUMBER = 3, STRING = 6, LIST = 7;

/** Arguments of `moe_call`. */
export function values(
  ...each: [tag: number, payload?: number, count?: number][]
): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 * each.length));
  each.forEach(([tag, payload = 0, count = 0], i) => {
    view.setUint32(16 * i, tag, true);
    view.setUint32(16 * i + 4, count, true);
    if (tag === NUMBER) view.setFloat64(16 * i + 8, payload, true);
    else view.setUint32(16 * i + 8, payload, true);
  });
  return new Uint8Array(view.buffer);
}

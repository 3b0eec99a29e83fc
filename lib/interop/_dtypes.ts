/** Element types that weights can be exported in. */

import type { SafetensorsDtype } from "../checkpoint/safetensors_dtypes.ts";

/** Names of element types as PyTorch's users write them. */
export type ExportDtype = "float32" | "bfloat16";

const DTYPES: Readonly<Record<ExportDtype, SafetensorsDtype>> = {
  float32: "F32",
  bfloat16: "BF16",
};
const NAMES: Readonly<Partial<Record<SafetensorsDtype, string>>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** PyTorch's name of a dtype. */
export function dtypeName(dtype: SafetensorsDtype): string {
  return NAMES[dtype] ?? dtype;
}

/** The dtype that a tensor is written in. */
export function targetDtype(
  dtype: SafetensorsDtype,
  wanted: ExportDtype | undefined,
): SafetensorsDtype {
  if (wanted === undefined || DTYPES[wanted] === dtype) return dtype;
  if (dtype === "F32" || dtype === "BF16") return DTYPES[wanted];
  throw new RangeError(
    `Cannot export ${dtypeName(dtype)} as ${wanted}: leave out --dtype`,
  );
}

/** Converts elements; bfloat16 is rounded to the nearest, ties to even, as PyTorch does. */
export function convert(
  bytes: Uint8Array<ArrayBuffer>,
  from: SafetensorsDtype,
  to: SafetensorsDtype,
): Uint8Array<ArrayBuffer> {
  if (from === to) return bytes;
  if (from === "BF16") {
    const halves = new Uint16Array(bytes.buffer);
    const bits = new Uint32Array(halves.length);
    for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
    return new Uint8Array(bits.buffer);
  }
  const bits = new Uint32Array(bytes.buffer);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    halves[i] = isNaN ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return new Uint8Array(halves.buffer);
}

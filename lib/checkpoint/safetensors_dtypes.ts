/** The element types of the safetensors format. */

/** Bits of one element of each dtype, in the format's order of alignment. */
export const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** Name of an element type, as the format spells it. */
export type SafetensorsDtype = keyof typeof DTYPE_BITS;

/** Every dtype, by increasing alignment. Files hold tensors in reverse order. */
export const SAFETENSORS_DTYPES: readonly SafetensorsDtype[] = Object.keys(
  DTYPE_BITS,
).filter(isDtype);

/**
 * Bytes of a tensor of this dtype and shape, or `undefined` if they are not a
 * whole number or too many to count exactly.
 */
export function tensorByteLength(
  dtype: SafetensorsDtype,
  shape: readonly number[],
): number | undefined {
  let bits: number = DTYPE_BITS[dtype];
  for (const size of shape) {
    bits *= size;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}

/** Whether the format knows a dtype of this name. */
export function isDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === "string" && Object.hasOwn(DTYPE_BITS, name);
}

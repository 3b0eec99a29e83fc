/**
 * Peak rates of devices, for the share of them that a run uses (MFU).
 *
 * @module
 */

/** Dense bfloat16 tensor-core FLOP/s from the vendors' data sheets, by a part of the device's name. */
const BFLOAT16_FLOPS: readonly [RegExp, number][] = [
  [/\bGB200\b/, 2.5e15],
  [/\bB200\b/, 2.25e15],
  [/\bH(100|200) NVL\b|\bH200\b/, 989.5e12],
  [/\bH100\b.*PCIe/i, 756e12],
  [/\bH100\b/, 989.5e12],
  [/\bA100\b/, 312e12],
  [/\bA6000\b/, 154.8e12],
  [/\bL40S\b/, 362e12],
  [/\bL4\b/, 121e12],
  [/\bA10G?\b/, 125e12],
  [/RTX 5090/, 209.5e12],
  [/RTX 4090/, 165.2e12],
  [/RTX 4080/, 97.5e12],
  [/RTX 4070/, 58.3e12],
  [/RTX 3090/, 71e12],
  [/RTX 3080/, 59.5e12],
  [/RTX 3060 Laptop/, 42.5e12],
  [/RTX 3060/, 25.4e12],
];

/**
 * The peak rate of a device in FLOP/s for a precision, or undefined where it is not known: CPUs, and
 * float32, whose rate depends on whether TF32 is used.
 */
export function peakFlops(
  deviceName: string,
  precision: string,
): number | undefined {
  if (!precision.startsWith("bf16")) return undefined;
  return BFLOAT16_FLOPS.find(([name]) => name.test(deviceName))?.[1];
}

/** What the tests of the CUDA kernels share. */

import { strict as assert } from "node:assert";
import {
  backward,
  call,
  cudaDeviceCount,
  type DType,
  enableGrad,
  full,
  manualSeed,
  noGrad,
  randn,
  scope,
  type Tensor,
  type Value,
} from "../../ffi/mod.ts";
import { EMULATOR_VARIABLE } from "./emulator/build.ts";

/** Whether the kernels run on the CPU: see emulator/. */
const IS_EMULATED = Deno.env.has(EMULATOR_VARIABLE);

/** Where the tests run. */
export const DEVICE = IS_EMULATED ? "cpu" : "cuda";

const HAS_GPU = cudaDeviceCount() > 0;
/**
 * Which tests run, if not all: "kernels" are those of single kernels, which compute-sanitizer can watch, "small"
 * of these the ones that are fast where every access is watched, or emulated.
 */
const CHOSEN = IS_EMULATED ? "small" : Deno.env.get("MOEBIUS_CUDA_TESTS");

/** A test that needs a CUDA device. */
export function gpuTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, ignore: !HAS_GPU || CHOSEN !== undefined, fn });
}

/** A test of single kernels, on a CUDA device or emulated; of the same numbers each time. */
export function kernelTest(
  name: string,
  fn: () => void,
  { isLarge = false }: { isLarge?: boolean } = {},
): void {
  const seeded = () => {
    manualSeed(1);
    fn();
  };
  const cannotRun = !HAS_GPU && !IS_EMULATED;
  const ignore = cannotRun || (isLarge && CHOSEN === "small");
  Deno.test({ name, ignore, fn: seeded });
}

/** Runs a check without recording, and frees what it made. */
export function check(fn: () => void): void {
  noGrad(() => scope(fn));
}

/** Calls one of the project's operators. */
export function operator(name: string, ...args: Value[]): Tensor[] {
  const result = call(`moebius::${name}`, args);
  return (Array.isArray(result) ? result : [result]) as Tensor[];
}

/** Whether freed memory is given out again: compute-sanitizer wants each tensor to have its own, the emulator fills all. */
const REUSES_MEMORY = DEVICE === "cuda" &&
  !Deno.env.has("PYTORCH_NO_CUDA_MEMORY_CACHING");

/** The same, where memory that the operator forgets to write holds NaN. */
export function run(name: string, ...args: Value[]): Tensor[] {
  if (REUSES_MEMORY) scope(fillFreeMemory);
  return operator(name, ...args);
}

function fillFreeMemory(): void {
  for (const size of [1 << 10, 1 << 14, 1 << 18, 1 << 22, 1 << 24]) {
    for (let i = 0; i < 4; i++) full([size], NaN, { device: DEVICE });
  }
}

/** Normal numbers, contiguous; with an offset, not on a 16-byte boundary. */
export function normal(
  shape: readonly number[],
  options: { dtype?: DType; std?: number; offset?: number } = {},
): Tensor {
  const { dtype = "float32", std = 1, offset = 0 } = options;
  const size = shape.reduce((product, each) => product * each, 1);
  return randn([size + offset], { device: DEVICE }).mul(std).to(dtype)
    .narrow(0, offset, size).view(...shape);
}

/** A plain composition in float64: its results, and its inputs' gradients. */
export function reference(
  inputs: readonly Tensor[],
  composition: (...inputs: Tensor[]) => Tensor[],
  outputGradients: readonly Tensor[] = [],
): { outputs: Tensor[]; gradients: Tensor[] } {
  const leaves = inputs.map((input) => {
    const leaf = input.to("float64").detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const outputs = enableGrad(() => composition(...leaves));
  if (outputGradients.length > 0) {
    backward(outputs, {
      gradients: outputGradients.map((gradient) => gradient.to("float64")),
    });
  }
  return {
    outputs: outputs.map((output) => output.detach()),
    gradients: leaves.map((leaf) => leaf.grad ?? leaf.mul(0)),
  };
}

/** Errors that rounding to a dtype explains: of the whole, and of one element over the largest. */
const TOLERANCES: Partial<Record<DType, { whole: number; single: number }>> = {
  float32: { whole: 1e-5, single: 1e-4 },
  bfloat16: { whole: 4e-3, single: 2e-2 },
};

/** Fails if a tensor is not what it should be but for rounding to its dtype. */
export function assertClose(
  actual: Tensor,
  expected: Tensor,
  options: { name: string; tolerance?: { whole: number; single: number } },
): void {
  const { name } = options;
  assert.deepEqual(actual.shape, expected.shape, `${name}: shape`);
  if (expected.numel === 0) return;
  const { whole, single } = options.tolerance ?? TOLERANCES[actual.dtype]!;
  const wanted = expected.to("float64");
  const difference = actual.to("float64").sub(wanted);
  const norm = (tensor: Tensor) => tensor.square().sum().sqrt().item();
  const largest = (tensor: Tensor) => tensor.abs().max().item();
  const wholeError = norm(difference) / (norm(wanted) || 1);
  const singleError = largest(difference) / (largest(wanted) || 1);
  // NaN is below nothing.
  assert.ok(
    wholeError <= whole && singleError <= single,
    `${name}: relative error ${wholeError} (at most ${whole}), of one element ${singleError} (at most ${single})`,
  );
}

/** Both dtypes that kernels compute with. */
export const ACTIVATIONS: readonly DType[] = ["float32", "bfloat16"];

/** Who may multiply groups of rows of bfloat16, where the device and the sizes allow it. */
const MULTIPLIERS = ["wgmma", "libtorch", "own"] as const;

/** Has groups of rows multiplied by one of them. */
export function multipliedBy(
  multiplier: typeof MULTIPLIERS[number],
  fn: () => void,
): void {
  Deno.env.set("MOEBIUS_GROUPED_LINEAR", multiplier);
  try {
    fn();
  } finally {
    Deno.env.delete("MOEBIUS_GROUPED_LINEAR");
  }
}

/** Tests of an operator that multiplies groups of rows: in each dtype, and by each of those who may multiply. */
export function productTests(
  { operator, name, isLarge }: {
    operator: string;
    /** What the case is. */
    name: string;
    isLarge: boolean;
  },
  check: (dtype: DType) => void,
): void {
  const what = `has its composition's numbers: ${name}`;
  for (const dtype of ACTIVATIONS) {
    kernelTest(`${operator} of ${dtype} ${what}`, () => check(dtype), {
      isLarge,
    });
  }
  for (const multiplier of MULTIPLIERS) {
    kernelTest(
      `${operator} by ${multiplier} ${what}`,
      () => multipliedBy(multiplier, () => check("bfloat16")),
      { isLarge },
    );
  }
}

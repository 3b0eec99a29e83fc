/**
 * `micro_batch_size: auto`: finds the largest micro-batch that fits a GPU.
 *
 * @module
 */

import {
  emptyCache,
  noGrad,
  scope,
  synchronize,
  TorchError,
  zeros,
} from "../../ffi/mod.ts";
import { isSized, type RunConfig, type SizedRunConfig } from "../config/mod.ts";
import { buildForTraining, buildStep } from "./build.ts";
import type { CreateMlp } from "../model/gpt.ts";
import type { Placement } from "./device.ts";

/** Number of steps to try: from the second on the optimizer has its state, the later ones are captured. */
const TRIED_STEPS = 5;

/** Options of the search for a micro-batch size. */
export interface SearchOptions {
  /** Samples in an epoch: the upper limit of a micro-batch. */
  readonly windows: number;
  /** Makes the model's own layers. */
  readonly createMlp?: CreateMlp;
}

/**
 * The configuration with its micro-batch as a number: {@linkcode findMicroBatchSize} for "auto".
 *
 * @throws {RangeError} for "auto" on a CPU.
 * @throws {TorchError} if not even one sample fits.
 */
export function fixMicroBatchSize(
  config: RunConfig,
  placement: Placement,
  options: SearchOptions,
): SizedRunConfig {
  if (isSized(config)) return config;
  if (placement.device === "cpu") {
    throw new RangeError(
      "Cannot find train.micro_batch_size: auto needs a GPU: a CPU that runs out of memory is not told, its process is killed: give a number",
    );
  }
  return findMicroBatchSize(config, placement, options);
}

/**
 * Finds the largest divisor of the global batch that fits, by trying real steps of the run and a validation.
 * The global batch stays the same; only the number of samples computed at once changes.
 *
 * @throws {TorchError} if not even one sample fits.
 */
export function findMicroBatchSize(
  config: RunConfig,
  placement: Placement,
  { windows, ...layers }: SearchOptions,
): SizedRunConfig {
  let failure: unknown;
  const sizes = divisorsOf(config.train.global_batch_size)
    .filter((size) => size <= Math.max(1, windows));
  const size = largestThatFits(sizes, (size) => {
    try {
      trySteps(withSize(config, size), placement, layers);
      return true;
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      failure = error;
      return false;
    } finally {
      if (placement.device !== "cpu") emptyCache();
    }
  });
  if (size === null) throw failure;
  return withSize(config, size);
}

/** Whether an error, or its cause, reports that a device is out of memory. */
export function isOutOfMemory(error: unknown): boolean {
  if (error instanceof TorchError) return error.kind === "out of memory";
  return error instanceof Error && isOutOfMemory(error.cause);
}

/** The largest of the ascending sizes that fits, or null; sizes above one that does not fit do not fit either. */
export function largestThatFits(
  sizes: readonly number[],
  fits: (size: number) => boolean,
): number | null {
  let [low, high] = [0, sizes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(sizes[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : sizes[low - 1]!;
}

/** The divisors of a number, ascending. */
export function divisorsOf(value: number): number[] {
  return Array.from({ length: value }, (_, i) => i + 1)
    .filter((divisor) => value % divisor === 0);
}

function withSize(config: RunConfig, micro_batch_size: number): SizedRunConfig {
  return { ...config, train: { ...config.train, micro_batch_size } };
}

/**
 * Tries a few steps of a model of the run's shape, and a validation. The steps accumulate, because that keeps
 * gradients in memory; the validation needs memory in addition to that of a captured step.
 */
function trySteps(
  config: SizedRunConfig,
  placement: Placement,
  layers: { createMlp?: CreateMlp },
): void {
  const { device } = placement;
  const { micro_batch_size: B, max_seq_length: T } = config.train;
  const iters = Math.min(2, config.train.global_batch_size / B);
  const { model, optimizer } = buildForTraining(config, placement, layers);
  try {
    model.weights.initialize();
    // If a capture fails for lack of memory, the size does not fit.
    using step = buildStep({
      ...config,
      optimization: {
        ...config.optimization,
        compile_fullgraph: config.optimization.compile_mode !== "default",
      },
    }, { model, optimizer, placement, iters });
    const batch = new Int32Array(B * (T + 1));
    step.load(() => batch);
    for (let i = 0; i < TRIED_STEPS; i++) step.run(0);
    noGrad(() =>
      scope(() => {
        const tokens = zeros([B, T], { dtype: "int64", device });
        model.loss(tokens, tokens);
      })
    );
    synchronize(device);
  } finally {
    optimizer[Symbol.dispose]();
    model[Symbol.dispose]();
  }
}

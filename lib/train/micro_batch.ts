/**
 * `micro_batch_size: auto`: the most samples that a GPU computes at once.
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

/** Steps that are tried: the second has the optimizer's state, the later ones are captured. */
const TRIED_STEPS = 5;

/** What a search for a micro-batch needs to know beside the configuration. */
export interface SearchOptions {
  /** Samples of an epoch: a micro-batch has no more. */
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
 * Tries steps of the run's own kind, and a validation, until the largest divisor of the global batch is
 * found that fits. The batch of a step, and with it the run, stays what it is; only how much of it is
 * computed at once changes.
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

/** Whether an error, or the one that caused it, says that a device's memory was not enough. */
export function isOutOfMemory(error: unknown): boolean {
  if (error instanceof TorchError) return error.kind === "out of memory";
  return error instanceof Error && isOutOfMemory(error.cause);
}

/** The last of the ascending sizes that fits, or null; none fits after one that does not. */
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
 * A few steps of a model of the run's shape, accumulating, since gradients stay for that; and a validation,
 * which takes memory beside that of a captured step.
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
    // A step that cannot be captured for want of memory does not fit.
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

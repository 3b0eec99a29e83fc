/**
 * The learning rate over a run: linear warm-up, then a cosine, as LitGPT computes them.
 *
 * @module
 */

/** Parameters of the learning-rate schedule. Iterations are micro-batches. */
export interface Schedule {
  /** Highest learning rate, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Learning rate at the end of the cosine. */
  readonly minLearningRate: number;
  /** Iterations of warm-up. */
  readonly warmupIters: number;
  /** Iteration at which the cosine ends; null for a run of unknown length, which stays at the highest rate. */
  readonly maxIters: number | null;
}

/** The learning rate of an iteration, counted from 0. LitGPT's `get_lr`. */
export function learningRateAt(iter: number, schedule: Schedule): number {
  const { learningRate, minLearningRate, warmupIters, maxIters } = schedule;
  if (iter < warmupIters) return learningRate * iter / warmupIters;
  if (maxIters === null) return learningRate;
  if (iter > maxIters) return minLearningRate;
  const progress = (iter - warmupIters) / (maxIters - warmupIters);
  const share = 0.5 * (1 + Math.cos(Math.PI * progress));
  return minLearningRate + share * (learningRate - minLearningRate);
}

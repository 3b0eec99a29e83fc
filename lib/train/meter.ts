/**
 * Progress and speed of a run, for its rows of metrics.
 *
 * @module
 */

import { cudaDeviceInfo } from "../../ffi/mod.ts";
import type { SizedRunConfig } from "../config/mod.ts";
import { type MetricsRow, Throughput } from "../metrics/mod.ts";
import { peakFlops } from "../metrics/peak_flops.ts";
import { flopsPerToken } from "../model/count.ts";
import type { RunProgress, SavedProgress } from "./checkpoint.ts";
import type { Placement } from "./device.ts";
import { peakMemoryBytes } from "./memory.ts";
import type { RunPlan } from "./plan.ts";

/** Counts steps, tokens and seconds. */
export class Meter {
  /** The counters that a checkpoint stores. */
  readonly progress: Omit<RunProgress, "loader">;
  readonly #config: SizedRunConfig;
  readonly #plan: RunPlan;
  readonly #placement: Placement;
  readonly #throughput = new Throughput();
  readonly #peakFlops: number | undefined;
  readonly #flopsPerToken: number;
  #trainedSeconds = 0;
  #trainedTokens = 0;

  /** Starts at zero, or where a checkpoint was. */
  constructor(
    config: SizedRunConfig,
    plan: RunPlan,
    options: { placement: Placement; resumed: SavedProgress | null },
  ) {
    const { placement, resumed } = options;
    this.#config = config;
    this.#plan = plan;
    this.#placement = placement;
    const { device, precision } = placement;
    const name = device === "cpu" ? "CPU" : cudaDeviceInfo(device).name;
    this.#peakFlops = peakFlops(name, precision);
    const { max_seq_length } = config.train;
    this.#flopsPerToken = flopsPerToken(config.model_config, max_seq_length);
    const { loader: _, ...rest } = resumed ?? { loader: null };
    this.progress = {
      step: 0,
      tokens: 0,
      elapsedSeconds: 0,
      skippedUpdates: 0,
      validation: null,
      ...rest,
      iter: resumed?.iter ?? (resumed?.step ?? 0) * plan.accumulationIters,
      globalBatchSize: config.train.global_batch_size,
    };
  }

  /** Tokens of an optimizer step. */
  get tokensPerStep(): number {
    const { global_batch_size, max_seq_length } = this.#config.train;
    return global_batch_size * max_seq_length;
  }

  /** Micro-batches trained on. */
  get iter(): number {
    return this.progress.iter;
  }

  /** Begins the next step; returns its number. */
  nextStep(): number {
    this.progress.iter += this.#plan.accumulationIters;
    this.progress.tokens += this.tokensPerStep;
    return ++this.progress.step;
  }

  /**
   * Iteration whose learning rate the current step uses: the index, from 0, of the step's last micro-batch, as if
   * all micro-batches so far had the current size.
   */
  get scheduledIter(): number {
    const { micro_batch_size, max_seq_length } = this.#config.train;
    return this.progress.tokens / (micro_batch_size * max_seq_length) - 1;
  }

  /** Tokens per second of this process, excluding validation and saving. */
  get tokensPerSecond(): number {
    return this.#trainedTokens / this.#trainedSeconds;
  }

  /** Adds the time of a step. */
  addStep(seconds: number): void {
    this.progress.elapsedSeconds += seconds;
    this.#trainedSeconds += seconds;
    this.#trainedTokens += this.tokensPerStep;
    this.#throughput.update(this.tokensPerStep, seconds);
  }

  /** Adds recurring time that is not training: validating, saving. */
  addOther(seconds: number): void {
    this.progress.elapsedSeconds += seconds;
    this.#throughput.addOther(seconds);
  }

  /** Progress of the run. */
  place(): MetricsRow {
    const { step, tokens, elapsedSeconds } = this.progress;
    return {
      batches: this.iter,
      iter: this.iter,
      samples: tokens / this.#config.train.max_seq_length,
      lengths: tokens,
      tokens,
      total_tokens: tokens,
      step: this.iter - 1,
      optimizer_step: step,
      time: elapsedSeconds,
    };
  }

  /** Speed of the run, and the time left. */
  speed(): MetricsRow {
    const { train } = this.#config;
    const { step, elapsedSeconds } = this.progress;
    const tokensPerSecond = this.#throughput.unitsPerSecond;
    const left = this.#throughput.remainingSeconds(
      (this.#plan.steps - step) * this.tokensPerStep,
    );
    const untilTime = (train.max_time ?? Infinity) - elapsedSeconds;
    return {
      tokens_per_second: tokensPerSecond,
      remaining_time: Math.max(0, Math.min(left, untilTime)),
      memory_gib: peakMemoryBytes(this.#placement.device) / 2 ** 30,
      ...(this.#peakFlops === undefined
        ? {}
        : { mfu: tokensPerSecond * this.#flopsPerToken / this.#peakFlops }),
    };
  }
}

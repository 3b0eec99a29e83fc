/** The metrics that are recorded while a model is trained. */

/**
 * Every column of `metrics.csv`. The first fifteen are LitGPT's, in its order;
 * the others are added at the end, so that scripts written for LitGPT keep working.
 */
export const METRIC_COLUMNS = [
  /** Micro-batches trained on. */
  "batches",
  /** Passes over the data begun before this one. */
  "epoch",
  /** Micro-batches trained on, from 1. */
  "iter",
  /** Seconds of this micro-batch. */
  "iter_time",
  /** Learning rate of the last step. */
  "learning_rate",
  /** Length of the sequences, summed over the micro-batches. */
  "lengths",
  /** Mean loss over the micro-batches of the last step. */
  "loss",
  /** Seconds left. */
  "remaining_time",
  /** Sequences trained on. */
  "samples",
  /** `iter` - 1, as LitGPT's logger has it; see `optimizer_step`. */
  "step",
  /** Seconds since training began. */
  "time",
  /** Tokens trained on. */
  "tokens",
  /** Tokens trained on, over all devices. */
  "total_tokens",
  /** Mean loss on the validation data. */
  "val_loss",
  /** `exp(val_loss)`. */
  "val_ppl",
  /** Norm of all gradients before clipping. */
  "grad_norm",
  /** Optimizer steps done. */
  "optimizer_step",
  /** Smoothed tokens trained on in a second. */
  "tokens_per_second",
  /** Part of the device's peak FLOP/s that is used, from 0 to 1. */
  "mfu",
  /** Peak memory in GiB. */
  "memory_gib",
  /** Tokens of the busiest expert over the mean of all; 1 is even. */
  "expert_load_max_over_mean",
  /** Mean entropy of the router's choice, in nats. */
  "router_entropy",
  /** Steps skipped because loss or gradients were not finite. */
  "skipped_updates",
] as const;

/** Name of one metric. */
export type MetricName = typeof METRIC_COLUMNS[number];

/** The metrics of one moment; metrics that were not measured are omitted. */
export type MetricsRow = Partial<Record<MetricName, number>>;

/** A receiver of rows of metrics. */
export interface MetricsLogger extends Disposable {
  /** Writes a row; other processes can read it when this returns. */
  log(row: MetricsRow): void;
  /** Flushes everything to the storage device, for example before a checkpoint. */
  sync(): void;
}

/**
 * Measuring a run: what is measured, how fast it is, and where it is written.
 *
 * @module
 */

export * from "./columns.ts";
export * from "./csv.ts";
export * from "./experts.ts";
export * from "./follow.ts";
export { parseMetrics, readMetrics } from "./read.ts";
export * from "./tensorboard.ts";
export * from "./throughput.ts";

/**
 * The metrics of a run: their names, the throughput, and the files they are written to.
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

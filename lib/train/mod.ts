/**
 * Training: a run from its configuration to its checkpoints.
 *
 * @module
 */

export { buildForTraining } from "./build.ts";
export * from "./dataset.ts";
export * from "./device.ts";
export * from "./find_learning_rate.ts";
export * from "./observer.ts";
export type { OpenOptions } from "./open.ts";
export * from "./plan.ts";
export * from "./schedule.ts";
export * from "./trainer.ts";

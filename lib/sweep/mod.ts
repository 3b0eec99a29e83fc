/**
 * Sweeps: trying many configurations, and finding the best.
 *
 * - {@linkcode sweep} runs or resumes one, from a notebook and for `deno task sweep` alike
 * - `input.ts` the YAML, in the words of Weights & Biases; `config.ts` checks it; `space.ts` what is searched
 * - `sampler.ts`, `tpe.ts`, `normal.ts` which parameters come next; `pruner.ts` which trials end early
 * - `journal.ts` what survives a kill; `study.ts` the trials; `figures.ts`, `importance.ts`, `report.ts` what they show
 *
 * No tensors here: trials are processes.
 *
 * @module
 */

export { defineSweep, loadSweep, type SweepConfig } from "./config.ts";
export * from "./figures.ts";
export { type Importance, importances } from "./importance.ts";
export type {
  Asha,
  EarlyTerminate,
  EarlyTerminateInput,
  Hyperband,
  Median,
  ParameterInput,
  SweepInput,
} from "./input.ts";
export type { JournalRecord } from "./journal.ts";
export type { Course } from "./pruner.ts";
export { reportHtml, writeReport } from "./report.ts";
export type { SweepMethod } from "./sampler.ts";
export type {
  Distribution,
  ParameterValue,
  SearchSpace,
  SweepParameter,
  TrialParameters,
} from "./space.ts";
export {
  type CurvePoint,
  openStudy,
  Study,
  type StudyDefinition,
  type Trial,
  type TrialState,
} from "./study.ts";
export { checkedSweep, sweep, type SweepOptions } from "./sweep.ts";
export type { Observation, TpeOptions } from "./tpe.ts";
export type { TrialProgram } from "./_process.ts";
export type { BaseConfig } from "./trial_config.ts";

/**
 * What a sweep's YAML can hold: the words of Weights & Biases, and a few of our own.
 *
 * @module
 */

import type { RunInput } from "../config/mod.ts";
import type { MetricName } from "../metrics/columns.ts";
import type { ParameterValue } from "./space.ts";

/** A sweep as written. */
export interface SweepInput {
  /** What it is called. Default: the file's name. */
  name?: string;
  /** For people. */
  description?: string;
  /** Every combination, random draws, or TPE, which learns from earlier trials. */
  method: "grid" | "random" | "bayes";
  /** What is measured: a column of `metrics.csv`. Default: `val_loss` to be minimized. */
  metric?: { name?: MetricName; goal?: "minimize" | "maximize" };
  /** Dotted keys of the training configuration, or sections of `parameters`, to what each can be. */
  parameters: Readonly<Record<string, ParameterInput>>;
  /** When trials are ended early. Default: never. */
  early_terminate?: EarlyTerminateInput | null;
  /** Trials at most; only a grid can do without. */
  run_cap?: number | null;
  /** The training configuration: a file, or a file and keys over it. Default: the quick start's. */
  config?: string | { file?: string; overrides?: RunInput };
  /** Number of parallel trials. Default: one per GPU, or one on a CPU. */
  parallel?: number | null;
  /** GPUs, as numbers or as CUDA_VISIBLE_DEVICES names them. Default: all there are. */
  devices?: "auto" | "cpu" | readonly (number | string)[];
  /** Folder of the study. Default: `out/sweep/NAME`. */
  out_dir?: string;
  /** Seed of the choice of parameters. Default: 42. */
  seed?: number;
  /** Settings of method bayes. */
  tpe?: {
    startup_trials?: number;
    candidates?: number;
    multivariate?: boolean;
  };
}

/** One parameter as written. */
export interface ParameterInput {
  /** One value for all trials. */
  value?: ParameterValue;
  /** The values it can have. */
  values?: readonly ParameterValue[];
  /** How often each of `values` is drawn; sum 1. */
  probabilities?: readonly number[];
  /** Lowest value, or its natural logarithm for log_uniform and q_log_uniform. */
  min?: number;
  /** Highest value, or its natural logarithm for log_uniform and q_log_uniform. */
  max?: number;
  /** How values are distributed. Default: derived from the other keys given and from the type of the key. */
  distribution?:
    | "constant"
    | "categorical"
    | "categorical_w_probabilities"
    | "int_uniform"
    | "uniform"
    | "q_uniform"
    | "log_uniform"
    | "log_uniform_values"
    | "q_log_uniform"
    | "q_log_uniform_values"
    | "normal"
    | "q_normal"
    | "log_normal"
    | "q_log_normal";
  /** Values are multiples of it. Default: 1. */
  q?: number;
  /** Middle of a bell curve. Default: 0. */
  mu?: number;
  /** Width of a bell curve. Default: 1. */
  sigma?: number;
  /** Nested parameters: `optimizer: {parameters: {lr: ...}}` is `optimizer.lr`. */
  parameters?: Readonly<Record<string, ParameterInput>>;
}

/** When trials are ended early, as written; what is left out has the defaults of {@linkcode EarlyTerminate}. */
export type EarlyTerminateInput =
  | Partial<Hyperband> & Pick<Hyperband, "type">
  | Partial<Asha> & Pick<Asha, "type">
  | Partial<Median> & Pick<Median, "type">;

/** When trials are ended early; iterations count the values of the metric that a trial has. */
export type EarlyTerminate = Hyperband | Asha | Median;

/** One in eta of the trials that reach a bracket continues; brackets are defined as in Weights & Biases. */
export interface Hyperband {
  /** Names the rule. */
  readonly type: "hyperband";
  /** First bracket; the next are eta, eta^2, ... times as far. */
  readonly min_iter?: number | undefined;
  /** In place of min_iter: brackets at max_iter / eta, / eta^2, ... */
  readonly max_iter?: number | undefined;
  /** How many brackets max_iter makes. */
  readonly s?: number | undefined;
  /** One in eta goes on. Default: 3. */
  readonly eta: number;
  /** Compare even if fewer than eta trials have reached the bracket, and by the last value instead of the best. */
  readonly strict: boolean;
}

/** Asynchronous successive halving. */
export interface Asha {
  /** Names the rule. */
  readonly type: "asha";
  /** Iteration of the first rung; the next are at eta, eta^2, ... times as many. Default: 1. */
  readonly min_iter: number;
  /** One in eta goes on. Default: 3. */
  readonly eta: number;
}

/** Ends a trial whose best is worse than the median of the finished ones. */
export interface Median {
  /** Names the rule. */
  readonly type: "median";
  /** First iteration at which a trial can end. Default: 1. */
  readonly min_iter: number;
  /** Trials that must have finished before. Default: 5. */
  readonly startup_trials: number;
}

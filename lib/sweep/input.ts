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
  /** What it is called; the file's name unless given. */
  name?: string;
  /** For people. */
  description?: string;
  /** Every combination, draws at random, or TPE, which learns from the trials before. */
  method: "grid" | "random" | "bayes";
  /** What is measured: a column of `metrics.csv`, `val_loss` to be minimized unless given. */
  metric?: { name?: MetricName; goal?: "minimize" | "maximize" };
  /** Dotted keys of the training configuration, or sections of `parameters`, to what each can be. */
  parameters: Readonly<Record<string, ParameterInput>>;
  /** When trials are ended early; never unless given. */
  early_terminate?: EarlyTerminateInput | null;
  /** Trials at most; only a grid can do without. */
  run_cap?: number | null;
  /** The training configuration: a file, or a file and keys over it; the quick start's unless given. */
  config?: string | { file?: string; overrides?: RunInput };
  /** Trials at once; one a GPU unless given, or one on a CPU. */
  parallel?: number | null;
  /** GPUs, as numbers or as CUDA_VISIBLE_DEVICES names them; all there are unless given. */
  devices?: "auto" | "cpu" | readonly (number | string)[];
  /** Folder of the study; `out/sweep/NAME` unless given. */
  out_dir?: string;
  /** Seed of the choice of parameters; 42 unless given. */
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
  /** How values are spread; what is given, and whether the key takes fractions, decides unless told. */
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
  /** Values are multiples of it; 1 unless given. */
  q?: number;
  /** Middle of a bell curve; 0 unless given. */
  mu?: number;
  /** Width of a bell curve; 1 unless given. */
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

/** Of those that came to a bracket one in eta goes on; brackets as Weights & Biases has them. */
export interface Hyperband {
  /** Names the rule. */
  readonly type: "hyperband";
  /** First bracket; the next are eta, eta^2, ... times as far. */
  readonly min_iter?: number | undefined;
  /** In place of min_iter: brackets at max_iter / eta, / eta^2, ... */
  readonly max_iter?: number | undefined;
  /** How many brackets max_iter makes. */
  readonly s?: number | undefined;
  /** One in eta goes on; 3 unless given. */
  readonly eta: number;
  /** Compare also while fewer than eta trials came so far, and by the last value instead of the best. */
  readonly strict: boolean;
}

/** Asynchronous successive halving. */
export interface Asha {
  /** Names the rule. */
  readonly type: "asha";
  /** First rung, 1 unless given; the next are eta, eta^2, ... times as far. */
  readonly min_iter: number;
  /** One in eta goes on; 3 unless given. */
  readonly eta: number;
}

/** Ends a trial whose best is worse than the median of the finished ones. */
export interface Median {
  /** Names the rule. */
  readonly type: "median";
  /** First iteration at which a trial can end; 1 unless given. */
  readonly min_iter: number;
  /** Trials that must have finished before; 5 unless given. */
  readonly startup_trials: number;
}

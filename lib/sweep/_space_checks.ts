/** Checks a search space against the training configuration. */

import { Random } from "../data/random.ts";
import {
  ConfigError,
  describeOptions,
  type Problem,
  type RunConfig,
  suggestKey,
} from "../config/mod.ts";
import { type BaseConfig, trialConfig } from "./trial_config.ts";
import { describeParameters } from "./text.ts";
import type { ParameterSpec } from "./_schema.ts";
import type { SweepMethod } from "./sampler.ts";
import {
  cornersOf,
  type Distribution,
  fromLatent,
  gridCombination,
  gridSize,
  latentBounds,
  type ParameterValue,
  sampleSpace,
  type SearchSpace,
  type SweepParameter,
  type TrialParameters,
} from "./space.ts";

/** Combinations that are tried before anything runs. */
const MAX_COMBINATIONS = 500;
/** Position in a range at which a value is tried besides the ends; irrational, to avoid round values. */
const GOLDEN = 0.6180339887;

/** Whether a key takes numbers between two integers, so that a range of it is continuous. */
export function takesFractions(
  key: string,
  { min = 0, max = 1 }: ParameterSpec,
  config: BaseConfig,
): boolean {
  const between = min + (max - min) * GOLDEN;
  return problemsOf(key, between, config).every(({ message }) =>
    !message.includes("an integer")
  );
}

/** Tries the ends of a parameter's range, or all its values, one by one. */
export function checkParameter(
  { key, path, distribution }: SweepParameter & { path: string },
  config: BaseConfig,
  { source, problems }: { source: string; problems: Problem[] },
): void {
  const known = describeOptions().map((option) => option.key);
  const isSection = key === "model_config" || key === "data";
  if (!isSection && !known.includes(key)) {
    const meant = suggestKey(key, known);
    const message = meant === undefined
      ? "unknown key; `deno task train --help` lists all keys"
      : `unknown key; did you mean ${meant}?`;
    problems.push({ key: path, message, source });
    return;
  }
  for (const value of triedValues(distribution)) {
    const [wrong] = problemsOf(key, value, config);
    if (wrong === undefined) continue;
    const isFraction = distribution.kind === "range" &&
      distribution.step === null && !Number.isInteger(value);
    const message = isFraction && wrong.message.includes("an integer")
      ? `${wrong.message}; use distribution int_uniform, or ${
        distribution.log ? "q_log_uniform_values" : "q_uniform"
      }`
      : wrong.message;
    problems.push({ key: path, message, source });
    return;
  }
}

function triedValues(distribution: Distribution): ParameterValue[] {
  const corners = cornersOf(distribution);
  if (distribution.kind !== "range") return corners;
  const [low, high] = latentBounds(distribution);
  return [
    ...corners,
    fromLatent(distribution, low + (high - low) * GOLDEN),
  ];
}

/** What is wrong with one value of a key, whatever the others are. */
function problemsOf(
  key: string,
  value: ParameterValue,
  config: BaseConfig,
): readonly Problem[] {
  try {
    trialConfig(config, { [key]: value });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter((problem) =>
      problem.key === key && isAboutKeyAlone(problem)
    );
  }
}

/** Whether a problem concerns the value alone; a rule about several keys may hold with another key's value. */
function isAboutKeyAlone({ message }: Problem): boolean {
  return /is not allowed|is unknown|unknown key|cannot be read/.test(message);
}

/** What trying combinations showed. */
export interface CheckedCombinations {
  /** One that is possible. */
  readonly example: RunConfig;
  /** A notice, if some are not. */
  readonly impossible: readonly string[];
}

/**
 * Tries the whole grid, or the corners of the space.
 *
 * @throws {ConfigError} If none is possible.
 */
export function checkCombinations(
  space: SearchSpace,
  config: BaseConfig,
  { method, run_cap, source }: {
    method: SweepMethod;
    run_cap: number | null;
    source: string;
  },
): CheckedCombinations {
  const tried = method === "grid"
    ? gridSamples(space, run_cap)
    : cornerSamples(space);
  let example: RunConfig | null = null;
  const failures: { parameters: TrialParameters; problem: Problem }[] = [];
  let first: ConfigError | null = null;
  for (const parameters of tried) {
    try {
      const possible = trialConfig(config, parameters);
      example ??= possible;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      first ??= error;
      const [problem] = error.problems;
      if (problem !== undefined) failures.push({ parameters, problem });
    }
  }
  if (example === null) {
    throw new ConfigError(
      (first?.problems ?? []).map(({ key, message }) => ({
        key,
        message: `${message}; no combination of the parameters is possible`,
        source,
      })),
    );
  }
  const [failure] = failures;
  if (failure === undefined) return { example, impossible: [] };
  const what = method === "grid"
    ? "combinations of the grid"
    : "corners of the search space";
  return {
    example,
    impossible: [
      `${failures.length} of ${tried.length} ${what} are impossible and will not be run: ${
        describeParameters(failure.parameters)
      }, for example, because ${failure.problem.key} ${failure.problem.message}`,
    ],
  };
}

function gridSamples(
  space: SearchSpace,
  run_cap: number | null,
): TrialParameters[] {
  const count = Math.min(
    gridSize(space),
    run_cap ?? Infinity,
    MAX_COMBINATIONS,
  );
  return Array.from({ length: count }, (_, i) => gridCombination(space, i));
}

function cornerSamples(space: SearchSpace): TrialParameters[] {
  const corners = space.map(({ key, distribution }): SweepParameter => {
    const values = cornersOf(distribution);
    const probabilities = values.map(() => 1 / values.length);
    return {
      key,
      distribution: { kind: "categorical", values, probabilities },
    };
  });
  const count = gridSize(corners);
  if (count <= MAX_COMBINATIONS) {
    return Array.from({ length: count }, (_, i) => gridCombination(corners, i));
  }
  const random = new Random(0);
  return Array.from(
    { length: MAX_COMBINATIONS },
    () => sampleSpace(corners, random),
  );
}

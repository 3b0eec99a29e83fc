/**
 * The training configuration of a trial.
 *
 * @module
 */

import { loadRunConfig, type RunConfig } from "../config/mod.ts";
import type { TrialParameters } from "./space.ts";

/** A training configuration: a file, and keys over it. */
export interface BaseConfig {
  /** A run's YAML; null is the quick start's. */
  readonly file: string | null;
  /** Sections as in YAML, or dotted keys. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/**
 * Puts a trial's parameters over the base configuration.
 *
 * @param base What all trials share.
 * @param parameters What this one has of its own.
 * @param own Keys that the sweep sets, such as `out_dir`.
 * @throws {ConfigError} If the parameters do not fit together.
 */
export function trialConfig(
  { file, overrides }: BaseConfig,
  parameters: TrialParameters,
  own: Readonly<Record<string, unknown>> = {},
): RunConfig {
  const source = file === null ? { argv: [] } : { file };
  const all = { ...overrides, ...parameters, ...own };
  return loadRunConfig({ ...source, overrides: all }).config;
}

/**
 * The training configuration of a trial.
 *
 * @module
 */

import { loadRunConfig, type RunConfig } from "../config/mod.ts";
import type { TrialParameters } from "./space.ts";

/** A base configuration: a file, and keys that override it. */
export interface BaseConfig {
  /** A run's YAML; null means the quick start's. */
  readonly file: string | null;
  /** Sections as in YAML, or dotted keys. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/**
 * Applies a trial's parameters to the base configuration.
 *
 * @param base The configuration that all trials share.
 * @param parameters The parameters of this trial.
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

/** The forms in which users can give a run's configuration. */

import {
  defineConfig,
  loadRunConfig,
  type RunConfig,
  type RunInput,
  sourcesOf,
} from "../config/mod.ts";

/** A checked configuration, settings, or the path of a run's YAML. */
export type ConfigLike = RunConfig | RunInput | string;

/** The configuration, checked. */
export function checkedConfig(config: ConfigLike): RunConfig {
  if (typeof config === "string") return loadRunConfig({ file: config }).config;
  return sourcesOf(config) === undefined
    ? defineConfig(config as RunInput)
    : config as RunConfig;
}

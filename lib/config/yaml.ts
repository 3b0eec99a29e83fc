/**
 * Writes configurations as YAML that TypeScript and Python load as equal values.
 *
 * @module
 */

import { stringify } from "@std/yaml";
import type { ModelConfig } from "./model.ts";
import type { RunConfig } from "./train.ts";

/**
 * Writes a run's configuration; loading the text gives an equal configuration.
 *
 * @param config The configuration.
 * @returns A YAML document with every key.
 */
export function runConfigToYaml(config: RunConfig): string {
  const { rope_n_elem: _, ...model_config } = config.model_config;
  return toYaml({ ...config, model_config });
}

/**
 * Writes a model's configuration as LitGPT writes its model_config.yaml: only LitGPT's keys, sorted. The router's
 * coefficients, which only training reads, are omitted.
 *
 * @param config The configuration.
 * @returns A YAML document that LitGPT's `Config.from_file` reads.
 */
export function modelConfigToYaml(config: ModelConfig): string {
  const {
    rope_n_elem: _elements,
    router_aux_loss_coef: _aux,
    router_z_loss_coef: _z,
    router_bias_update_rate: _bias,
    ...keys
  } = config;
  return toYaml(keys, true);
}

/**
 * Writes values as YAML that Python reads as the same values.
 *
 * @param value Sections of keys.
 * @param sortKeys Whether keys are sorted.
 * @returns A YAML document.
 */
export function toYaml(value: object, sortKeys = false): string {
  const text = stringify(value, { lineWidth: -1, useAnchors: false, sortKeys });
  // PyYAML reads 1e-5 and 1e5 as text: a float needs a dot and a signed exponent.
  return text.replaceAll(
    /^(\s*(?:- )*(?:\w+: )?)(-?\d+)\.?(\d*)e([-+]?)(\d+)$/gm,
    (_, start, whole, fraction, sign, exponent) =>
      `${start}${whole}.${fraction || "0"}e${sign || "+"}${
        exponent.padStart(2, "0")
      }`,
  );
}

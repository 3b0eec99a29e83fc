/**
 * Configuration: zod schemas are the one source of types, defaults, `--help` and the JSON schema; files, flags and code
 * are merged into one checked configuration. This needs neither libtorch nor a device.
 *
 * - `model.ts` LitGPT's model keys, `train.ts` the keys of a run
 * - `load.ts` files + flags -> {@linkcode RunConfig}, with the source of every value
 * - `paths.ts` checks that the files a run reads exist
 * - `flags.ts` the command line, `help.ts` what can be set, `yaml.ts` writing it back
 * - `_model_checks.ts` and `_run_checks.ts` rules that involve several keys
 *
 * @module
 */

export type { DeepReadonly, Input, Output } from "./_fields.ts";
export { sourcesOf } from "./display.ts";
export {
  type CommandLine,
  flagOf,
  parseCommandLine,
  SHORT_FLAGS,
} from "./flags.ts";
export {
  describeOptions,
  helpText,
  jsonSchema,
  modelJsonSchema,
  type Option,
} from "./help.ts";
export {
  defineConfig,
  type LoadedRun,
  type LoadOptions,
  loadRunConfig,
} from "./load.ts";
export {
  defineModelConfig,
  type DerivedKey,
  loadModelConfig,
  type ModelConfig,
  type ModelInput,
  modelSchema,
  type ModelSettings,
} from "./model.ts";
export { checkPaths } from "./paths.ts";
export {
  gradientAccumulationIters,
  isSized,
  type Plan,
  plannedSteps,
  tokensPerStep,
} from "./plan.ts";
export { ConfigError, type Problem, showValue } from "./problem.ts";
export { canonicalKey } from "./_layers.ts";
export { nearest, suggestKey } from "./suggest.ts";
export {
  type DataConfig,
  type DataName,
  dataSchemas,
  type RunConfig,
  type RunInput,
  runSchema,
  type RunSettings,
  type SizedRunConfig,
  type TrainConfig,
} from "./train.ts";
export { modelConfigToYaml, runConfigToYaml } from "./yaml.ts";

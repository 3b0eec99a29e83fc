/**
 * moebius: train Mixture-of-Experts language models from TypeScript.
 *
 * - tensors, operators, autograd, devices: `ffi/mod.ts`
 * - configuration: `defineConfig`, `loadRunConfig`, `defineModelConfig`
 * - data: `openDataset`, `loadTokenizer`
 * - model: `GPT`, `loadModel`, `countParameters`
 * - training: `Trainer`, `placeRun`
 * - evaluation and text: `evaluateLoss`, `generateText`
 *
 * @module
 */

export * from "../ffi/mod.ts";
export {
  ConfigError,
  defineConfig,
  defineModelConfig,
  loadModelConfig,
  loadRunConfig,
  type ModelConfig,
  type ModelInput,
  type RunConfig,
  type RunInput,
} from "./config/mod.ts";
export {
  BatchLoader,
  bigramBaseline,
  openShards,
  prepareDataset,
  type TokenShards,
} from "./data/mod.ts";
export { evaluateLoss, type Evaluation } from "./evaluate/loss.ts";
export {
  type GenerateOptions,
  generateText,
  type GenerateTextOptions,
  generateTokens,
} from "./generate/generate.ts";
export { type SampleOptions, sampleToken } from "./generate/sample.ts";
export { readMetrics } from "./metrics/mod.ts";
export { type ExpertLoad, RouterStatistics } from "./model/balance.ts";
export {
  countParameters,
  flopsPerToken,
  type ParameterCounts,
} from "./model/count.ts";
export { type CreateMlp, GPT, type GPTOptions } from "./model/gpt.ts";
export { KvCache } from "./model/kv_cache.ts";
export { Linear, RMSNorm } from "./model/linear.ts";
export { loadModel } from "./model/load.ts";
export { LLaMAMLP, type Mlp, type MlpOutput } from "./model/mlp.ts";
export { LLaMAMoE } from "./model/moe.ts";
export { type Precision } from "./model/precision.ts";
export type { Router, RouterOutput } from "./model/router.ts";
export type { NamedWeight, Parameter, Weights } from "./model/weights.ts";
export { AdamW, type AdamWOptions } from "./optimizer/adamw.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer/mod.ts";
export { type Dataset, openDataset } from "./train/dataset.ts";
export { type Placement, placeRun } from "./train/device.ts";
export {
  Trainer,
  type TrainObserver,
  type TrainSummary,
} from "./train/trainer.ts";

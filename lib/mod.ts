/**
 * moebius: train Mixture-of-Experts language models from TypeScript.
 *
 * - tensors, operators, autograd, devices: {@linkcode Tensor}, {@linkcode scope}, {@linkcode aten}
 * - configuration: {@linkcode defineConfig}, {@linkcode loadRunConfig}, {@linkcode defineModelConfig}
 * - data: {@linkcode openDataset}, {@linkcode loadTokenizer}
 * - model: {@linkcode GPT}, {@linkcode loadModel}, {@linkcode countParameters}
 * - training: {@linkcode Trainer}, {@linkcode placeRun}, {@linkcode AdamW}
 * - sweeps: {@linkcode sweep}, {@linkcode loadSweep}, {@linkcode Study}
 * - to and from LitGPT and Hugging Face: {@linkcode planImport}, {@linkcode readCheckpoint}
 * - evaluation and text: {@linkcode evaluateLoss}, {@linkcode generateText}
 * - in notebooks: {@linkcode train}, {@linkcode follow}, {@linkcode compare}, {@linkcode lrFind},
 *   {@linkcode routeText}, {@linkcode openCheckpoint}, {@linkcode showTokens}
 *
 * @module
 */

export * from "../ffi/mod.ts";
export type { NamedTensor } from "./checkpoint/state.ts";
export {
  ConfigError,
  type DataConfig,
  type DataName,
  dataSchemas,
  type DeepReadonly,
  defineConfig,
  defineModelConfig,
  type DerivedKey,
  helpText,
  type Input,
  jsonSchema,
  type LoadedRun,
  loadModelConfig,
  type LoadOptions,
  loadRunConfig,
  type ModelConfig,
  modelConfigToYaml,
  type ModelInput,
  modelJsonSchema,
  modelSchema,
  type ModelSettings,
  type Output,
  type Plan,
  plannedSteps,
  type Problem,
  type RunConfig,
  runConfigToYaml,
  type RunInput,
  runSchema,
  type RunSettings,
  type SizedRunConfig,
  sourcesOf,
  tokensPerStep,
  type TrainConfig,
} from "./config/mod.ts";
export * from "./data/mod.ts";
export * from "./evaluate/loss.ts";
export * from "./generate/decoder.ts";
export * from "./generate/generate.ts";
export { type SampleOptions, sampleToken } from "./generate/sample.ts";
export {
  type CheckpointSource,
  type CheckpointTokenizer,
  type CheckpointTraining,
  DTYPE_BITS,
  type ExportDtype,
  type Exported,
  exportHuggingFace,
  exportLitGpt,
  type Extent,
  type HuggingFaceExportOptions,
  type ImportedTraining,
  type ImportPlan,
  type LitGptExportOptions,
  type LitGptOptions,
  type MappedTensor,
  type NamedTensors,
  type OnBytes,
  planImport,
  type PlanOptions,
  readCheckpoint,
  type SafetensorsDtype,
  type StoredTensor,
  type TokenizerFile,
  writeImport,
  type WriteImportOptions,
  type WrittenImport,
} from "./interop/mod.ts";
export {
  type ExpertCounts,
  type ExpertHistory,
  type ExpertsCsv,
  followMetrics,
  type FollowOptions,
  METRIC_COLUMNS,
  type MetricName,
  type MetricsCsv,
  type MetricsCsvOptions,
  type MetricsLogger,
  type MetricsRow,
  openExpertsCsv,
  openMetricsCsv,
  openTensorBoard,
  readExpertsCsv,
  readMetrics,
  type TensorBoard,
  type TensorBoardOptions,
} from "./metrics/mod.ts";
export {
  Block,
  type BlockContext,
  type BlockOutput,
  CausalSelfAttention,
  type Combination,
  countParameters,
  type CreateMlp,
  createMlp,
  createRouter,
  type Dtypes,
  type ExpertLoad,
  flopsPerToken,
  type ForwardOptions,
  GPT,
  type GPTOptions,
  GroupedTopkRouter,
  type Initializer,
  KvCache,
  type KvCacheOptions,
  type LayerCache,
  Linear,
  type LinearOptions,
  LLaMAMLP,
  LLaMAMoE,
  loadBalancingLoss,
  loadModel,
  type Mlp,
  type MlpOutput,
  type ModelRouting,
  type MoeOptions,
  type NamedWeight,
  normal,
  Parameter,
  type ParameterCounts,
  type Pending,
  type Precision,
  type Residual,
  RMSNorm,
  type Router,
  type RouterOptions,
  type RouterOutput,
  RouterStatistics,
  routerZLoss,
  TopkRouter,
  type WeightOptions,
  Weights,
  ZEROS,
} from "./model/mod.ts";
export * from "./notebook/mod.ts";
export * from "./operators/mod.ts";
export * from "./optimizer/adamw.ts";
export * from "./plots/mod.ts";
export * from "./progress/mod.ts";
export * from "./sweep/mod.ts";
// The same sweep, which a notebook sees.
export { sweep } from "./notebook/sweep.ts";
export * from "./tokenizer/mod.ts";
export {
  chooseAttention,
  type Dataset,
  findLearningRate,
  type FindLearningRateOptions,
  type FoundLearningRate,
  learningRateAt,
  openDataset,
  type OpenDatasetOptions,
  type OpenOptions,
  openText,
  type Placement,
  placeRun,
  resolveDevice,
  resolvePrecision,
  type RunPlan,
  type Schedule,
  type StopReason,
  type StopRule,
  type TextDataset,
  Trainer,
  type TrainObserver,
  type TrainSummary,
} from "./train/mod.ts";

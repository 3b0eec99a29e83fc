/**
 * The fully read and checked plan of an import, and how it is written.
 *
 * @module
 */

import { basename, join } from "node:path";
import {
  CHECKPOINT_FILES,
  checkpointName,
  FINAL_CHECKPOINT,
} from "../checkpoint/names.ts";
import { openCheckpointStore } from "../checkpoint/store.ts";
import {
  defineConfig,
  type ModelConfig,
  modelConfigToYaml,
  type RunConfig,
  runConfigToYaml,
  type RunInput,
} from "../config/mod.ts";
import {
  counter,
  type MappedTensor,
  type NamedTensors,
  type OnBytes,
  tensorsToWrite,
  totalBytes,
} from "./named_tensors.ts";

/** A training that can be continued. */
export interface ImportedTraining {
  /** `exp_avg`, `exp_avg_sq` and `step` of every weight. */
  readonly optimizer: NamedTensors;
  /** Settings of the run. */
  readonly run: RunConfig;
  /** Optimizer steps done. */
  readonly step: number;
  /** Samples trained on. */
  readonly samples: number;
}

/** A model from another program, read and checked. */
export interface ImportPlan {
  /** Path of the model. */
  readonly source: string;
  /** Its description. */
  readonly format: string;
  /** The model. */
  readonly config: ModelConfig;
  /** Whether the embedding is also the output layer. */
  readonly tied: boolean;
  /** Every weight, under its name in this project. */
  readonly weights: NamedTensors;
  /** How each tensor was mapped. */
  readonly mapping: readonly MappedTensor[];
  /** The training that goes with it, or null. */
  readonly training: ImportedTraining | null;
  /** Files to be copied. */
  readonly tokenizerFiles: readonly string[];
  /** Messages for the user. */
  readonly notices: readonly string[];
}

/** Options of {@linkcode writeImport}. */
export interface WriteImportOptions {
  /** The run's folder; the checkpoint is a folder in it. */
  readonly outDir: string;
  /** Replace an existing checkpoint. Default: false. */
  readonly overwrite?: boolean;
  /** Called as bytes are written. */
  readonly onBytes?: OnBytes;
}

/** The result of an import. */
export interface WrittenImport {
  /** The checkpoint's folder. */
  readonly path: string;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Problems without consequences. */
  readonly warnings: readonly string[];
}

/**
 * Writes a checkpoint: `step-*`, which `--resume` continues, for a training, and
 * `final` for weights alone. The checkpoint is written atomically.
 *
 * @throws {CheckpointError} If it cannot be written, or one of its name is there.
 */
export async function writeImport(
  plan: ImportPlan,
  { outDir, overwrite = false, onBytes }: WriteImportOptions,
): Promise<WrittenImport> {
  const { training, weights, config } = plan;
  const name = training === null
    ? FINAL_CHECKPOINT
    : checkpointName(training.step);
  const optimizer = training?.optimizer ?? new Map();
  const count = counter(totalBytes(weights) + totalBytes(optimizer), onBytes);
  const hasTokenizer = plan.tokenizerFiles
    .some((path) => basename(path) === "tokenizer.json");
  const run = placed(training?.run ?? settingsFor(plan), {
    out_dir: outDir,
    ...(hasTokenizer ? { tokenizer_dir: join(outDir, name) } : {}),
  });
  using store = await openCheckpointStore(outDir);
  return await store.publish(name, async (draft) => {
    const files = CHECKPOINT_FILES;
    const format = { format: "pt" };
    await draft.writeTensors(
      files.weights,
      tensorsToWrite(weights, count),
      format,
    );
    if (training !== null) {
      await draft.writeTensors(
        files.optimizer,
        tensorsToWrite(optimizer, count),
      );
      await draft.writeJson(files.state, stateOf(training));
    }
    await draft.writeText(files.modelConfig, modelConfigToYaml(config));
    await draft.writeText(files.config, runConfigToYaml(run));
    for (const file of plan.tokenizerFiles) await draft.copyFile(file);
  }, {
    step: training?.step ?? 0,
    versions: { deno: Deno.version.deno, from: plan.format },
    replace: overwrite,
  });
}

/** `state.json`, in the form that the trainer reads. */
function stateOf({ run, step, samples }: ImportedTraining): object {
  const { train } = run;
  return {
    version: 1,
    step,
    tokens: samples * train.max_seq_length,
    elapsedSeconds: 0,
    skippedUpdates: 0,
    globalBatchSize: train.global_batch_size,
    loader: { samples },
    rng: {},
  };
}

/** Settings for further training of a model that was imported without settings. */
function settingsFor({ config, tied }: ImportPlan): RunConfig {
  return defineConfig({
    model_config: modelInputOf(config),
    train: { tie_embeddings: tied },
  });
}

/** A model's configuration in the form of a run's settings. */
export function modelInputOf(
  { rope_n_elem: _, ...config }: ModelConfig,
): NonNullable<Exclude<RunInput["model_config"], string>> {
  // Every key is LitGPT's; frozen lists are lists.
  return structuredClone(config) as NonNullable<
    Exclude<RunInput["model_config"], string>
  >;
}

function placed(
  run: RunConfig,
  place: { out_dir: string; tokenizer_dir?: string },
): RunConfig {
  return { ...run, ...place };
}

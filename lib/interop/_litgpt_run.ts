/** The settings of a run, from and to the `hyperparameters.yaml` of LitGPT's pretraining. */

import { parse } from "@std/yaml";
import {
  dataSchemas,
  defineConfig,
  type ModelConfig,
  modelConfigToYaml,
  type RunConfig,
  type RunInput,
} from "../config/mod.ts";
import { toYaml } from "../config/yaml.ts";
import { modelInputOf } from "./import_plan.ts";
import type { PickleDict, PickleValue } from "./pickle_values.ts";

type Section = Readonly<Record<string, unknown>>;

/** Keys of `train:` that LitGPT's pretraining takes. */
const TRAIN_KEYS = [
  "save_interval",
  "log_interval",
  "global_batch_size",
  "micro_batch_size",
  "lr_warmup_steps",
  "lr_warmup_fraction",
  "max_tokens",
  "max_seq_length",
  "tie_embeddings",
  "max_norm",
  "min_lr",
] as const;
const EVAL_KEYS = [
  "interval",
  "max_iters",
  "initial_validation",
  "final_validation",
] as const;
/** Means "never": LitGPT divides by the interval, and no run has this many steps. */
const NEVER = 1_000_000_000;

/** Information about a run that is not in its YAML. */
export interface LitGptRunContext {
  readonly config: ModelConfig;
  readonly tied: boolean;
  /** A parameter group of the optimizer, with its settings. */
  readonly adam: PickleDict;
  /** Folder of its tokenizer, if it is stored with the weights. */
  readonly tokenizerDir: string | null;
  /** Receives messages for the user. */
  readonly notices: string[];
}

/**
 * Reads the settings of a LitGPT run that this project has too.
 *
 * @throws {SyntaxError} If the file is not YAML.
 * @throws {RangeError} If the optimizer is not supported.
 * @throws {ConfigError} If settings are invalid.
 */
export function readLitGptRun(
  file: string,
  { config, tied, adam, tokenizerDir, notices }: LitGptRunContext,
): { run: RunConfig; devices: number } {
  const yaml = sectionOf(readYaml(file), file);
  const train = sectionOf(yaml["train"], `train of ${file}`);
  for (const key of ["max_steps", "max_time"]) {
    if (train[key] === undefined || train[key] === null) continue;
    notices.push(
      `train.${key} (${
        train[key]
      }) is left out: LitGPT's pretraining does not stop by it`,
    );
  }
  const devices = countOf(yaml["devices"]) * countOf(yaml["num_nodes"]);
  if (devices > 1) {
    notices.push(
      `It was trained on ${devices} devices, and here one computes their micro-batches in turn: learning rates are those of up to ${
        devices - 1
      } micro-batches later`,
    );
  }
  const micro = Number(train["micro_batch_size"] ?? 4);
  const perDevice = Math.floor(
    Math.floor(Number(train["global_batch_size"] ?? 512) / devices) / micro,
  );
  const input = {
    model_config: modelInputOf(config),
    ...pick(yaml, ["seed"]),
    ...precisionOf(yaml["precision"], notices),
    ...loggerOf(yaml["logger_name"], notices),
    ...dataOf(yaml["data"], yaml["tokenizer_dir"] ?? tokenizerDir, notices),
    train: {
      ...pick(train, TRAIN_KEYS),
      // LitGPT rounds down to whole micro-batches; here the sizes must fit.
      global_batch_size: perDevice * micro * devices,
      tie_embeddings: tied,
    },
    eval: pick(sectionOf(yaml["eval"] ?? {}, `eval of ${file}`), EVAL_KEYS),
    optimizer: optimizerOf(yaml["optimizer"], adam, file),
  };
  return { run: defineConfig(input as RunInput), devices };
}

/** Folders for a run of LitGPT. */
export interface LitGptPlaces {
  /** Folder for LitGPT's checkpoints, different from this project's. */
  readonly outDir: string;
  /** Folder of the tokenizer, or null. */
  readonly tokenizerDir: string | null;
  /** Receives the settings without a counterpart in LitGPT. */
  readonly notices: string[];
}

/** Writes the settings of a run as LitGPT's pretraining reads them with `--config`. */
export function litGptRunToYaml(
  run: RunConfig,
  { outDir, tokenizerDir, notices }: LitGptPlaces,
): string {
  const { model_config, train, optimizer } = run;
  const { eval: evaluation } = run;
  return toYaml({
    model_name: model_config.name || "moebius",
    model_config: parse(modelConfigToYaml(model_config)),
    out_dir: outDir,
    ...(run.precision === null ? {} : { precision: run.precision }),
    ...litGptData(run, notices),
    train: { ...pick(train, TRAIN_KEYS), max_tokens: maxTokens(run, notices) },
    eval: {
      ...pick(evaluation, EVAL_KEYS),
      interval: evaluation.interval || NEVER,
    },
    optimizer: {
      class_path: optimizer.class_path,
      init_args: optimizer.init_args,
    },
    devices: 1,
    ...(tokenizerDir === null ? {} : { tokenizer_dir: tokenizerDir }),
    logger_name: "csv",
    seed: run.seed,
  });
}

/** LitGPT limits a run only by tokens. */
function maxTokens(run: RunConfig, notices: string[]): number | null {
  const { max_tokens, max_steps, epochs, max_time } = run.train;
  for (const [key, value] of Object.entries({ epochs, max_time })) {
    if (value === null) continue;
    notices.push(
      `LitGPT does not stop by train.${key} (${value}); give --train.max_tokens`,
    );
  }
  const tokensPerStep = run.train.global_batch_size * run.train.max_seq_length;
  const most = Math.min(
    max_tokens ?? Infinity,
    (max_steps ?? Infinity) * tokensPerStep,
  );
  return most === Infinity ? null : most;
}

function litGptData({ data }: RunConfig, notices: string[]): Section {
  if (data.class_path === "Corpus") {
    notices.push(
      "LitGPT does not have the built-in corpus: name the data with --data",
    );
    return {};
  }
  const { text_field: _, ...args } = data.init_args as Section;
  const init_args = Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== null),
  );
  return { data: { class_path: `litgpt.data.${data.class_path}`, init_args } };
}

function precisionOf(value: unknown, notices: string[]): Section {
  const known = ["32-true", "bf16-mixed", "bf16-true", null, undefined];
  if (known.some((each) => each === value)) {
    return { precision: value ?? null };
  }
  notices.push(
    `precision ${value} is not one of moebius's: the device decides`,
  );
  return {};
}

function loggerOf(value: unknown, notices: string[]): Section {
  if (value === "csv" || value === "tensorboard") return { logger_name: value };
  if (value !== undefined && value !== null) {
    notices.push(`logger_name ${value} becomes csv`);
  }
  return { logger_name: "csv" };
}

/** The data, if this project has the same class of data and the tokenizer is known. */
function dataOf(
  value: unknown,
  tokenizer_dir: unknown,
  notices: string[],
): Section {
  const { class_path = value, init_args = {} } = typeof value === "object"
    ? value as Section ?? {}
    : {} as Section;
  const name = String(class_path ?? "").replace(
    /^litgpt\.data\.(?:\w+\.)?/,
    "",
  );
  const schema = Object.entries(dataSchemas).find(([key]) => key === name)?.[1];
  const parsed = schema?.safeParse(
    pick(init_args as Section, Object.keys(schema.shape)),
  );
  const isKnown = parsed?.success && name !== "Corpus";
  if (isKnown && (tokenizer_dir !== null || name === "LitData")) {
    return {
      data: { class_path: name, init_args: parsed.data },
      tokenizer_dir,
    };
  }
  notices.push(
    `data ${
      name || "(LitGPT's default)"
    } cannot be read as it is: give --data when the training continues`,
  );
  return {};
}

/** AdamW with the settings of the checkpoint's optimizer, with which LitGPT continues. */
function optimizerOf(
  value: unknown,
  adam: PickleDict,
  file: string,
): NonNullable<RunInput["optimizer"]> {
  const { class_path = value, init_args = {} } = typeof value === "object"
    ? value as Section ?? {}
    : {} as Section;
  const name = String(class_path ?? "AdamW").replace(/^torch\.optim\./, "");
  if (name !== "AdamW") {
    throw new RangeError(
      `Cannot continue the training of ${file}: its optimizer is ${name}, and only AdamW is known: take the weights alone with --weights-only`,
    );
  }
  if (adam.get("amsgrad") === true || adam.get("maximize") === true) {
    throw new RangeError(
      `Cannot continue the training of ${file}: its AdamW has amsgrad or maximize: take the weights alone with --weights-only`,
    );
  }
  const { lr = 1e-3 } = init_args as Section;
  return {
    class_path: "torch.optim.AdamW",
    init_args: {
      lr: Number(lr),
      betas: numbersOf(adam.get("betas")) as [number, number],
      eps: Number(adam.get("eps")),
      weight_decay: Number(adam.get("weight_decay")),
    },
  };
}

function numbersOf(value: PickleValue | undefined): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 1;
}

function readYaml(file: string): unknown {
  try {
    return parse(Deno.readTextFileSync(file));
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${file}: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}

function sectionOf(value: unknown, what: string): Section {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Section;
  }
  throw new SyntaxError(
    `Cannot read ${what}: expected a section of keys, as LitGPT's pretraining writes`,
  );
}

function pick(section: object, keys: readonly string[]): Section {
  return Object.fromEntries(
    Object.entries(section).filter(([key]) => keys.includes(key)),
  );
}

/**
 * Merges files, flags and code into one checked configuration, and records the source of each value.
 *
 * @module
 */

import {
  DEFAULT_RUN_FILE,
  displayName,
  findModel,
  modelNames,
  readYaml,
} from "./_files.ts";
import {
  dropSection,
  type Entries,
  entriesOf,
  isSection,
  putOver,
  WITHOUT_EFFECT,
} from "./_layers.ts";
import type { Field } from "./_fields.ts";
import { type Leaves, resolveLeaves } from "./_resolve.ts";
import { modelChecks } from "./_model_checks.ts";
import { runChecks } from "./_run_checks.ts";
import { DATA_NAMES, runFields } from "./_run_fields.ts";
import { readCommandLine } from "./flags.ts";
import { rememberSources } from "./display.ts";
import { deriveModelConfig } from "./model.ts";
import { plannedSteps } from "./plan.ts";
import { ConfigError, type Problem, showValue } from "./problem.ts";
import { nearest } from "./suggest.ts";
import {
  type DataName,
  type RunConfig,
  type RunInput,
  runSchema,
  type RunSettings,
} from "./train.ts";

/** The sources of values for {@linkcode loadRunConfig}; later ones take precedence. */
export interface LoadOptions {
  /** A run's YAML file. */
  readonly file?: string;
  /** A model's YAML file; it replaces the model named in the run's file. */
  readonly modelFile?: string;
  /** Values that override those of the files: sections as in YAML, or dotted keys. */
  readonly overrides?: RunInput | Readonly<Record<string, unknown>>;
  /** A command line; without `--config` and `file` it starts from configs/train/quickstart.yaml. */
  readonly argv?: readonly string[];
}

/** A configuration, and how it came about. */
export interface LoadedRun {
  /** The configuration, frozen. */
  readonly config: RunConfig;
  /** Dotted key to file, flag, "code", "default" or "derived". */
  readonly sources: ReadonlyMap<string, string>;
  /** Keys that were given but have no effect, with the reason. */
  readonly notices: readonly string[];
  /** Whether the command line asks for `--print-config`. */
  readonly printConfig: boolean;
  /** Whether the command line asks for `--help`; the rest of it is then ignored. */
  readonly help: boolean;
}

/**
 * Loads the configuration of a run: defaults, then the run's file, the model's file, overrides, and flags.
 *
 * @param options Where the values come from.
 * @returns The configuration, including all derived values.
 * @throws {ConfigError} If anything is wrong; the message lists every problem with key, value, source and what is allowed.
 * @example
 * ```ts
 * import { loadRunConfig } from "./load.ts";
 *
 * const { config, sources } = loadRunConfig({ argv: ["--max-steps", "10"] });
 * console.log(config.train.max_steps, sources.get("train.max_steps")); // 10 --max-steps
 * ```
 */
export function loadRunConfig(options: LoadOptions = {}): LoadedRun {
  const { commandLine, problems } = readCommandLine(options.argv ?? []);
  const file = commandLine.file ?? options.file ??
    (options.argv ? DEFAULT_RUN_FILE : null);
  const layer = file === null ? {} : readRun(file, problems);
  const run = entriesOf(layer, file === null ? "" : displayName(file));
  const over = entriesOf(options.overrides ?? {}, "code");
  putOver(over, new Map(commandLine.overrides));
  const modelFile = commandLine.modelFile ?? options.modelFile ?? null;
  return {
    ...resolve({ run, modelFile, over, problems }),
    printConfig: commandLine.printConfig,
    help: commandLine.help,
  };
}

/**
 * Checks and completes a configuration written in TypeScript.
 *
 * @param input The keys of a run's YAML.
 * @returns The configuration, frozen.
 * @throws {ConfigError} If anything is wrong; all problems at once.
 * @example
 * ```ts
 * import { defineConfig } from "./load.ts";
 *
 * const config = defineConfig({
 *   model_name: "moe-quickstart",
 *   train: { max_steps: 100, global_batch_size: 8, micro_batch_size: 8 },
 *   optimizer: { init_args: { lr: 3e-3 } },
 * });
 * console.log(config.model_config.n_expert); // 8
 * ```
 */
export function defineConfig(input: RunInput): RunConfig {
  return resolve({
    run: entriesOf(input, "code"),
    modelFile: null,
    over: new Map(),
    problems: [],
  }).config;
}

/** Reads a run's file; if this fails, nothing else is checked. */
function readRun(file: string | URL, problems: Problem[]): object {
  const before = problems.length;
  const layer = readYaml(file, problems);
  if (Object.hasOwn(layer, "n_embd")) {
    const key = displayName(file);
    const message = "holds a model's settings: give it with --model-config";
    problems.push({ key, message, source: key });
  }
  if (problems.length > before) throw new ConfigError(problems);
  return layer;
}

interface Layers {
  readonly run: Entries;
  readonly modelFile: string | null;
  readonly over: Entries;
  readonly problems: Problem[];
}

function resolve(
  { run, modelFile, over, problems }: Layers,
): Pick<LoadedRun, "config" | "sources" | "notices"> {
  const before = problems.length;
  const entries = putOver(chooseModel(run, modelFile, over, problems), over);
  const modelIsKnown = problems.length === before;
  refuseScalarSections(entries, problems);
  const name = chooseData(entries, problems);
  refuseOptimizer(entries);

  const fields = runFields(name);
  const notices = takeNotices(entries, fields);
  const leaves = resolveLeaves(entries, fields, (key) => explain(key, name));
  const config = deriveRunConfig(readSettings(leaves), leaves);
  problems.push(...leaves.problems);
  if (modelIsKnown) {
    problems.push(
      ...leaves.check(modelChecks, config.model_config, "model_config."),
      ...leaves.check(runChecks, config),
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const sources = new Map<string, string>();
  for (const [key, field] of fields) {
    const isDefault = sameValue(valueAt(config, key), field.default);
    sources.set(
      key,
      entries.get(key)?.source ?? (isDefault ? "default" : "derived"),
    );
  }
  sources.set("model_config.rope_n_elem", "derived");
  rememberSources(config, sources);
  return { config: freeze(config), sources, notices };
}

/** Merges the model with the highest precedence beneath the run's own keys. */
function chooseModel(
  run: Entries,
  modelFile: string | null,
  over: Entries,
  problems: Problem[],
): Entries {
  const file = modelFile ?? takePath(over);
  const refuse = (key: string, message: string, source: string): Entries => {
    problems.push({ key, message, source });
    return run;
  };
  const name = over.get("model_name");
  if (file !== null && name !== undefined) {
    return refuse(
      "model_name",
      `${showValue(name.value)} excludes the model file ${file}`,
      name.source,
    );
  }
  if (file !== null || name !== undefined) {
    dropSection(run, "model_config");
    run.delete("model_name");
  }
  const path = file ?? takePath(run);
  if (path !== null) return putModel(run, path, problems);
  if (hasModel(run)) return run;

  const named = name ?? run.get("model_name");
  if (typeof named?.value === "string") {
    const found = findModel(named.value);
    return typeof found === "string"
      ? refuse("model_name", found, named.source)
      : putModel(run, found, problems);
  }
  if (hasModel(over)) return run;
  return refuse(
    "model_name",
    `is missing: give model_name (${modelNames().join(", ")}) or model_config`,
    "required",
  );
}

/** Removes `model_config: PATH` from the entries and returns the path. */
function takePath(entries: Entries): string | null {
  const path = entries.get("model_config")?.value;
  if (typeof path !== "string") return null;
  entries.delete("model_config");
  return path;
}

function hasModel(entries: Entries): boolean {
  return entries.keys().some((key) => key.startsWith("model_config"));
}

function putModel(
  run: Entries,
  file: string | URL,
  problems: Problem[],
): Entries {
  const layer = readYaml(file, problems);
  const key = displayName(file);
  if (Object.hasOwn(layer, "train") || Object.hasOwn(layer, "model_config")) {
    const message = "holds a run's settings: give it with --config";
    problems.push({ key, message, source: key });
    return run;
  }
  return putOver(run, entriesOf(layer, key, "model_config."));
}

/** If the key is an argument of another data class, names that class. */
function explain(key: string, name: DataName): string | undefined {
  const owners = DATA_NAMES.filter((each) => runFields(each).has(key));
  return owners.length === 0
    ? undefined
    : `unknown key for data ${name}; it belongs to data: ${
      owners.join(" or ")
    }`;
}

function chooseData(
  entries: Entries,
  problems: Problem[],
): DataName {
  const given = entries.get("data.class_path");
  const name = DATA_NAMES.find((each) => each === (given?.value ?? "Corpus"));
  if (name !== undefined) return name;
  const meant = typeof given?.value === "string"
    ? nearest(given.value, DATA_NAMES)
    : undefined;
  problems.push({
    key: "data.class_path",
    message: `${showValue(given?.value)} is not allowed, expected one of ${
      DATA_NAMES.join(", ")
    }${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    source: given?.source ?? "default",
  });
  dropSection(entries, "data");
  return "Corpus";
}

/** Reports an unknown optimizer once, and not each of its arguments too. */
function refuseOptimizer(entries: Entries): void {
  const name = entries.get("optimizer.class_path")?.value;
  if (name === undefined || name === "torch.optim.AdamW") return;
  dropSection(entries, "optimizer.init_args");
}

function refuseScalarSections(entries: Entries, problems: Problem[]): void {
  for (const [key, { value, source }] of [...entries]) {
    if (!isSection(key)) continue;
    entries.delete(key);
    problems.push({
      key,
      message: `${showValue(value)} is not allowed, expected a section of keys`,
      source,
    });
  }
}

/** Collects notices about keys without effect, and removes those that are not settings of this project. */
function takeNotices(
  entries: Entries,
  fields: ReadonlyMap<string, Field>,
): string[] {
  const notices: string[] = [];
  for (const [key, { value, source }] of [...entries]) {
    const field = fields.get(key);
    const isUnused = key.startsWith("log.") && field?.reserved &&
      value !== field.default;
    const why = isUnused ? field.description : WITHOUT_EFFECT.get(key);
    if (why === undefined) continue;
    notices.push(`${key} (${source}) has no effect: ${why}`);
    if (field === undefined) entries.delete(key);
  }
  return notices;
}

function readSettings(leaves: Leaves): RunSettings {
  const parsed = runSchema.safeParse(leaves.values);
  if (parsed.success) return parsed.data;
  // Only data can still be incomplete, and that has already been reported as a problem.
  return runSchema.parse({ ...leaves.values, data: undefined });
}

function deriveRunConfig(settings: RunSettings, leaves: Leaves): RunConfig {
  const model_config = deriveModelConfig(settings.model_config);
  const train = {
    ...settings.train,
    save_interval: settings.train.save_interval || null,
    max_seq_length: settings.train.max_seq_length ?? model_config.block_size,
    tie_embeddings: settings.train.tie_embeddings ?? false,
  };
  if (leaves.given("train.lr_warmup_steps") === undefined) {
    train.lr_warmup_steps = defaultWarmup(train);
  }
  const isCorpus = settings.data.class_path === "Corpus";
  return {
    ...settings,
    model_config,
    train,
    tokenizer_dir: settings.tokenizer_dir ??
      (isCorpus ? "data/tokenizer" : null),
  };
}

/** LitGPT's 2000 steps, or a tenth of the run if it is shorter. */
function defaultWarmup(train: RunConfig["train"]): number | null {
  if (train.lr_warmup_fraction !== null) return null;
  const steps = plannedSteps(train);
  const isShort = steps !== null && train.lr_warmup_steps !== null &&
    steps <= train.lr_warmup_steps;
  return isShort ? Math.floor(steps / 10) : train.lr_warmup_steps;
}

function valueAt(config: object, key: string): unknown {
  return key.split(".").reduce<unknown>(
    (section, word) => Reflect.get(Object(section), word),
    config,
  );
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

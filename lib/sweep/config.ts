/**
 * From a sweep's YAML to a checked sweep: everything that can be wrong is found before anything runs.
 *
 * @module
 */

import { parse } from "@std/yaml";
import { basename } from "node:path";
import {
  canonicalKey,
  ConfigError,
  nearest,
  type Problem,
  type RunConfig,
} from "../config/mod.ts";
import type { EarlyTerminate, SweepInput } from "./input.ts";
import { listParameters, readDistribution } from "./_parameters.ts";
import {
  check,
  earlyTerminateSchemas,
  sweepSchema,
  WITHOUT_EFFECT,
} from "./_schema.ts";
import {
  checkCombinations,
  checkParameter,
  takesFractions,
} from "./_space_checks.ts";
import type { BaseConfig } from "./trial_config.ts";
import type { SweepMethod } from "./sampler.ts";
import { countValues, type SearchSpace, type SweepParameter } from "./space.ts";
import type { TpeOptions } from "./tpe.ts";

/** A sweep, checked. */
export interface SweepConfig {
  /** What it is called. */
  readonly name: string;
  /** How parameters are chosen. */
  readonly method: SweepMethod;
  /** Column of `metrics.csv`, and which way is better. */
  readonly metric: {
    readonly name: string;
    readonly goal: "minimize" | "maximize";
  };
  /** What is varied. */
  readonly space: SearchSpace;
  /** When trials are ended early; null is never. */
  readonly early_terminate: EarlyTerminate | null;
  /** Trials at most; null is the whole grid. */
  readonly run_cap: number | null;
  /** The configuration that trials vary. */
  readonly config: BaseConfig;
  /** Trials at once; null is one a GPU, or one on a CPU. */
  readonly parallel: number | null;
  /** GPUs to use, as CUDA_VISIBLE_DEVICES names them. */
  readonly devices: "auto" | "cpu" | readonly string[];
  /** Folder of the journal, the trials and the report. */
  readonly out_dir: string;
  /** Seed of the choice of parameters. */
  readonly seed: number;
  /** Settings of method bayes. */
  readonly tpe: TpeOptions;
  /** What the user should know before it starts. */
  readonly notices: readonly string[];
}

/** Keys of the training configuration that belong to the sweep. */
const OWN_KEYS: Readonly<Record<string, string>> = {
  out_dir: "every trial has a folder of its own",
  resume: "trials go on from their checkpoints by themselves",
  device: "use the sweep's devices",
  logger_name: "trials are read from their metrics.csv",
  "log.progress": "the sweep shows the progress",
};

/**
 * Reads and checks a sweep's YAML file.
 *
 * @param file Its path.
 * @param overrides Keys over those of the file.
 * @throws {ConfigError} If anything is wrong; the message lists every problem with its key.
 */
export function loadSweep(
  file: string,
  overrides: Partial<SweepInput> = {},
): SweepConfig {
  const refuse = (message: string): never => {
    throw new ConfigError([{ key: file, message, source: file }]);
  };
  let text = "";
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    refuse(
      `cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  let content: unknown = null;
  try {
    content = parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    refuse(`is not valid YAML: ${error.message}`);
  }
  if (
    typeof content !== "object" || content === null || Array.isArray(content)
  ) {
    return refuse("holds no keys and values");
  }
  const name = basename(file).replace(/\.ya?ml$/, "");
  return checkSweep({ name, ...content, ...overrides }, file);
}

/**
 * Checks a sweep written in TypeScript.
 *
 * @param input The keys of a sweep's YAML.
 * @throws {ConfigError} If anything is wrong; all problems at once.
 * @example
 * ```ts
 * import { defineSweep } from "./config.ts";
 *
 * const { space } = defineSweep({
 *   method: "bayes",
 *   metric: { name: "val_loss", goal: "minimize" },
 *   parameters: {
 *     "optimizer.lr": { distribution: "log_uniform_values", min: 1e-3, max: 3e-2 },
 *   },
 *   run_cap: 10,
 * });
 * console.log(space[0]?.key); // optimizer.init_args.lr
 * ```
 */
export function defineSweep(input: SweepInput): SweepConfig {
  return checkSweep(input, "code");
}

function checkSweep(input: object, source: string): SweepConfig {
  const problems: Problem[] = [];
  const at = { source, problems };
  const sweep = check(sweepSchema, input, { key: "", ...at });
  if (sweep === null) throw new ConfigError(problems);
  const config = typeof sweep.config === "string"
    ? { file: sweep.config, overrides: {} }
    : { file: sweep.config.file ?? null, overrides: sweep.config.overrides };
  const space = readSpace(sweep.parameters, config, sweep.method, at);
  const early_terminate = readEarlyTerminate(sweep.early_terminate, at);
  if (sweep.run_cap === null && sweep.method !== "grid") {
    problems.push({
      key: "run_cap",
      message:
        `is missing: method ${sweep.method} never ends by itself, give the number of trials`,
      source,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const { metric, method, run_cap } = sweep;
  const { example, impossible } = checkCombinations(space, config, {
    method,
    run_cap,
    source,
  });
  return {
    name: sweep.name ?? "sweep",
    method,
    metric,
    space,
    early_terminate,
    run_cap,
    config,
    parallel: sweep.parallel,
    devices: Array.isArray(sweep.devices)
      ? sweep.devices.map((device) => String(device).replace(/^cuda:/, ""))
      : sweep.devices,
    out_dir: sweep.out_dir ?? `out/sweep/${sweep.name ?? "sweep"}`,
    seed: sweep.seed,
    tpe: {
      startupTrials: sweep.tpe.startup_trials,
      candidates: sweep.tpe.candidates,
      multivariate: sweep.tpe.multivariate,
    },
    notices: [
      ...Object.entries(WITHOUT_EFFECT).filter(([key]) =>
        Reflect.get(sweep, key) !== undefined
      ).map(([key, why]) => `${key} (${source}) has no effect: ${why}`),
      ...impossible,
      ...checkMetric(metric.name, early_terminate, { example, source }),
    ],
  };
}

function readSpace(
  section: Readonly<Record<string, unknown>>,
  config: BaseConfig,
  method: SweepMethod,
  at: { source: string; problems: Problem[] },
): SearchSpace {
  const { source, problems } = at;
  const written = listParameters(section, at);
  if (written.length === 0 && problems.length === 0) {
    const message = "is empty: name at least one key to vary";
    problems.push({ key: "parameters", message, source });
  }
  const seen = new Set<string>();
  return written.flatMap((parameter): SweepParameter[] => {
    const { name, path } = parameter;
    const refuse = (message: string): SweepParameter[] => {
      problems.push({ key: path, message, source });
      return [];
    };
    const key = canonicalKey(name);
    const why = OWN_KEYS[key];
    if (why !== undefined) return refuse(`cannot be varied: ${why}`);
    if (seen.has(key)) return refuse(`is given twice: it is ${key}`);
    seen.add(key);
    const distribution = readDistribution(
      parameter,
      takesFractions(key, parameter.spec, config),
      at,
    );
    if (distribution === null) return [];
    const before = problems.length;
    checkParameter({ key, path, distribution }, config, at);
    if (problems.length > before) return [];
    if (method === "grid" && countValues(distribution) === Infinity) {
      return refuse(
        "has infinitely many values, which no grid can hold: give values, a distribution with steps (int_uniform, q_uniform), or method random or bayes",
      );
    }
    return [{ key, distribution }];
  });
}

function readEarlyTerminate(
  written: unknown,
  at: { source: string; problems: Problem[] },
): EarlyTerminate | null {
  if (written === undefined || written === null) return null;
  const { source, problems } = at;
  const type: unknown = Reflect.get(Object(written), "type");
  const names = Object.keys(earlyTerminateSchemas);
  const name = names.find((each) => each === type) as
    | keyof typeof earlyTerminateSchemas
    | undefined;
  const key = "early_terminate";
  if (name === undefined) {
    const meant = typeof type === "string" ? nearest(type, names) : undefined;
    const message = `${
      JSON.stringify(type) ?? "nothing"
    } is not allowed, expected one of ${names.join(", ")}${
      meant === undefined ? "" : `; did you mean ${meant}?`
    }`;
    problems.push({ key: `${key}.type`, message, source });
    return null;
  }
  const rule = check(earlyTerminateSchemas[name], written, { key, ...at });
  if (rule?.type !== "hyperband") return rule;
  const { min_iter, max_iter, s } = rule;
  if (min_iter !== undefined && max_iter !== undefined) {
    const message =
      `${max_iter} excludes min_iter (${min_iter}): give one of them`;
    problems.push({ key: `${key}.max_iter`, message, source });
  } else if (
    min_iter === undefined && (max_iter === undefined || s === undefined)
  ) {
    const message = max_iter === undefined
      ? "is missing: give min_iter, or max_iter and s"
      : "is missing: max_iter needs s, the number of brackets";
    const part = max_iter === undefined ? "min_iter" : "s";
    problems.push({ key: `${key}.${part}`, message, source });
  }
  return rule;
}

/** Says if the metric will not be there, or too seldom to end trials early. */
function checkMetric(
  name: string,
  rule: EarlyTerminate | null,
  { example, source }: { example: RunConfig; source: string },
): string[] {
  if (!name.startsWith("val_")) return [];
  const { interval, final_validation } = example.eval;
  const { max_steps } = example.train;
  const count = interval === 0 || max_steps === null
    ? null
    : Math.floor(max_steps / interval);
  if ((interval === 0 || count === 0) && !final_validation) {
    throw new ConfigError([{
      key: "metric.name",
      message:
        `${name} is never measured: eval.interval is ${interval} and eval.final_validation is false`,
      source,
    }]);
  }
  const first = rule?.type === "hyperband"
    ? rule.min_iter ??
      Math.ceil((rule.max_iter ?? 1) / rule.eta ** (rule.s ?? 1))
    : rule?.min_iter;
  if (first === undefined || (interval > 0 && (count ?? Infinity) > first)) {
    return [];
  }
  return [
    `early_terminate (${source}) ends no trial: it begins with value ${first} of ${name}, and with eval.interval ${interval} a trial has ${
      count ?? 0
    } before its end`,
  ];
}

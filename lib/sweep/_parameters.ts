/** Converts parameters in the syntax of Weights & Biases to distributions. */

import { nearest, type Problem, showValue } from "../config/mod.ts";
import { check, parameterSchema, type ParameterSpec } from "./_schema.ts";
import type { Distribution, ParameterValue } from "./space.ts";

/** A parameter as written, with its dotted key. */
export interface WrittenParameter {
  /** Dotted key in the training configuration, as written. */
  readonly name: string;
  /** Where it stands in the sweep's YAML, for messages. */
  readonly path: string;
  readonly spec: ParameterSpec;
}

/** Lists the parameters of a section; nested ones get dotted names. */
export function listParameters(
  section: Readonly<Record<string, unknown>>,
  { source, problems }: { source: string; problems: Problem[] },
  above: { name: string; path: string } = { name: "", path: "parameters" },
): WrittenParameter[] {
  return Object.entries(section).flatMap(([word, written]) => {
    const name = above.name + word;
    const path = `${above.path}.${word}`;
    if (
      typeof written !== "object" || written === null || Array.isArray(written)
    ) {
      const message = `${
        showValue(written)
      } is not allowed, expected {value: ...}, {values: [...]} or {min: ..., max: ...}`;
      problems.push({ key: path, message, source });
      return [];
    }
    const spec = check(parameterSchema, written, {
      key: path,
      source,
      problems,
    });
    if (spec === null) return [];
    if (spec.parameters === undefined) return [{ name, path, spec }];
    if (Object.keys(written).length > 1) {
      const message = "holds nested parameters and can hold nothing else";
      problems.push({ key: path, message, source });
      return [];
    }
    return listParameters(spec.parameters, { source, problems }, {
      name: `${name}.`,
      path: `${path}.parameters`,
    });
  });
}

/** A thing that is wrong with one parameter. */
class Refusal extends Error {
  /** The key below the parameter's, or nothing for the parameter itself. */
  readonly part: string;

  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}

/** The keys that each distribution reads; `value` and `values` imply the first two. */
const READS: Readonly<Record<string, readonly string[]>> = {
  constant: ["value"],
  categorical: ["values", "probabilities"],
  categorical_w_probabilities: ["values", "probabilities"],
  int_uniform: ["min", "max"],
  uniform: ["min", "max"],
  q_uniform: ["min", "max", "q"],
  log_uniform: ["min", "max"],
  log_uniform_values: ["min", "max"],
  q_log_uniform: ["min", "max", "q"],
  q_log_uniform_values: ["min", "max", "q"],
  normal: ["mu", "sigma"],
  q_normal: ["mu", "sigma", "q"],
  log_normal: ["mu", "sigma"],
  q_log_normal: ["mu", "sigma", "q"],
};

const NOT_HERE: Readonly<Record<string, string>> = {
  beta: "use uniform",
  q_beta: "use q_uniform",
  inv_log_uniform: "use log_uniform",
  inv_log_uniform_values: "it is the same as log_uniform_values: use that",
};

/**
 * Reads one parameter; what is wrong goes to `problems`.
 *
 * @param takesFractions Whether the key takes numbers that are no integers: that decides what `min` and `max` alone mean.
 */
export function readDistribution(
  { path, spec }: WrittenParameter,
  takesFractions: boolean,
  { source, problems }: { source: string; problems: Problem[] },
): Distribution | null {
  try {
    const name = distributionName(spec, takesFractions);
    refuseOthers(name, spec);
    return makeDistribution(name, spec);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const key = error.part === "" ? path : `${path}.${error.part}`;
    problems.push({ key, message: error.message, source });
    return null;
  }
}

function distributionName(
  spec: ParameterSpec,
  takesFractions: boolean,
): string {
  const { distribution } = spec;
  if (distribution === undefined) {
    if (Object.hasOwn(spec, "value")) return "constant";
    if (spec.values !== undefined) return "categorical";
    if (spec.min !== undefined || spec.max !== undefined) {
      return takesFractions ? "uniform" : "int_uniform";
    }
    if (spec.mu !== undefined || spec.sigma !== undefined) return "normal";
    throw new Refusal(
      "",
      "says nothing: give value, values, or min and max",
    );
  }
  if (Object.hasOwn(READS, distribution)) return distribution;
  const instead = NOT_HERE[distribution];
  const meant = nearest(distribution, Object.keys(READS));
  throw new Refusal(
    "distribution",
    instead !== undefined
      ? `${distribution} cannot be drawn from: ${instead}`
      : `${showValue(distribution)} is unknown, expected one of ${
        Object.keys(READS).join(", ")
      }${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

function refuseOthers(name: string, spec: ParameterSpec): void {
  const reads = READS[name] ?? [];
  for (const key of Object.keys(spec)) {
    if (key === "distribution" || reads.includes(key)) continue;
    throw new Refusal(
      key,
      `does not belong to distribution ${name}, which reads ${
        reads.join(", ")
      }`,
    );
  }
}

function makeDistribution(name: string, spec: ParameterSpec): Distribution {
  if (name === "constant") {
    if (!Object.hasOwn(spec, "value")) throw new Refusal("value", "is missing");
    return { kind: "constant", value: asValue(spec.value, "value") };
  }
  if (name.startsWith("categorical")) return categorical(spec);
  const log = name.includes("log");
  const step = name === "int_uniform" ? 1 : stepOf(name, spec);
  if (name.endsWith("normal")) {
    const { mu = 0, sigma = 1 } = spec;
    return { kind: "normal", mu, sigma, log, step };
  }
  for (const key of ["min", "max"] as const) {
    if (spec[key] !== undefined) continue;
    throw new Refusal(key, `is missing: distribution ${name} needs it`);
  }
  // Without "_values" the bounds are exponents of e, as Weights & Biases has it.
  const isExponent = name === "log_uniform" || name === "q_log_uniform";
  const { min = NaN, max = NaN } = spec;
  if (!(min < max)) {
    throw new Refusal("max", `${max} must be larger than min (${min})`);
  }
  if (isExponent && max > 100) {
    throw new Refusal(
      "max",
      `${max} is an exponent: the value would be e^${max}; log_uniform_values takes the values themselves`,
    );
  }
  const bounds = isExponent
    ? { min: Math.exp(min), max: Math.exp(max) }
    : { min, max };
  if (log && bounds.min <= 0) {
    throw new Refusal("min", `${min} must be > 0: it has no logarithm`);
  }
  if (name === "int_uniform") {
    for (const key of ["min", "max"] as const) {
      if (Number.isInteger(spec[key])) continue;
      throw new Refusal(key, `${spec[key]} must be an integer`);
    }
  }
  if (step !== null && Math.floor(bounds.max / step) < bounds.min / step) {
    throw new Refusal(
      "q",
      `${step} has no multiple between ${bounds.min} and ${bounds.max}`,
    );
  }
  return { kind: "range", ...bounds, log, step };
}

function stepOf(name: string, { q = 1 }: ParameterSpec): number | null {
  return name.startsWith("q_") ? q : null;
}

function categorical({ values, probabilities }: ParameterSpec): Distribution {
  if (values === undefined) throw new Refusal("values", "is missing");
  const checked = values.map((value) => asValue(value, "values"));
  const texts = checked.map((value) => JSON.stringify(value));
  const twice = texts.find((text, i) => texts.indexOf(text) < i);
  if (twice !== undefined) {
    throw new Refusal("values", `${twice} is given twice`);
  }
  if (probabilities === undefined) {
    const even = checked.map(() => 1 / checked.length);
    return { kind: "categorical", values: checked, probabilities: even };
  }
  if (probabilities.length !== checked.length) {
    throw new Refusal(
      "probabilities",
      `has ${probabilities.length} numbers for ${checked.length} values`,
    );
  }
  const sum = probabilities.reduce((total, each) => total + each, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    throw new Refusal("probabilities", `has the sum ${sum}, which must be 1`);
  }
  return { kind: "categorical", values: checked, probabilities };
}

function asValue(value: unknown, part: string): ParameterValue {
  if (Array.isArray(value)) return value.map((each) => asValue(each, part));
  if (
    value === null || typeof value === "string" || typeof value === "boolean" ||
    typeof value === "number" && Number.isFinite(value)
  ) return value;
  throw new Refusal(
    part,
    `${
      showValue(value)
    } is not allowed, expected a number, a text, true, false, null or a list of these`,
  );
}

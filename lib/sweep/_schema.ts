/** The schema of a sweep's YAML, and the wording of its problems. */

import { z } from "zod";
import { nearest, type Problem, showValue } from "../config/mod.ts";
import { METRIC_COLUMNS } from "../metrics/columns.ts";

const iterations = z.int().min(1);
const eta = z.number().min(2).default(3)
  .describe("Of those that came so far, one in eta goes on");

/** When trials are ended early; "iterations" counts the values of the metric that a trial has. */
export const earlyTerminateSchemas = {
  hyperband: z.strictObject({
    type: z.literal("hyperband"),
    min_iter: iterations.optional(),
    max_iter: iterations.optional(),
    s: z.int().min(1).optional(),
    eta,
    strict: z.boolean().default(false),
  }),
  asha: z.strictObject({
    type: z.literal("asha"),
    min_iter: iterations.default(1),
    eta,
  }),
  median: z.strictObject({
    type: z.literal("median"),
    min_iter: iterations.default(1),
    startup_trials: z.int().min(1).default(5),
  }),
};

const ignored = z.unknown().optional();

/** All of the YAML but what `parameters` and `early_terminate` hold. */
export const sweepSchema = z.strictObject({
  name: z.string().min(1).optional(),
  description: z.string().optional(),
  method: z.enum(["grid", "random", "bayes"]),
  metric: z.strictObject({
    name: z.enum(METRIC_COLUMNS).default("val_loss"),
    goal: z.enum(["minimize", "maximize"]).default("minimize"),
  }).prefault({}),
  parameters: z.record(z.string(), z.unknown()),
  early_terminate: z.unknown().optional(),
  run_cap: z.int().min(1).nullable().default(null),
  config: z.union([
    z.string().min(1),
    z.strictObject({
      file: z.string().min(1).optional(),
      overrides: z.record(z.string(), z.unknown()).default({}),
    }),
  ]).prefault({}),
  parallel: z.int().min(1).nullable().default(null),
  devices: z.union([
    z.enum(["auto", "cpu"]),
    z.array(z.union([z.int().min(0), z.string().min(1)])).min(1),
  ]).default("auto"),
  out_dir: z.string().min(1).optional(),
  seed: z.int().min(0).max(2 ** 32 - 1).default(42),
  tpe: z.strictObject({
    startup_trials: z.int().min(1).default(10),
    candidates: z.int().min(1).default(24),
    multivariate: z.boolean().default(true),
  }).prefault({}),
  program: ignored,
  project: ignored,
  entity: ignored,
  command: ignored,
  controller: ignored,
});

/** Keys of Weights & Biases that change nothing here, with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  program: "trials are runs of `deno task train`",
  command: "trials are runs of `deno task train`",
  project: "nothing is uploaded",
  entity: "nothing is uploaded",
  controller: "the sweep is run by this process",
};

type Shape = Readonly<Record<string, z.ZodType>>;

/** One parameter as written. */
export const parameterSchema = z.strictObject({
  value: z.unknown().optional(),
  values: z.array(z.unknown()).min(1).optional(),
  probabilities: z.array(z.number().min(0)).min(1).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  distribution: z.string().optional(),
  q: z.number().gt(0).optional(),
  mu: z.number().optional(),
  sigma: z.number().gt(0).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

/** One parameter as written. */
export type ParameterSpec = z.infer<typeof parameterSchema>;

/** Checks a value; problems get the dotted keys. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { key, source, problems }: {
    key: string;
    source: string;
    problems: Problem[];
  },
): z.infer<Schema> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    problems.push(...describe(issue, value, { key, source, schema }));
  }
  return null;
}

function describe(
  issue: z.core.$ZodIssue,
  whole: unknown,
  { key, source, schema }: { key: string; source: string; schema: z.ZodType },
): Problem[] {
  const path = issue.path.map(String);
  const at = [key, ...path].filter((word) => word !== "").join(".");
  const value = path.reduce<unknown>(
    (section, word) => Reflect.get(Object(section), word),
    whole,
  );
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(shapeAt(schema, path));
    return issue.keys.map((unknown) => {
      const meant = nearest(unknown, known);
      const message = meant === undefined
        ? `unknown key, expected ${known.join(", ")}`
        : `unknown key; did you mean ${meant}?`;
      return { key: at === "" ? unknown : `${at}.${unknown}`, message, source };
    });
  }
  if (value === undefined) {
    const expected = expectation(issue);
    return [{ key: at, message: `is missing: give ${expected}`, source }];
  }
  const words = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const meant = typeof value === "string" ? nearest(value, words) : undefined;
  return [{
    key: at,
    message: `${showValue(value)} is not allowed, expected ${
      expectation(issue)
    }${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    source,
  }];
}

/** The keys that are right where an unknown one was found. */
function shapeAt(schema: z.ZodType, path: readonly string[]): Shape {
  let inner: z.ZodType | undefined = unwrap(schema);
  for (const word of path) {
    inner = inner instanceof z.ZodObject
      ? unwrap(inner.shape[word] as z.ZodType)
      : undefined;
  }
  return inner instanceof z.ZodObject ? inner.shape as Shape : {};
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  if (!(schema instanceof z.ZodUnion)) return schema;
  const object = schema.options.find((each) => each instanceof z.ZodObject);
  return object instanceof z.ZodObject ? object : schema;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.join(", ")}`;
    case "invalid_type":
      return EXPECTED[issue.expected] ?? issue.expected;
    case "too_small":
      return issue.origin === "array"
        ? "a list that is not empty"
        : issue.origin === "string"
        ? "a text that is not empty"
        : `a number ${issue.inclusive ? ">=" : ">"} ${issue.minimum}`;
    case "too_big":
      return `a number <= ${issue.maximum}`;
    case "invalid_union":
      return [
        ...new Set(issue.errors.flat().map(expectation)),
      ].join(" or ");
    default:
      return issue.message;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "an integer",
  number: "a number",
  object: "a section of keys",
  record: "a section of keys",
  string: "a text",
};

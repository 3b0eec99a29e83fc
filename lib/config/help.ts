/**
 * What can be configured, for people (`--help`) and for editors (JSON schema), from the schemas.
 *
 * @module
 */

import { z } from "zod";
import { allowedBy } from "./_fields.ts";
import { modelNames } from "./_files.ts";
import { modelSchema } from "./_model_schema.ts";
import { DATA_NAMES, runFields } from "./_run_fields.ts";
import { flagOf, SHORT_FLAGS } from "./flags.ts";
import { runSchema } from "./train.ts";

/** One key that can be set. */
export interface Option {
  /** Dotted key in YAML. */
  readonly key: string;
  /** Flag on the command line. */
  readonly flag: string;
  /** What it accepts, in words. */
  readonly allowed: string;
  /** Its value if nobody gives one; undefined if it must be given. */
  readonly default: unknown;
  /** What it does. */
  readonly description: string;
  /** Whether it is accepted for LitGPT's sake only: it must keep its default or changes nothing. */
  readonly reserved: boolean;
}

/**
 * Lists every key of a run, those of the model and of all classes of data included.
 *
 * @returns The keys in the order of the schema.
 */
export function describeOptions(): Option[] {
  return [...runFields().values()].map((field) => ({
    key: field.key,
    flag: flagOf(field.key),
    allowed: allowedBy(field.schema),
    default: field.default,
    description: field.description,
    reserved: field.reserved,
  }));
}

/**
 * The text of `--help`.
 *
 * @returns Lines of at most 100 characters or a little more.
 */
export function helpText(): string {
  const lines = [
    "Usage: deno task train [MODEL] [--config FILE] [--model-config FILE] [FLAGS]",
    "",
    `  MODEL                one of ${modelNames().join(", ")} (configs/model)`,
    "  -c, --config FILE    settings of a run, in LitGPT's YAML; default configs/train/quickstart.yaml",
    "  --model-config FILE  settings of the model, over those of the run",
    "  --print-config       show the resolved settings and stop",
    "  -h, --help           show this",
    "",
    "Every setting is a key of the YAML and a flag. --no-FLAG switches off; - and _ are the same.",
    "Later wins: defaults, --config, --model-config, flags.",
  ];
  const options = describeOptions();
  const sections = new Set(options.map(sectionOf));
  for (const section of [...sections].sort(modelLast)) {
    lines.push("", `${section}:`);
    for (const option of options) {
      if (sectionOf(option) !== section || option.reserved) continue;
      lines.push(
        `  ${flagNames(option)}`,
        `      ${option.description}`,
        `      ${option.allowed}; ${shownDefault(option)}`,
      );
    }
  }
  const reserved = options.filter((option) => option.reserved);
  lines.push(
    "",
    "accepted for LitGPT's sake, without effect or at their defaults only:",
    ...reserved.map((option) => `  ${option.flag}`),
  );
  return `${lines.join("\n")}\n`;
}

/**
 * A JSON schema of a run's YAML, for editors: put `# yaml-language-server: $schema=FILE` in its first line.
 *
 * @returns A schema of draft 2020-12.
 */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(
    runSchema.extend({
      model_config: z.union([modelSchema, z.string(), z.null()]).optional(),
      data: z.union([z.enum(DATA_NAMES), runSchema.shape.data, z.null()])
        .optional(),
      optimizer: z.union([z.literal("AdamW"), runSchema.shape.optimizer])
        .optional(),
    }),
    { io: "input" },
  );
  return { ...schema, title: "Settings of a training run" };
}

function sectionOf({ key }: Option): string {
  const [section = ""] = key.split(".");
  return section === key ? "general" : section;
}

function modelLast(a: string, b: string): number {
  return Number(a === "model_config") - Number(b === "model_config") ||
    Number(b === "general") - Number(a === "general");
}

function flagNames({ key, flag }: Option): string {
  const isShort = [...SHORT_FLAGS.values()].includes(key);
  return isShort ? `${flag}, --${key}` : flag;
}

function shownDefault(option: Option): string {
  return option.default === undefined
    ? "required"
    : `default ${JSON.stringify(option.default)}`;
}

/**
 * Generates `--help` and the JSON schemas for editors from the zod schemas.
 *
 * @module
 */

import { z } from "zod";
import { allowedBy, reserved } from "./_fields.ts";
import { modelNames } from "./_files.ts";
import { modelSchema } from "./_model_schema.ts";
import { DATA_NAMES, runFields } from "./_run_fields.ts";
import { flagOf, SHORT_FLAGS } from "./flags.ts";
import { type DataName, dataSchemas, runSchema } from "./train.ts";

/** One key that can be set. */
export interface Option {
  /** Dotted key in YAML. */
  readonly key: string;
  /** Flag on the command line. */
  readonly flag: string;
  /** What it accepts, in words. */
  readonly allowed: string;
  /** Its default value; undefined if the key must be given. */
  readonly default: unknown;
  /** What it does. */
  readonly description: string;
  /** Whether it is accepted only for compatibility with LitGPT: it must keep its default or has no effect. */
  readonly reserved: boolean;
}

/**
 * Lists every key of a run, including those of the model and of all data classes.
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
 * A JSON schema of a run's YAML, for editors: put `# yaml-language-server: $schema=FILE` in its first line. The
 * project's own is configs/schema/run.json.
 *
 * @returns A schema of draft 2020-12.
 */
export function jsonSchema(): Record<string, unknown> {
  const { data, optimizer } = runSchema.shape;
  const dataNames = DATA_NAMES.flatMap((name) => [name, `litgpt.data.${name}`]);
  const schema = z.toJSONSchema(
    runSchema.extend({
      model_config: z.union([modelYaml, z.string(), z.null()]).optional(),
      data: z.union([z.enum(dataNames), ...DATA_NAMES.map(dataYaml), z.null()])
        .optional().describe(data.description ?? ""),
      optimizer: z.union([
        z.literal("AdamW"),
        optimizer.unwrap().extend({
          class_path: z.enum(["torch.optim.AdamW", "AdamW"]).optional(),
        }),
      ]).optional(),
      checkpointing: z.strictObject({
        keep_last_local: z.int().min(1).nullable(),
        upload_to_hf: z.boolean(),
        hf_repo_id: z.string().nullable(),
      }).partial().optional().meta(
        reserved("Use log.keep_last"),
      ),
    }),
    { io: "input" },
  );
  return { ...schema, title: "Settings of a training run" };
}

/**
 * A JSON schema of a model's YAML; the project's own is configs/schema/model.json.
 *
 * @returns A schema of draft 2020-12.
 */
export function modelJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(modelYaml, { io: "input" });
  return { ...schema, title: "Settings of a model" };
}

/** A model as it may be written in YAML, including keys of training scripts that are built on LitGPT. */
const modelYaml = modelSchema.extend({
  moe_aux_loss_weight: z.number().optional().meta(
    reserved("Another name of router_aux_loss_coef"),
  ),
  moe_router_stats: z.boolean().optional().meta(
    reserved("Router statistics are always measured"),
  ),
});

function dataYaml(name: DataName): z.ZodType {
  const schema: z.ZodObject = dataSchemas[name];
  const needsNothing = schema.safeParse({}).success;
  return z.strictObject({
    class_path: z.enum([name, `litgpt.data.${name}`]),
    init_args: needsNothing ? schema.nullable().optional() : schema,
  });
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

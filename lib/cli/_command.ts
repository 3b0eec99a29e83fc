/** Shared by the commands: options, errors, exit codes. */

import { parseArgs } from "node:util";
import { z } from "zod";
import { SetupError, TorchError } from "../../ffi/mod.ts";
import { StorageError } from "../files/atomic.ts";
import { CheckpointError } from "../checkpoint/manifest.ts";
import { SafetensorsError } from "../checkpoint/safetensors.ts";
import { ConfigError, nearest } from "../config/mod.ts";
import { HubError } from "../hub/mod.ts";

/** An invalid command line. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The options of a command: their names, as in `--name`, and their types. */
export type OptionSchema = z.ZodObject<Record<string, z.ZodType>>;

/** A parsed command line. */
export interface Arguments<Options> {
  readonly options: Options;
  /** The words that are not options. */
  readonly words: readonly string[];
}

/** A command. */
export interface Command<Schema extends OptionSchema> {
  /** Its usage line: `generate CHECKPOINT_DIR [options]`. */
  readonly usage: string;
  /** A sentence that describes it. */
  readonly summary: string;
  /** Its options; the descriptions are what `--help` shows. */
  readonly options: Schema;
}

/** Converts text to a number; other or empty text is returned unchanged and refused by the schema. */
function toNumber(text: unknown): unknown {
  if (typeof text !== "string" || text.trim() === "") return text;
  const value = Number(text.replaceAll("_", ""));
  return Number.isNaN(value) ? text : value;
}

/** An integer option, which may be written `1e6` or `1_000_000`. */
export const integer = z.preprocess(toNumber, z.int());

/** An integer option from 1 up. */
export const positive = z.preprocess(toNumber, z.int().min(1));

/** A number option. */
export const number = z.preprocess(toNumber, z.number());

/**
 * Reads a command line, or shows the help and returns null.
 *
 * @throws {UsageError} if an option is unknown or its value is wrong.
 */
export function readArguments<Schema extends OptionSchema>(
  command: Command<Schema>,
  argv: readonly string[],
): Arguments<z.infer<Schema>> | null {
  const names = Object.keys(command.options.shape);
  const { tokens } = parseArgs({
    args: argv.map((arg) => arg === "-h" ? "--help" : arg),
    options: Object.fromEntries(
      names.map((name) => [flagOf(name), typeOf(command, name)]),
    ),
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const given: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help") {
      console.log(helpOf(command));
      return null;
    }
    const name = token.name.replaceAll("-", "_");
    if (!names.includes(name)) {
      const meant = nearest(name, names);
      throw new UsageError(
        `Unknown option --${token.name}${
          meant === undefined ? "" : `: did you mean --${flagOf(meant)}?`
        }`,
      );
    }
    const isFlag = typeOf(command, name).type === "boolean";
    // `--name --other` lacks a value; `--name=--other` has one.
    const isMissing = token.value === undefined ||
      (!token.inlineValue && token.value.startsWith("--"));
    if (!isFlag && isMissing) {
      throw new UsageError(`--${token.name} needs a value`);
    }
    const value = token.value ?? true;
    const before = given[name];
    given[name] = isList(command, name)
      ? [...(Array.isArray(before) ? before : []), value]
      : value;
  }
  const parsed = command.options.safeParse(given);
  if (parsed.success) {
    return { options: parsed.data as z.infer<Schema>, words };
  }
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? "");
  throw new UsageError(
    `--${flagOf(name)} is ${JSON.stringify(given[name])}: ${issue?.message}`,
  );
}

/**
 * The only word of a command line that is not an option.
 *
 * @param expected Description of the word, for the message: "one CHECKPOINT_DIR".
 * @throws {UsageError} if there is none, or more than one.
 */
export function onlyWord(words: readonly string[], expected: string): string {
  const [word] = words;
  if (word !== undefined && words.length === 1) return word;
  const got = words.length === 0 ? "" : `, got ${words.join(" ")}`;
  throw new UsageError(`Expected ${expected}${got}`);
}

function flagOf(name: string): string {
  return name.replaceAll("_", "-");
}

function schemaOf(command: Command<OptionSchema>, name: string) {
  return z.toJSONSchema(command.options, {
    io: "input",
    unrepresentable: "any",
  })
    .properties?.[name] as
      | { type?: string; default?: unknown; description?: string }
      | undefined;
}

function typeOf(command: Command<OptionSchema>, name: string) {
  const isFlag = schemaOf(command, name)?.type === "boolean";
  return {
    type: isFlag ? "boolean" : "string",
    multiple: isList(command, name),
  } as const;
}

function isList(command: Command<OptionSchema>, name: string): boolean {
  return schemaOf(command, name)?.type === "array";
}

function helpOf(command: Command<OptionSchema>): string {
  const rows = Object.entries(command.options.shape).map(([name, schema]) => {
    const description = schema.description ?? "";
    const initial = schema.safeParse(undefined).data;
    const shown = initial === undefined || initial === false ||
        (Array.isArray(initial) && initial.length === 0)
      ? ""
      : ` (${initial})`;
    return `  --${flagOf(name).padEnd(18)} ${description}${shown}`;
  });
  return `Usage: deno task ${command.usage}\n\n${command.summary}\n\n${
    rows.join("\n")
  }`;
}

/** Errors that are shown as a message, without a stack. */
const EXPECTED = [
  CheckpointError,
  ConfigError,
  HubError,
  RangeError,
  SafetensorsError,
  SetupError,
  StorageError,
  SyntaxError,
  TorchError,
  UsageError,
];

/**
 * Runs a command and ends the process with its exit code. Errors that the user can fix are shown as a message,
 * others with their stack. Exit code 2 means a wrong command line or configuration; if the reader of the output
 * has gone, as with `| head`, the exit code is that of SIGPIPE.
 */
export async function runCommand(
  main: (argv: readonly string[]) => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    console.error(describeError(error));
    Deno.exit(
      error instanceof ConfigError || error instanceof UsageError ? 2 : 1,
    );
  }
}

/** Matches this project's messages (what failed, why, what to do); JavaScript's own do not have this form. */
const OF_OURS = /^(Cannot|The) [^\n]+: /;

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isPlain = error.constructor === Error || OF_OURS.test(error.message);
  if (!isPlain && !EXPECTED.some((type) => error instanceof type)) {
    return error.stack ?? error.message;
  }
  if (error instanceof TorchError && error.kind === "out of memory") {
    return `${error.message}\nHint: compute less at once: --batch-size, --num-samples or --max-new-tokens, or use --device cpu`;
  }
  return error.message;
}

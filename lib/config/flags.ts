/**
 * The command line: every key of a run as a flag, and short names for the most used ones.
 *
 * @module
 */

import { parse } from "@std/yaml";
import { parseArgs } from "node:util";
import type { Field } from "./_fields.ts";
import {
  canonicalKey,
  canonicalValue,
  type Entries,
  isSection,
} from "./_layers.ts";
import { runFields } from "./_run_fields.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { suggestKey } from "./suggest.ts";

/** Short flags and the keys they set. */
export const SHORT_FLAGS: ReadonlyMap<string, string> = new Map(Object.entries({
  compile: "optimization.compile",
  compile_mode: "optimization.compile_mode",
  compile_dynamic: "optimization.compile_dynamic",
  compile_fullgraph: "optimization.compile_fullgraph",
  flash_attention: "optimization.flash_attention",
  flash_attention_force: "optimization.flash_attention_force",
  gradient_checkpointing: "train.gradient_checkpointing",
  micro_batch_size: "train.micro_batch_size",
  global_batch_size: "train.global_batch_size",
  max_tokens: "train.max_tokens",
  max_steps: "train.max_steps",
  max_time: "train.max_time",
  max_seq_length: "train.max_seq_length",
  logger: "logger_name",
  progress: "log.progress",
}));

/** What a command line asks for. */
export interface CommandLine {
  /** `--help`: everything else is ignored. */
  readonly help: boolean;
  /** `--print-config`: show the resolved configuration instead of training. */
  readonly printConfig: boolean;
  /** `--config FILE`, or null. */
  readonly file: string | null;
  /** `--model-config FILE`, or null. */
  readonly modelFile: string | null;
  /** The keys that flags set: dotted key to value and flag. */
  readonly overrides: ReadonlyMap<
    string,
    { readonly value: unknown; readonly source: string }
  >;
}

/**
 * Reads a command line. Flags are dotted keys (`--train.max_tokens 1e6`) with underscores or dashes, or one of
 * {@linkcode SHORT_FLAGS}; `--no-KEY` switches off. A plain word is the model's name.
 *
 * @param argv The arguments after the program's name.
 * @throws {ConfigError} If a flag is unknown or lacks its value. Values are checked by `loadRunConfig`.
 * @example
 * ```ts
 * import { parseCommandLine } from "./flags.ts";
 *
 * const { overrides } = parseCommandLine(["--max-tokens", "1e6", "--no-compile"]);
 * console.log(overrides.get("train.max_tokens")?.value); // 1000000
 * console.log(overrides.get("optimization.compile")?.value); // false
 * ```
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { commandLine, problems } = readCommandLine(argv);
  if (problems.length > 0) throw new ConfigError(problems);
  return commandLine;
}

/**
 * {@linkcode parseCommandLine} that returns the problems instead of throwing.
 *
 * @internal
 */
export function readCommandLine(
  argv: readonly string[],
): { commandLine: CommandLine; problems: Problem[] } {
  const fields = runFields();
  const overrides: Entries = new Map();
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  const words: string[] = [];
  let printConfig = false;

  for (const { flag, name, value } of readFlags(argv, fields)) {
    const refuse = (message: string) =>
      problems.push({ key: flag, message, source: "command line" });
    if (name === "") {
      words.push(flag);
    } else if (name === "help") {
      return { commandLine: { ...NOTHING, help: true }, problems: [] };
    } else if (name === "print_config") {
      printConfig = true;
    } else if (name === "config" || name === "model_config") {
      if (value === undefined) refuse("needs the path of a YAML file");
      else files.set(name, value);
    } else {
      const off = name.startsWith("no_") && !fields.has(keyOf(name));
      const field = fields.get(keyOf(off ? name.slice(3) : name));
      if (field === undefined) {
        refuse(unknownFlag(off ? name.slice(3) : name, fields, off));
      } else if (off && !field.schema.safeParse(false).success) {
        refuse(`${flagOf(field.key)} cannot be switched off, it needs a value`);
      } else if (value === undefined && !isSwitch(field)) {
        refuse("needs a value");
      } else {
        overrides.set(field.key, {
          value: off ? false : readValue(field, value ?? "true"),
          source: flag,
        });
      }
    }
  }
  imply(overrides, "optimization.compile_mode", "optimization.compile");
  imply(
    overrides,
    "optimization.flash_attention_force",
    "optimization.flash_attention",
  );
  readWords(words, overrides, problems);
  const commandLine = {
    help: false,
    printConfig,
    file: files.get("config") ?? null,
    modelFile: files.get("model_config") ?? null,
    overrides,
  };
  return { commandLine, problems };
}

const NOTHING: CommandLine = {
  help: false,
  printConfig: false,
  file: null,
  modelFile: null,
  overrides: new Map(),
};

/**
 * The flag of a key.
 *
 * @param key A dotted key, "optimizer.init_args.lr".
 * @returns Its short flag if it has one, else the key as a flag: "--optimizer.lr".
 */
export function flagOf(key: string): string {
  for (const [name, long] of SHORT_FLAGS) {
    if (long === key) return `--${name.replaceAll("_", "-")}`;
  }
  return `--${key.replace(/\.(init_args|class_path)\b/, "")}`;
}

function keyOf(name: string): string {
  return SHORT_FLAGS.get(name) ?? canonicalKey(name);
}

/** A flag as written, its name with underscores, and its value; a plain word has no name. */
interface Flag {
  readonly flag: string;
  readonly name: string;
  readonly value: string | undefined;
}

function readFlags(
  argv: readonly string[],
  fields: ReadonlyMap<string, Field>,
): Flag[] {
  const options: Record<
    string,
    { type: "string" | "boolean"; short?: string }
  > = {
    help: { type: "boolean", short: "h" },
    print_config: { type: "boolean" },
    config: { type: "string", short: "c" },
    train_config: { type: "string" },
    model_config: { type: "string" },
  };
  const names = argv.map(flagName);
  for (const name of names) {
    const field = name === null ? undefined : fields.get(keyOf(name));
    if (name === null || field === undefined || name in options) continue;
    options[name] = { type: isSwitch(field) ? "boolean" : "string" };
  }
  const { tokens } = parseArgs({
    args: argv.map((arg, i) =>
      names[i] ? `--${names[i]}${arg.slice(names[i].length + 2)}` : arg
    ),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const flags: Flag[] = [];
  for (const [i, token] of tokens.entries()) {
    const [flag = ""] = argv[token.index]?.split("=") ?? [];
    if (token.kind === "option") {
      flags.push({
        flag,
        name: token.name === "train_config" ? "config" : token.name,
        value: token.value?.startsWith("--") ? undefined : token.value,
      });
    } else if (token.kind === "positional") {
      const before = tokens[i - 1];
      const last = flags.at(-1);
      if (
        before?.kind === "option" && last?.value === undefined &&
        last !== undefined && takesWord(last.name, token.value, fields)
      ) {
        flags[flags.length - 1] = { ...last, value: token.value };
      } else flags.push({ flag: token.value, name: "", value: token.value });
    }
  }
  return flags;
}

/** The name in "--some-key=value" with underscores; null for anything but a long flag. */
function flagName(arg: string): string | null {
  const match = /^--([^=]+)/.exec(arg);
  return match?.[1]?.replaceAll("-", "_") ?? null;
}

/** Whether a flag may stand without a value. */
function isSwitch(field: Field): boolean {
  return field.schema.safeParse(true).success;
}

/** Whether the word behind a switch, or behind an unknown flag, belongs to it. */
function takesWord(
  name: string,
  word: string,
  fields: ReadonlyMap<string, Field>,
): boolean {
  if (name === "help" || name === "print_config") return false;
  const field = fields.get(keyOf(name));
  return field === undefined || field.key === "resume" ||
    typeof parseScalar(word) === "boolean";
}

function readValue(field: Field, text: string): unknown {
  const isList = Array.isArray(field.default) ||
    (field.schema.safeParse([]).success);
  const parsed = parseScalar(
    isList && !text.startsWith("[") ? `[${text}]` : text,
  );
  const candidates = typeof parsed === "string" ? [text] : [parsed, text];
  const values = candidates.map((value) => canonicalValue(field.key, value));
  return values.find((value) => field.schema.safeParse(value).success) ??
    values[0];
}

function parseScalar(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function imply(overrides: Entries, key: string, implied: string): void {
  const given = overrides.get(key);
  if (given === undefined || given.value === false || overrides.has(implied)) {
    return;
  }
  overrides.set(implied, { value: true, source: given.source });
}

function readWords(
  words: readonly string[],
  overrides: Entries,
  problems: Problem[],
): void {
  const source = "command line";
  const [first, ...more] = words;
  if (first !== undefined && /\.ya?ml$/.test(first)) {
    more.unshift(first);
  } else if (first !== undefined) {
    overrides.set("model_name", { value: first, source });
  }
  for (const key of more) {
    problems.push({
      key,
      message: /\.ya?ml$/.test(key)
        ? "belongs behind --config or --model-config"
        : "is not expected here: only the model's name can stand without a flag",
      source,
    });
  }
}

function unknownFlag(
  name: string,
  fields: ReadonlyMap<string, Field>,
  off: boolean,
): string {
  if (isSection(name)) return "is a section: set its keys, --help lists them";
  const meant = suggestKey(name, [
    ...SHORT_FLAGS.keys(),
    "config",
    "help",
    "print_config",
    ...fields.keys(),
  ]);
  if (meant === undefined) return "unknown flag; --help lists all flags";
  const flag = flagOf(SHORT_FLAGS.get(meant) ?? meant);
  return `unknown flag; did you mean ${
    off ? flag.replace("--", "--no-") : flag
  }?`;
}

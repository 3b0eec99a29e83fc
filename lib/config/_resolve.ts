/** From entries (dotted key, value, source) to checked values, with every problem found. */

import { allowedBy, type Field, wordsOf } from "./_fields.ts";
import { HINTS } from "./_hints.ts";
import { type Problem, showValue } from "./problem.ts";
import { nearest, suggestKey } from "./suggest.ts";

/** A value that was given, and its source. */
export interface Entry {
  readonly value: unknown;
  readonly source: string;
}

/** A rule that involves several keys; it is skipped if one of them already has a problem. */
export interface Check<Config> {
  /** The keys it reads; the problem is reported at the first. */
  readonly keys: readonly string[];
  /** What is wrong, or null. */
  problem(config: Config, given: (key: string) => unknown): string | null;
}

/** What {@linkcode resolveLeaves} found. */
export interface Leaves {
  /** The right values, nested by section. */
  readonly values: Record<string, unknown>;
  readonly problems: Problem[];
  /** The value that was given for this key; undefined if the key has its default. */
  given(key: string): unknown;
  /** Applies rules about several keys to the whole configuration. */
  check<Config>(
    checks: readonly Check<Config>[],
    config: Config,
    section?: string,
  ): Problem[];
}

/**
 * Checks every entry against its field.
 *
 * @param entries Dotted key to value.
 * @param fields All known keys.
 * @param explain Returns an explanation of an unknown key, if there is one.
 */
export function resolveLeaves(
  entries: ReadonlyMap<string, Entry>,
  fields: ReadonlyMap<string, Field>,
  explain: (key: string) => string | undefined = () => undefined,
): Leaves {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const wrong = new Set<string>();

  for (const [key, { value, source }] of entries) {
    const field = fields.get(key);
    if (field === undefined) {
      const meant = suggestKey(key, fields.keys());
      wrong.add(key).add(meant ?? key);
      const message = explain(key) ?? unknownKey(meant);
      problems.push({ key, message, source });
      continue;
    }
    const result = field.schema.safeParse(value);
    if (result.success) {
      setNested(values, key, result.data);
    } else {
      wrong.add(key);
      problems.push({ key, message: wrongValue(field, value), source });
    }
  }
  for (const [key, field] of fields) {
    if (field.default !== undefined || entries.has(key)) continue;
    wrong.add(key);
    problems.push({
      key,
      message: `is missing: give ${allowedBy(field.schema)}`,
      source: "required",
    });
  }

  return {
    values,
    problems,
    given: (key) => entries.get(key)?.value,
    check: (checks, config, section = "") =>
      checks.flatMap((check) => {
        const keys = check.keys.map((key) => section + key);
        if (keys.some((key) => wrong.has(key))) return [];
        const given = (key: string) => entries.get(section + key)?.value;
        const message = check.problem(config, given);
        if (message === null) return [];
        const [key = ""] = keys;
        const source = entries.get(key)?.source ?? "default";
        return [{ key, message, source }];
      }),
  };
}

function unknownKey(meant: string | undefined): string {
  return meant === undefined
    ? "unknown key; --help lists all keys"
    : `unknown key; did you mean ${meant}?`;
}

function wrongValue(field: Field, value: unknown): string {
  const word = typeof value === "string"
    ? nearest(value, wordsOf(field.schema))
    : undefined;
  const hint = HINTS.find((each) =>
    each.key === field.key && each.when.test(String(value))
  );
  const message = `${showValue(value)} is not allowed, expected ${
    allowedBy(field.schema)
  }`;
  if (hint !== undefined) return `${message}; ${hint.hint}`;
  return word === undefined ? message : `${message}; did you mean ${word}?`;
}

function setNested(
  target: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  const words = key.split(".");
  const last = words.pop() ?? key;
  let section = target;
  for (const word of words) {
    const next = section[word] ?? {};
    section[word] = next;
    section = next as Record<string, unknown>;
  }
  section[last] = value;
}

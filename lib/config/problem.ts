/**
 * Problems with a configuration, and the error that reports them.
 *
 * @module
 */

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** The dotted key concerned ("train.max_tokens"), or the flag or file. */
  readonly key: string;
  /** What is wrong and what is expected. */
  readonly message: string;
  /** Where the value came from: a file, a flag, "default", "code". */
  readonly source: string;
}

/** A configuration that cannot be used; {@linkcode ConfigError.problems} lists everything found, the message shows it. */
export class ConfigError extends Error {
  /** "ConfigError". */
  override readonly name = "ConfigError";
  /** Everything that is wrong, in the order it was found. */
  readonly problems: readonly Problem[];

  /**
   * An error for these problems.
   *
   * @param problems At least one.
   */
  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ key, message, source }) =>
      `  ${key}: ${message}${source === key ? "" : ` (${source})`}`
    );
    const count = problems.length === 1
      ? "1 problem"
      : `${problems.length} problems`;
    super(
      [`Cannot use this configuration: ${count} found`, ...lines].join("\n"),
    );
    this.problems = problems;
  }
}

/**
 * Shows a value from a configuration in a message.
 *
 * @param value Any value YAML can give.
 * @returns At most 60 characters of it.
 */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing (null)";
  if (value instanceof Date) {
    return `the date ${value.toISOString().slice(0, 10)} (quotes make it text)`;
  }
  const text = typeof value === "number"
    ? String(value)
    : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

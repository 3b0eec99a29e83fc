/**
 * Reading YAML: see `mod.ts`.
 *
 * @module
 */

// @ts-types="@types/js-yaml"
import { load, loadAll, type LoadOptions, YAMLException } from "js-yaml";
import { schemaOf, type SchemaType } from "./_schema.ts";

export type { SchemaType };

/** Options for {@linkcode parse} and {@linkcode parseAll}. */
export interface ParseOptions {
  /** Name of the schema to use. Default: "default". */
  schema?: SchemaType;
  /** Let a later key overwrite an earlier one of the same name instead of throwing. Default: false. */
  allowDuplicateKeys?: boolean;
  /** Called with every warning. */
  onWarning?(error: Error): void;
}

/**
 * Reads one YAML document.
 *
 * @param content The text.
 * @param options How to read it.
 * @returns The value; null for an empty document.
 * @throws {SyntaxError} If the text is not valid YAML, repeats a key, or holds more than one document.
 */
export function parse(content: string, options: ParseOptions = {}): unknown {
  return withSyntaxErrors(() => load(content, loadOptions(options)) ?? null);
}

/**
 * Reads a text of several YAML documents separated by `---`.
 *
 * @param content The text.
 * @param options How to read it.
 * @returns An array of the documents' values.
 * @throws {SyntaxError} If the text is not valid YAML or repeats a key.
 */
export function parseAll(content: string, options: ParseOptions = {}): unknown {
  return withSyntaxErrors(() => loadAll(content, null, loadOptions(options)));
}

function loadOptions(options: ParseOptions): LoadOptions {
  return {
    schema: schemaOf(options.schema),
    json: options.allowDuplicateKeys ?? false,
    onWarning: (warning) => options.onWarning?.(warning),
  };
}

function withSyntaxErrors<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new SyntaxError(error.message, { cause: error });
  }
}

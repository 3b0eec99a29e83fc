/**
 * Writing YAML: see `mod.ts`.
 *
 * @module
 */

// @ts-types="@types/js-yaml"
import { dump, YAMLException } from "js-yaml";
import { schemaOf, type SchemaType } from "./_schema.ts";

export type { SchemaType };

/** How a type is written, for instance "hexadecimal" for integers. */
export type StyleVariant =
  | "lowercase"
  | "uppercase"
  | "camelcase"
  | "decimal"
  | "binary"
  | "octal"
  | "hexadecimal";

/** Options for {@linkcode stringify}. */
export type StringifyOptions = {
  /** Spaces an indentation step. Default: 2. */
  indent?: number;
  /** Indent the items of a list below their key. Default: true. */
  arrayIndent?: boolean;
  /** Leave out what YAML cannot express instead of throwing. Default: false. */
  skipInvalid?: boolean;
  /** Depth from which collections are written in one line; -1 is never. Default: -1. */
  flowLevel?: number;
  /** Style by tag. */
  styles?: Record<string, StyleVariant>;
  /** Name of the schema to use. Default: "default". */
  schema?: SchemaType;
  /** Sort keys, by this function if it is one. Default: false. */
  sortKeys?: boolean | ((a: string, b: string) => number);
  /** Column after which text is folded; -1 is never. Default: 80. */
  lineWidth?: number;
  /** Write an object that occurs twice once, and then refer to it. Default: true. */
  useAnchors?: boolean;
  /** Quote what YAML 1.1 would read as something else ("yes", "no"). Default: true. */
  compatMode?: boolean;
  /** No spaces in collections written in one line. Default: false. */
  condenseFlow?: boolean;
};

/**
 * Writes a value as a YAML document.
 *
 * @param data The value.
 * @param options How to write it.
 * @returns The text, ending in a line feed.
 * @throws {TypeError} If the value holds something YAML cannot express, such as a function.
 */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  const { arrayIndent, useAnchors, compatMode, schema, ...rest } = options;
  try {
    return dump(data, {
      ...rest,
      schema: schemaOf(schema),
      noArrayIndent: arrayIndent === false,
      noRefs: useAnchors === false,
      noCompatMode: compatMode === false,
    });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new TypeError(error.message, { cause: error });
  }
}

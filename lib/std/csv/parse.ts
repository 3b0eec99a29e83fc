/**
 * Reading CSV: see `mod.ts`.
 *
 * @module
 */

// @ts-types="./_csv_parse.d.ts"
import { CsvError, parse as parseRows } from "csv-parse/sync";

/** Options for {@linkcode parse}. */
export interface ParseOptions {
  /** What separates values. Default: ",". */
  separator?: string;
  /** Lines that start with this character are left out. Default: none. */
  comment?: string;
  /** Remove the white space in front of a value. Default: false. */
  trimLeadingSpace?: boolean;
  /** Accept quotes inside values that are not quoted. Default: false. */
  lazyQuotes?: boolean;
  /** Number of values each row must have; 0 is as many as the first row; negative is any number. Default: any. */
  fieldsPerRecord?: number;
  /** Leave out the first row; without `columns` it names the columns. Default: false. */
  skipFirstRow?: boolean;
  /** Names of the columns. */
  columns?: readonly string[];
}

/** A row by column name: every named column has a value where the names are known to the type checker. */
export type RecordWithColumn<C extends string> = string extends C
  ? Record<string, string | undefined>
  : Record<C, string>;

/** What {@linkcode parse} returns for options of type T: objects where columns are named, else arrays of strings. */
export type ParseResult<Options, T> = T extends
  Options & { columns: readonly (infer C extends string)[] }
  ? RecordWithColumn<C>[]
  : T extends Options & { skipFirstRow: true }
    ? Record<string, string | undefined>[]
  : T extends Options & { columns?: undefined; skipFirstRow?: false }
    ? string[][]
  : Record<string, string | undefined>[] | string[][];

/**
 * Reads CSV into arrays of strings.
 *
 * @param input The text; a byte-order mark is skipped.
 * @returns A row for each line that is not empty.
 * @throws {SyntaxError} If a quote is missing or stands where none may be.
 */
export function parse(input: string): string[][];
/**
 * Reads CSV into arrays of strings, or into objects if the columns are named.
 *
 * @typeParam T The type of the options, which decides that of the result.
 * @param input The text; a byte-order mark is skipped.
 * @param options How to read it.
 * @returns A row for each line that is not empty.
 * @throws {SyntaxError} If a quote is missing or stands where none may be, or a row has the wrong number of values.
 * @throws {TypeError} If the first row shall name the columns and there is none.
 */
export function parse<const T extends ParseOptions>(
  input: string,
  options: T,
): ParseResult<ParseOptions, T>;
export function parse(
  input: string,
  options: ParseOptions = {},
): string[][] | Record<string, string | undefined>[] {
  const rows = readRows(input, options);
  checkFieldCounts(rows, options.fieldsPerRecord);
  if (!options.skipFirstRow && options.columns === undefined) return rows;

  const first = options.skipFirstRow ? rows.shift() : undefined;
  const columns = options.columns ?? first;
  if (columns === undefined) throw new TypeError("Headers must be defined");
  return rows.map((row, index) => {
    if (row.length !== columns.length) {
      throw new SyntaxError(
        `Row ${index + 1} has ${row.length} fields, expected ${columns.length}`,
      );
    }
    return Object.fromEntries(columns.map((name, i) => [name, row[i]]));
  });
}

function readRows(input: string, options: ParseOptions): string[][] {
  try {
    return parseRows(input.replaceAll("\r\n", "\n"), {
      bom: true,
      delimiter: options.separator ?? ",",
      record_delimiter: "\n",
      skip_empty_lines: true,
      relax_column_count: true,
      relax_quotes: options.lazyQuotes ?? false,
      ltrim: options.trimLeadingSpace ?? false,
      ...(options.comment === undefined
        ? {}
        : { comment: options.comment, comment_no_infix: true }),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new SyntaxError(error.message, { cause: error });
  }
}

function checkFieldCounts(
  rows: readonly string[][],
  fieldsPerRecord: number | undefined,
): void {
  if (fieldsPerRecord === undefined || fieldsPerRecord < 0) return;
  const expected = fieldsPerRecord || rows[0]?.length;
  rows.forEach((row, index) => {
    if (row.length === expected) return;
    throw new SyntaxError(
      `Row ${index + 1} has ${row.length} fields, expected ${expected}`,
    );
  });
}

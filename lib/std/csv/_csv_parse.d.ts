// What is used of csv-parse 7: its own declarations need those of Node.

/** Options for {@linkcode parse}. */
export interface Options {
  bom: boolean;
  comment?: string;
  comment_no_infix?: boolean;
  delimiter: string;
  ltrim: boolean;
  record_delimiter: string;
  relax_column_count: boolean;
  relax_quotes: boolean;
  skip_empty_lines: boolean;
}

/** What {@linkcode parse} throws. */
export class CsvError extends Error {}

/** Reads rows of strings. */
export function parse(input: string, options: Options): string[][];

// What is used of csv-stringify 6: its own declarations need those of Node.

/** Options for {@linkcode stringify}. */
export interface Options {
  delimiter: string;
  quoted_match: RegExp;
  record_delimiter: string;
}

/** Writes rows of strings. */
export function stringify(rows: string[][], options: Options): string;

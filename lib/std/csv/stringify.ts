/**
 * Writing CSV: see `mod.ts`.
 *
 * @module
 */

// @ts-types="./_csv_stringify.d.ts"
import { stringify as stringifyRows } from "csv-stringify/sync";

/** A key of an object or an index of an array. */
export type PropertyAccessor = number | string;

/** A column: where its values are found, and its name if that is not the last accessor. */
export type ColumnDetails = {
  /** Name of the column. */
  header?: string;
  /** Where the value is found in an item. */
  prop: PropertyAccessor | PropertyAccessor[];
};

/** A column, in long or short form. */
export type Column = ColumnDetails | PropertyAccessor | PropertyAccessor[];

/** One row: an object or an array. */
export type DataItem = Readonly<Record<string, unknown> | unknown[]>;

/** Options for {@linkcode stringify}. */
export type StringifyOptions = {
  /** Write a first row with the columns' names. Default: true. */
  headers?: boolean;
  /** What separates values. Default: ",". */
  separator?: string;
  /** The columns; needed if the rows are objects. Default: every element of an array. */
  columns?: readonly Column[];
  /** Start with a byte-order mark. Default: false. */
  bom?: boolean;
};

/**
 * Writes rows as CSV.
 *
 * @param data The rows.
 * @param options How to write them.
 * @returns The text; lines end in CR LF as RFC 4180 asks.
 * @throws {TypeError} If the separator is a quote or a line end, or a row is an object and no columns are given.
 */
export function stringify(
  data: readonly DataItem[],
  options: StringifyOptions = {},
): string {
  const { headers = true, separator = ",", bom = false } = options;
  if (separator.includes('"') || separator.includes("\r\n")) {
    throw new TypeError("Separator cannot include a quote or a line end");
  }
  const columns = (options.columns ?? []).map(normalize);
  const rows = data.map((item) => valuesOf(item, columns).map(asText));
  if (headers && columns.length > 0) {
    rows.unshift(columns.map((column) => column.header));
  }
  return (bom ? "\ufeff" : "") + stringifyRows(rows, {
    delimiter: separator,
    record_delimiter: "\r\n",
    // csv-stringify looks for the whole CR LF only.
    quoted_match: /\n/,
  });
}

type NormalizedColumn = { header: string; path: readonly PropertyAccessor[] };

function normalize(column: Column): NormalizedColumn {
  const details = typeof column === "object" && !Array.isArray(column)
    ? column
    : { prop: column };
  const path = Array.isArray(details.prop) ? details.prop : [details.prop];
  return { header: details.header ?? String(path.at(-1)), path };
}

function valuesOf(
  item: DataItem,
  columns: readonly NormalizedColumn[],
): unknown[] {
  if (columns.length > 0) return columns.map(({ path }) => valueAt(item, path));
  if (Array.isArray(item)) return [...item];
  throw new TypeError("No property accessor function was provided for object");
}

function valueAt(item: DataItem, path: readonly PropertyAccessor[]): unknown {
  let value: unknown = item;
  for (const key of path) {
    if (typeof value !== "object" || value === null) break;
    if (Array.isArray(value) && typeof key !== "number") {
      throw new TypeError('Property accessor is not of type "number"');
    }
    value = Reflect.get(value, key);
  }
  return value;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

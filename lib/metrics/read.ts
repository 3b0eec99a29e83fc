/** Reading `metrics.csv`, ours and LitGPT's. */

import { parse } from "@std/csv";
import { StorageError } from "../files/atomic.ts";

/**
 * Reads a file of metrics, also while it is being written: one row of numbers a
 * line, without the empty cells. A last line without a line end is skipped,
 * because its last number may be incomplete.
 *
 * @example
 * ```ts ignore
 * const rows = await readMetrics("out/pretrain/metrics.csv");
 * const losses = rows.map(({ iter, loss }) => [iter, loss]);
 * ```
 *
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {SyntaxError} If a cell is not a number, or a row has too many or too
 * few.
 */
export async function readMetrics(
  path: string,
): Promise<Record<string, number>[]> {
  return parseMetrics(await Deno.readTextFile(path), { source: path });
}

/**
 * Reads the text of a file of metrics; `source` names it in errors.
 *
 * @throws {SyntaxError} If a cell is not a number, or a row has too many or too
 * few.
 */
export function parseMetrics(
  text: string,
  options: { source?: string } = {},
): Record<string, number>[] {
  const { source = "metrics" } = options;
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  const [columns = [], ...lines] = parse(complete);
  return lines.map((cells, index) => {
    const where = `${source}, row ${index + 1}`;
    if (cells.length !== columns.length) {
      throw new SyntaxError(
        `Cannot read ${where}: it has ${cells.length} cells, and there are ` +
          `${columns.length} columns`,
      );
    }
    const row: [string, number][] = [];
    for (const [i, cell] of cells.entries()) {
      if (cell === "") continue;
      const name = columns[i] ?? "";
      row.push([name, parseNumber(cell, `${where}, column "${name}"`)]);
    }
    return Object.fromEntries(row);
  });
}

/**
 * The text of a file; empty if the file does not exist.
 *
 * @throws {StorageError} If the file exists and cannot be read.
 */
export function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "";
    throw new StorageError("read", path, { cause });
  }
}

/** A number as Python and pandas write it. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Infinity) return "inf";
  return value === -Infinity ? "-inf" : String(value);
}

function parseNumber(cell: string, where: string): number {
  const special = SPECIAL_NUMBERS[cell.toLowerCase()];
  if (special !== undefined) return special;
  const value = Number(cell);
  if (cell.trim() !== "" && !Number.isNaN(value)) return value;
  throw new SyntaxError(`Cannot read ${where}: "${cell}" is not a number`);
}

const SPECIAL_NUMBERS: Record<string, number> = {
  nan: NaN,
  inf: Infinity,
  "-inf": -Infinity,
};

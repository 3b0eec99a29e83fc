/**
 * `metrics.csv`: fixed columns with a header, one write per row; on resume, the
 * rows continue at the checkpoint.
 */

import { existsSync } from "node:fs";
import { StorageError } from "../files/atomic.ts";
import { METRIC_COLUMNS, type MetricsLogger } from "./columns.ts";
import { formatNumber, parseMetrics, readIfThere } from "./read.ts";
import { type AppendedFile, openAppendedFile } from "./appended_file.ts";

/** Options of {@linkcode openMetricsCsv}. */
export interface MetricsCsvOptions {
  /** The columns. Default: {@linkcode METRIC_COLUMNS}. */
  columns?: readonly string[];
  /**
   * The first `iter` that will be logged: earlier rows are kept; rows from there
   * on, which a process wrote after its last checkpoint, are removed. Without it
   * a new file is started, and an existing one is moved aside.
   */
  resumeAtIter?: number;
}

/** An open `metrics.csv`. */
export interface MetricsCsv extends MetricsLogger {
  /** The file. */
  readonly path: string;
  /** The new path of an existing file that was moved aside, or null. */
  readonly movedTo: string | null;
  /** Writes a row of the file's columns. */
  log(row: Readonly<Partial<Record<string, number>>>): void;
}

/**
 * Opens a file of metrics to append rows to.
 *
 * @example
 * ```ts
 * import { openMetricsCsv } from "./csv.ts";
 *
 * using metrics = openMetricsCsv("/tmp/moebius-metrics.csv", {
 *   resumeAtIter: 1,
 * });
 * metrics.log({ iter: 1, loss: 9.01, learning_rate: 3e-4 });
 * ```
 *
 * @throws {StorageError} If the file cannot be opened.
 * @throws {SyntaxError} If the part of the file to keep does not contain metrics.
 */
export function openMetricsCsv(
  path: string,
  options: MetricsCsvOptions = {},
): MetricsCsv {
  const { columns = METRIC_COLUMNS, resumeAtIter } = options;
  const known = new Set(columns);
  const header = columns.join(",") + "\n";
  const old = readIfThere(path);
  const hasRows = old.includes("\n");
  const goesOn = resumeAtIter !== undefined && old.startsWith(header);
  const carried: string[] = [];
  if (resumeAtIter !== undefined && !goesOn) {
    for (const row of parseMetrics(old, { source: path })) {
      if (isFrom(resumeAtIter, row["iter"])) break;
      carried.push(formatRow(row, columns));
    }
  }
  const movedTo = hasRows && !goesOn ? moveAside(path) : null;
  const file = openAppendedFile(path);
  if (goesOn) {
    file.truncate(lengthBefore(resumeAtIter, old, columns));
  } else {
    file.truncate(0); // The file has at most an incomplete header.
    append(file, header + carried.join(""));
  }
  return {
    path,
    movedTo,
    log(row) {
      const unknown = Object.keys(row).find((name) => !known.has(name));
      if (unknown !== undefined) {
        throw new TypeError(
          `Cannot log the metric "${unknown}": the columns of ${path} are ` +
            columns.join(", "),
        );
      }
      append(file, formatRow(row, columns));
    },
    sync: () => file.sync(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function formatRow(
  row: Readonly<Partial<Record<string, number>>>,
  columns: readonly string[],
): string {
  const cells = columns.map((name) => {
    const value = row[name];
    return value === undefined ? "" : formatNumber(value);
  });
  return cells.join(",") + "\n";
}

/** Characters of the header and the whole rows before `resumeAtIter`. */
function lengthBefore(
  resumeAtIter: number,
  text: string,
  columns: readonly string[],
): number {
  const column = columns.indexOf("iter");
  let begin = text.indexOf("\n") + 1;
  for (;;) {
    const end = text.indexOf("\n", begin);
    if (end === -1) return begin;
    const cell = text.slice(begin, end).split(",")[column];
    if (isFrom(resumeAtIter, cell ? Number(cell) : undefined)) return begin;
    begin = end + 1;
  }
}

function isFrom(resumeAtIter: number, iter: number | undefined): boolean {
  return iter !== undefined && iter >= resumeAtIter;
}

/** Renames `metrics.csv` to the first free of `metrics-1.csv`, -2, ... */
function moveAside(path: string): string {
  const [, stem = path, extension = ""] = /^(.*?)(\.[^./]*)?$/.exec(path) ?? [];
  for (let number = 1;; number++) {
    const aside = `${stem}-${number}${extension}`;
    if (existsSync(aside)) continue;
    try {
      Deno.renameSync(path, aside);
    } catch (cause) {
      throw new StorageError("move aside", path, { cause });
    }
    return aside;
  }
}

function append(file: AppendedFile, text: string): void {
  file.append(new TextEncoder().encode(text));
}

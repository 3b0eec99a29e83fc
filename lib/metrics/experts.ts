/**
 * `experts.csv`: the number of tokens that each expert took since the previous row, with one column `LAYER.EXPERT`
 * for each expert of each layer. On resume it is handled like `metrics.csv`.
 */

import { openMetricsCsv } from "./csv.ts";
import { parseMetrics, readIfThere } from "./read.ts";

/** The file's name in the folder of a run. */
export const EXPERTS_FILE = "experts.csv";

/** Expert loads over several steps. */
export interface ExpertCounts {
  /** The layers that have experts. */
  readonly layers: readonly number[];
  /** Tokens of each expert [layers][experts]. */
  readonly counts: readonly (readonly number[])[];
}

/** An `experts.csv` that is written. */
export interface ExpertsCsv extends Disposable {
  /** Appends a row; the first opens the file. */
  log(
    counts: ExpertCounts,
    place: { readonly iter: number; readonly optimizer_step: number },
  ): void;
  /** Flushes everything to the storage device. */
  sync(): void;
}

/**
 * A file of what experts took, to append to.
 *
 * @param options `resumeAtIter`: as for {@linkcode openMetricsCsv}.
 *
 * @example
 * ```ts
 * import { openExpertsCsv } from "./experts.ts";
 *
 * using experts = openExpertsCsv("/tmp/moebius-experts.csv");
 * const counts = { layers: [0], counts: [[120, 136]] };
 * experts.log(counts, { iter: 1, optimizer_step: 1 });
 * ```
 */
export function openExpertsCsv(
  path: string,
  options: { resumeAtIter?: number } = {},
): ExpertsCsv {
  let file: ReturnType<typeof openMetricsCsv> | undefined;
  return {
    log({ layers, counts }, place) {
      const cells = layers.flatMap((layer, row) =>
        counts[row]!.map((count, expert) =>
          [`${layer}.${expert}`, count] as const
        )
      );
      const row = { ...place, ...Object.fromEntries(cells) };
      file ??= openMetricsCsv(path, { ...options, columns: Object.keys(row) });
      file.log(row);
    },
    sync: () => file?.sync(),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

/** The content of an `experts.csv`. */
export interface ExpertHistory {
  /** The layers that have experts. */
  readonly layers: readonly number[];
  /** The rows. */
  readonly loads: readonly (Pick<ExpertCounts, "counts"> & {
    /** The last optimizer step that was counted. */
    readonly step: number;
  })[];
}

/**
 * Reads an `experts.csv`, also while it is being written; the file may be missing.
 *
 * @throws {SyntaxError} if it is something else.
 * @throws {StorageError} if it cannot be read.
 */
export function readExpertsCsv(path: string): ExpertHistory {
  const rows = parseMetrics(readIfThere(path), { source: path });
  const names = Object.keys(rows[0] ?? {}).filter((name) => name.includes("."));
  const layers = [...new Set(names.map((name) => Number(name.split(".")[0])))];
  const columns = layers.map((layer) =>
    names.filter((name) => name.startsWith(`${layer}.`))
  );
  const loads = rows.map((row) => ({
    step: row["optimizer_step"] ?? 0,
    counts: columns.map((names) => names.map((name) => row[name] ?? 0)),
  }));
  return { layers, loads };
}

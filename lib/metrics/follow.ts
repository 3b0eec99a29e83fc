/**
 * Reading `metrics.csv` while another process writes it.
 *
 * @module
 */

import type { MetricsRow } from "./columns.ts";
import { readMetrics } from "./read.ts";

/** Options of {@linkcode followMetrics}. */
export interface FollowOptions {
  /** Milliseconds between looks at the file. Default: 500. */
  readonly intervalMs?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Called after each read, once new rows have been yielded; true ends the iteration. */
  readonly until?: () => Promise<boolean>;
}

/**
 * Yields all rows of a file of metrics whenever there are new ones, until the signal or `until` ends it. It waits
 * for a file that does not exist yet, and rereads a file that was started again for another run.
 *
 * @throws {SyntaxError} If the file holds no metrics.
 */
export async function* followMetrics(
  path: string,
  { intervalMs = 500, signal, until }: FollowOptions = {},
): AsyncGenerator<MetricsRow[]> {
  let seen = "";
  while (!signal?.aborted) {
    const state = await stateOf(path);
    if (state !== undefined && state !== seen) {
      seen = state;
      yield await readMetrics(path);
    }
    if (await until?.()) return;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

/** A value that changes whenever the file changes. */
async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { size, mtime, ino } = await Deno.stat(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Points of a line: as many as a screen can show, and smoothed. */

import { rounded } from "./figure.ts";

/** A line's points. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/** Most points of a line: more would not be seen, and would be sent with every update. */
export const MAX_POINTS = 300;

/**
 * Reduces a line to at most `most` points by averaging neighbours, so that no peak is picked by chance. The
 * last point is kept, because readers look at its value. Values that are not finite are omitted.
 */
export function thinned(
  points: readonly (readonly [x: number, y: number])[],
  most = MAX_POINTS,
): [x: number, y: number][] {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const last = finite.at(-1);
  if (finite.length <= most || last === undefined) {
    return finite.map(([x, y]) => [x, y]);
  }
  const size = Math.ceil((finite.length - 1) / (most - 1));
  const thin: [number, number][] = [];
  for (let start = 0; start < finite.length - 1; start += size) {
    const bucket = finite.slice(
      start,
      Math.min(start + size, finite.length - 1),
    );
    const mean = (index: 0 | 1) =>
      bucket.reduce((sum, point) => sum + point[index], 0) / bucket.length;
    thin.push([mean(0), mean(1)]);
  }
  thin.push([last[0], last[1]]);
  return thin;
}

/**
 * Averages each value with its neighbours on both sides, up to `neighbours` each: a mean of past values alone
 * would lie above a falling loss. At the end, where later values are missing, past values alone are used. Values
 * that are not finite are omitted.
 */
export function smoothed(
  points: readonly (readonly [x: number, y: number])[],
  neighbours: number,
): [x: number, y: number][] {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const sums = [0];
  for (const [, y] of finite) sums.push(sums.at(-1)! + y);
  return finite.map(([x], i) => {
    const reach = Math.min(neighbours, i);
    const start = i - reach;
    const end = Math.min(i + reach + 1, finite.length);
    return [x, (sums[end]! - sums[start]!) / (end - start)];
  });
}

/** For Plotly: two lists of rounded numbers. */
export function columns(
  points: readonly (readonly [x: number, y: number])[],
): Points {
  return {
    x: points.map(([x]) => rounded(x) ?? 0),
    y: points.map(([, y]) => rounded(y)),
  };
}

/**
 * Table of the tokens that the experts of a layer specialise in.
 *
 * @module
 */

import { tableBundle } from "./_html.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

/** The tokens of one expert. */
export interface ExpertTokenRow {
  /** Index of the expert. */
  readonly expert: number;
  /** The tokens that it is most specialised in. */
  readonly tokens: readonly {
    /** The token's text. */
    readonly text: string;
    /** Share of this token's occurrences that go to the expert. */
    readonly share: number;
    /** Number of occurrences that go to the expert. */
    readonly times: number;
  }[];
}

/**
 * For each expert, the tokens that it takes most often relative to their frequency.
 *
 * @param ids All tokens [N].
 * @param chosen Their experts [N * K].
 */
export function expertTokens(
  ids: readonly number[],
  chosen: readonly number[],
  options: {
    /** Number of experts. */
    readonly experts: number;
    /** Maximum number of tokens listed for an expert. */
    readonly count: number;
    /** Minimum number of times that an expert took a token for it to be listed. */
    readonly atLeast: number;
    /** Text of a token. */
    readonly textOf: (id: number) => string;
  },
): ExpertTokenRow[] {
  const K = chosen.length / ids.length;
  const totals = new Map<number, number>();
  const taken = Array.from(
    { length: options.experts },
    () => new Map<number, number>(),
  );
  for (const [i, id] of ids.entries()) {
    totals.set(id, (totals.get(id) ?? 0) + 1);
    for (const expert of chosen.slice(i * K, (i + 1) * K)) {
      const tokens = taken[expert]!;
      tokens.set(id, (tokens.get(id) ?? 0) + 1);
    }
  }
  return taken.map((tokens, expert) => ({
    expert,
    tokens: [...tokens]
      .filter(([, times]) => times >= options.atLeast)
      .map(([id, times]) => ({ id, times, share: times / totals.get(id)! }))
      .sort((a, b) => b.share - a.share || b.times - a.times)
      .slice(0, options.count)
      .map(({ id, ...rest }) => ({ text: options.textOf(id), ...rest })),
  }));
}

/** A table of the tokens that experts specialise in; made by {@linkcode Routing.topTokens}. */
export class ExpertTokens {
  /** The layer. */
  readonly layer: number;
  /** One row per expert. */
  readonly rows: readonly ExpertTokenRow[];

  /** A table for a layer. */
  constructor(layer: number, rows: readonly ExpertTokenRow[]) {
    this.layer = layer;
    this.rows = rows;
  }

  /** The view in a notebook. */
  [DISPLAY](): DisplayBundle {
    const head = [
      `expert of layer ${this.layer}`,
      "tokens it takes most of, and what part of them",
    ];
    const rows = this.rows.map(({ expert, tokens }) => [
      `${expert}`,
      tokens.map(({ text, share }) =>
        `${JSON.stringify(text)} ${Math.round(100 * share)}%`
      ).join(" \u00b7 "),
    ]);
    return tableBundle(head, rows);
  }

  /** The text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return String(this[DISPLAY]()["text/plain"]);
  }
}

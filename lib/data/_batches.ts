/**
 * Pieces of documents to batches of pieces, split decided.
 *
 * @module
 */

import type { SplitPiece } from "./_text_source.ts";
import type { Split } from "./manifest.ts";
import { Random } from "./random.ts";

/** What decides the split where the source does not. */
export interface SplitRule {
  valFraction: number;
  seed: number;
}

/** Text handed to a worker at a time, in UTF-16 units. */
const BATCH_LENGTH = 1 << 18;

/** Pieces to encode together, and how far the input is done after them. */
export interface Batch {
  pieces: DecidedPiece[];
  done: {
    pieces: number;
    bytes: number;
    documents: number;
    emptyDocuments: number;
  };
}

/** A piece whose split is decided. */
export type DecidedPiece = SplitPiece & { split: Split };

/**
 * Groups pieces into batches, leaving out those done before.
 *
 * @param pieces All pieces of the source, from the start.
 * @param rule What decides the split where the source does not.
 * @param piecesBefore How many pieces an interrupted run has done.
 * @yields Batches; the last may be empty, but says how far everything is done.
 */
export async function* batches(
  pieces: AsyncIterable<SplitPiece>,
  rule: SplitRule,
  piecesBefore: number,
): AsyncGenerator<Batch> {
  const done = { pieces: 0, bytes: 0, documents: 0, emptyDocuments: 0 };
  let batch: DecidedPiece[] = [];
  let length = 0;
  for await (const piece of decided(pieces, rule, done)) {
    // These were encoded before the interruption.
    if (done.pieces <= piecesBefore) continue;
    batch.push(piece);
    length += piece.text.length;
    if (length < BATCH_LENGTH) continue;
    yield { pieces: batch, done: { ...done } };
    batch = [];
    length = 0;
  }
  yield { pieces: batch, done: { ...done } };
}

/** Drops empty documents and decides the split where the source does not. */
async function* decided(
  pieces: AsyncIterable<SplitPiece>,
  rule: SplitRule,
  done: Batch["done"],
): AsyncGenerator<DecidedPiece> {
  let split: Split = "train";
  for await (const piece of pieces) {
    done.bytes += piece.bytes;
    if (piece.begins && piece.ends && piece.text === "") {
      done.emptyDocuments++;
      continue;
    }
    if (piece.begins) {
      split = piece.split ?? splitOfDocument(done.documents, rule);
      done.documents++;
    }
    done.pieces++;
    yield { ...piece, split };
  }
}

/**
 * Of every 20 documents (at the default fraction) one is held out: the last of
 * the first 20, so that fewer are left whole, and then one that the seed chooses.
 */
function splitOfDocument(
  index: number,
  { valFraction, seed }: SplitRule,
): Split {
  const period = Math.round(1 / valFraction);
  const block = Math.floor(index / period);
  const chosen = block === 0
    ? period - 1
    : new Random(seed, block).below(period);
  return index % period === chosen ? "val" : "train";
}

/** Maps with several calls under way at a time, and gives results in order. */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Its failure is seen when its turn comes, or never, if an earlier one failed.
    result.catch(() => {});
    underWay.push(result);
    if (underWay.length >= limit) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}

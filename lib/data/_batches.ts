/**
 * Assigns pieces of documents to splits and groups them into batches.
 *
 * @module
 */

import type { SplitPiece } from "./_text_source.ts";
import type { Split } from "./manifest.ts";
import { Random } from "./random.ts";

/** Decides the split of documents for which the source does not. */
export interface SplitRule {
  valFraction: number;
  seed: number;
}

/** Amount of text in a batch, in UTF-16 units. */
const BATCH_LENGTH = 1 << 18;

/** Pieces to encode together, and how much of the input is done after them. */
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
 * Groups pieces into batches, omitting those that an interrupted run has done.
 *
 * @param pieces All pieces of the source, from the start.
 * @param rule Decides the split of documents for which the source does not.
 * @param piecesBefore How many pieces an interrupted run has done.
 * @yields Batches; the last may have no pieces and only report the final progress.
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
 * Holds out one document of every 20 (at the default fraction): in the first
 * block the last one, so that fewer than 20 documents are all training documents,
 * and in later blocks one that the seed chooses.
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

/** Maps items with several calls at a time, and yields the results in order. */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Avoids an unhandled rejection: the await below reports a failure, unless an earlier call failed first.
    result.catch(() => {});
    underWay.push(result);
    if (underWay.length >= limit) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}

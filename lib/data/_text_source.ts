/**
 * Where the text of a data set comes from.
 *
 * @module
 */

import { resolve } from "node:path";
import { corpusIdentity, loadCorpus } from "./corpus.ts";
import type { Split } from "./manifest.ts";
import { type TextPiece, wholeDocument } from "./_pieces.ts";
import {
  documents,
  listSourceFiles,
  type SourceFile,
  sourceName,
} from "./sources.ts";

/** A piece of a document whose split may be decided already. */
export interface SplitPiece extends TextPiece {
  /** Its document's split; undefined if a rule is to decide. */
  split: Split | undefined;
}

/** Documents ready to be read. */
export interface OpenSource {
  /** Sum of all `piece.bytes`. */
  totalBytes: number;
  /** The documents, in a fixed order. */
  pieces: AsyncIterable<SplitPiece>;
}

/** Where text comes from. */
export interface TextSource {
  /** What the prepared folder's name begins with. */
  name: string;
  /** What it is, apart from the files' content; plain JSON. */
  identity: unknown;
  /** Whether it has validation documents of its own. */
  hasVal: boolean;
  /** The input files as they are now. */
  list(): Promise<SourceFile[]>;
  /** Starts to read them, always in the same order. */
  open(files: readonly SourceFile[]): Promise<OpenSource>;
}

/** The default corpus. */
export function corpusSource(): TextSource {
  return {
    name: "corpus",
    identity: { kind: "corpus", packages: corpusIdentity() },
    hasVal: true,
    // Packages have versions; there is no file to look after.
    list: () => Promise.resolve([]),
    async open() {
      const documents = (await loadCorpus()).map((document) => ({
        ...document,
        bytes: new TextEncoder().encode(document.text).length,
      }));
      async function* pieces(): AsyncGenerator<SplitPiece> {
        for (const { name, text, split, bytes } of documents) {
          for (const piece of wholeDocument(name, text, bytes)) {
            yield { ...piece, split };
          }
        }
      }
      return {
        totalBytes: documents.reduce((sum, { bytes }) => sum + bytes, 0),
        pieces: pieces(),
      };
    },
  };
}

/** Files or folders of the user's. */
export function filesSource(
  request: { train: string; val?: string; textField?: string },
  options: { exclude?: readonly string[] } = {},
): TextSource {
  const { train, val, textField = "text" } = request;
  const listVal = async () =>
    val === undefined ? [] : await listSourceFiles(val, options);
  return {
    name: sourceName(train),
    identity: {
      kind: "files",
      train: resolve(train),
      val: val === undefined ? null : resolve(val),
      textField,
    },
    hasVal: val !== undefined,
    async list() {
      const valFiles = await listVal();
      const exclude = [
        ...options.exclude ?? [],
        ...valFiles.map((file) => file.path),
      ];
      return [...await listSourceFiles(train, { exclude }), ...valFiles];
    },
    async open(files) {
      const valPaths = new Set((await listVal()).map((file) => file.path));
      const isVal = (file: SourceFile) => valPaths.has(file.path);
      async function* pieces(): AsyncGenerator<SplitPiece> {
        const trainFiles = files.filter((file) => !isVal(file));
        const split = val === undefined ? undefined : "train";
        for await (const piece of documents(trainFiles, { textField })) {
          yield { ...piece, split };
        }
        const valFiles = files.filter(isVal);
        for await (const piece of documents(valFiles, { textField })) {
          yield { ...piece, split: "val" };
        }
      }
      return await Promise.resolve({
        totalBytes: files.reduce((sum, file) => sum + file.size, 0),
        pieces: pieces(),
      });
    },
  };
}

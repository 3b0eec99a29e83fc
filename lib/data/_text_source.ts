/**
 * Where the text of a data set comes from.
 *
 * @module
 */

import { resolve } from "node:path";
import { corpusIdentity, loadCorpus } from "./corpus.ts";
import type { Split } from "./manifest.ts";
import {
  hubFiles,
  type HubFilesOptions,
  hubPathName,
  isHubPath,
} from "./_hub_files.ts";
import { type TextPiece, wholeDocument } from "./_pieces.ts";
import {
  documents,
  listSourceFiles,
  type SourceFile,
  sourceName,
} from "./sources.ts";

/** A piece of a document whose split may be decided already. */
export interface SplitPiece extends TextPiece {
  /** Its document's split; undefined if the {@linkcode SplitRule} decides. */
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
  /** First part of the prepared folder's name. */
  name: string;
  /** Identifies the source, apart from the files' content; plain JSON. */
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
    // The packages' versions identify the text; there are no input files to compare.
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

/** How to find files. */
export interface FilesOptions extends HubFilesOptions {
  /** Folders and files to skip. */
  exclude?: readonly string[];
}

/** The user's files or folders, or files of a data set on a hub. */
export function filesSource(
  request: { train: string; val?: string; textField?: string },
  options: FilesOptions = {},
): TextSource {
  const { train, val, textField = "text" } = request;
  let valPaths: ReadonlySet<string> = new Set();
  return {
    name: isHubPath(train) ? hubPathName(train) : sourceName(train),
    identity: {
      kind: "files",
      train: identityOf(train),
      val: val === undefined ? null : identityOf(val),
      textField,
    },
    get hasVal() {
      return val !== undefined || valPaths.size > 0;
    },
    async list() {
      const files = await listSplits({ train, val }, options);
      valPaths = new Set(files.val.map((file) => file.path));
      return [...files.train, ...files.val];
    },
    async open(files) {
      const isVal = (file: SourceFile) => valPaths.has(file.path);
      async function* pieces(): AsyncGenerator<SplitPiece> {
        const trainFiles = files.filter((file) => !isVal(file));
        const split = valPaths.size > 0 ? "train" : undefined;
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

function identityOf(path: string): string {
  return isHubPath(path) ? path : resolve(path);
}

async function listSplits(
  { train, val }: { train: string; val: string | undefined },
  options: FilesOptions,
): Promise<Record<Split, SourceFile[]>> {
  if (val === undefined) {
    return isHubPath(train)
      ? await hubFiles(train, options)
      : { train: await listSourceFiles(train, options), val: [] };
  }
  // The user named it for validation: all its files are, whatever their names.
  const valFiles = isHubPath(val)
    ? Object.values(await hubFiles(val, options)).flat()
    : await listSourceFiles(val, options);
  const exclude = valFiles.map((file) => file.path);
  const trainFiles = isHubPath(train)
    ? (await hubFiles(train, options)).train
      .filter((file) => !exclude.includes(file.path))
    : await listSourceFiles(train, {
      exclude: [...options.exclude ?? [], ...exclude],
    });
  return { train: trainFiles, val: valFiles };
}

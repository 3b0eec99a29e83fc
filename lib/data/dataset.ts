/**
 * Prepares the data that a configuration requests.
 *
 * @module
 */

import { corpusSource, filesSource } from "./_text_source.ts";
import {
  prepareData,
  type PreparedDataset,
  type PrepareOptions,
  type TextSource,
} from "./prepare.ts";
import { tinyStoriesSource } from "./tiny_stories.ts";

/**
 * The requested data:
 *
 * - `corpus`: the default corpus, with its fixed split.
 * - `files`: `train` is a file or folder, `val` another one for validation,
 *   or either is `hf://datasets/OWNER/NAME`, optionally with `@REVISION` and
 *   `/FILES`, which is downloaded; file names such as `validation` decide the split.
 *   Without `val`, one document of every 20 is held out, chosen by the seed;
 *   where there are fewer than 20 (one large `.txt`, say), the last 5 % of the
 *   tokens are. `textField` names the column of the text in `.jsonl`,
 *   `.json`, `.csv` and `.parquet` files (default: `text`).
 * - `tinystories`: the TinyStories data set of Eldan and Li, with LitGPT's split.
 *   `dataPath` is the folder that it is downloaded to (1.6 GB).
 */
export type DatasetRequest =
  | { kind: "corpus" }
  | { kind: "files"; train: string; val?: string; textField?: string }
  | { kind: "tinystories"; dataPath: string };

/**
 * Prepares the requested data as token shards for `openShards`, unless that was
 * done before.
 *
 * Documents are stripped and begin with bos, as in LitGPT's `TextFiles`;
 * documents without text are omitted. Prepared data is reused only if
 * sources, tokenizer and settings are unchanged: files are compared by size and
 * times, and by SHA-256 if those differ.
 *
 * @param request The data.
 * @param options The tokenizer, and how to prepare.
 * @returns The prepared folder.
 * @throws {RangeError} If the tokenizer does not fit.
 * @throws {Error} If the text cannot be read or downloaded, or there is none.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "../tokenizer/mod.ts";
 * import { openShards, prepareDataset } from "./mod.ts";
 *
 * const tokenizer = await loadTokenizer("data/tokenizer");
 * const { dir } = await prepareDataset({ kind: "corpus" }, { tokenizer });
 * const shards = await openShards(dir);
 * console.log(shards.train.length, shards.val.length);
 * ```
 */
export function prepareDataset(
  request: DatasetRequest,
  options: PrepareOptions,
): Promise<PreparedDataset> {
  return prepareData(sourceOf(request, options), options);
}

function sourceOf(
  request: DatasetRequest,
  options: PrepareOptions,
): TextSource {
  switch (request.kind) {
    case "corpus":
      return corpusSource();
    case "files": {
      const { root = "data/prepared", outDir } = options;
      // The input folder may contain prepared folders.
      const exclude = [root, ...outDir === undefined ? [] : [outDir]];
      const { onProgress, signal } = options;
      return filesSource(request, {
        exclude,
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
    }
    case "tinystories":
      return tinyStoriesSource(request.dataPath, options);
  }
}

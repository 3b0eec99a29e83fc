/**
 * Opens the token shards that a run's `data:` section describes.
 *
 * @module
 */

import { MappedFile } from "../../ffi/mod.ts";
import type { DataConfig, RunConfig } from "../config/mod.ts";
import {
  type DatasetRequest,
  openShards,
  openTokenFiles,
  prepareDataset,
  type PrepareOptions,
  type PrepareProgress,
  type TokenShards,
} from "../data/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";

/** A run's tokenizer and tokens. */
export interface Dataset extends Disposable {
  /** The tokenizer of the tokens; undefined for another tool's tokens if none was configured. */
  readonly tokenizer: Tokenizer | undefined;
  /** The tokens, mapped into memory. */
  readonly shards: TokenShards;
}

/** Text as tokens. */
export interface TextDataset extends Dataset {
  /** The tokenizer of the tokens. */
  readonly tokenizer: Tokenizer;
}

/** Options of {@linkcode openDataset}. */
export interface OpenDatasetOptions {
  /** Called as the preparation proceeds. */
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Stops the preparation; the next call resumes it. */
  readonly signal?: AbortSignal;
}

/**
 * Prepares the data of a run, unless that was done before, and maps it into memory.
 *
 * @throws {Error} if there is no tokenizer, or the data cannot be read or do not fit the model.
 * @throws the signal's reason, if it is aborted before the end.
 */
export async function openDataset(
  config: Pick<RunConfig, "data" | "tokenizer_dir" | "model_config">,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const { data, tokenizer_dir } = config;
  const maxVocab = config.model_config.padded_vocab_size;
  const tokenizer = tokenizer_dir === null
    ? undefined
    : await loadTokenizer(tokenizer_dir);
  if (data.class_path === "LitData" || data.class_path === "TokenFiles") {
    const open = openTokens(data, maxVocab);
    return { tokenizer, ...await mapped(open) };
  }
  if (tokenizer === undefined) {
    throw new RangeError(
      "Cannot prepare the data: tokenizer_dir is not set: give a folder with tokenizer.json, or gpt2",
    );
  }
  return await openPrepared(requestOf(data), tokenizer, {
    ...preparationOf(data),
    ...options,
    maxVocab,
  });
}

/**
 * Prepares a file or folder of text as a whole, as its `train` split: for evaluation.
 *
 * @throws {Error} as {@linkcode openDataset}.
 */
export async function openText(
  path: string,
  tokenizer: Tokenizer,
  options: OpenDatasetOptions & { maxVocab: number },
): Promise<TextDataset> {
  const request: DatasetRequest = { kind: "files", train: path };
  return await openPrepared(request, tokenizer, { ...options, valFraction: 0 });
}

async function openPrepared(
  request: DatasetRequest,
  tokenizer: Tokenizer,
  options: Omit<PrepareOptions, "tokenizer">,
): Promise<TextDataset> {
  const { dir } = await prepareDataset(request, { tokenizer, ...options });
  return { tokenizer, ...await mapped((map) => openShards(dir, { map })) };
}

type TokenData = Extract<
  DataConfig,
  { class_path: "LitData" | "TokenFiles" }
>;
type TextData = Exclude<DataConfig, TokenData>;

type Open = (map: (path: string) => Uint8Array) => Promise<TokenShards>;

function openTokens(data: TokenData, maxVocab: number): Open {
  return (map) => {
    if (data.class_path === "TokenFiles") {
      return openTokenFiles(data.init_args.data_path, { map, maxVocab });
    }
    const { data_path, split_names } = data.init_args;
    const [train, val] = split_names ?? [];
    return openTokenFiles(data_path, {
      map,
      maxVocab,
      layout: "litdata",
      ...(train && val ? { splitNames: [train, val] } : {}),
    });
  };
}

/** Opens tokens whose files are mapped until it is disposed of. */
async function mapped(open: Open): Promise<Omit<Dataset, "tokenizer">> {
  using files = new DisposableStack();
  const shards = await open((path) => files.use(new MappedFile(path)).bytes);
  const kept = files.move();
  return { shards, [Symbol.dispose]: () => kept.dispose() };
}

function requestOf(data: TextData): DatasetRequest {
  switch (data.class_path) {
    case "Corpus":
      return { kind: "corpus" };
    case "TextFiles": {
      const { train_data_path, val_data_path, text_field } = data.init_args;
      return {
        kind: "files",
        train: train_data_path,
        textField: text_field,
        ...(val_data_path === null ? {} : { val: val_data_path }),
      };
    }
    case "TinyStories":
      return { kind: "tinystories", dataPath: data.init_args.data_path };
  }
}

function preparationOf(
  data: TextData,
): Pick<PrepareOptions, "seed" | "workers"> {
  if (data.class_path === "Corpus") return {};
  const { seed, num_workers } = data.init_args;
  return {
    // Only for TextFiles does the seed decide which documents are held out.
    ...(data.class_path === "TextFiles" ? { seed } : {}),
    ...(num_workers === null ? {} : { workers: Math.max(1, num_workers) }),
  };
}

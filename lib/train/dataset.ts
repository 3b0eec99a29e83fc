/**
 * From a run's `data:` section to opened token shards.
 *
 * @module
 */

import { MappedFile } from "../../ffi/mod.ts";
import type { DataConfig, RunConfig } from "../config/mod.ts";
import {
  type DatasetRequest,
  openShards,
  prepareDataset,
  type PrepareOptions,
  type PrepareProgress,
  type TokenShards,
} from "../data/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";

/** A run's tokenizer and tokens. */
export interface Dataset extends Disposable {
  /** What made the tokens. */
  readonly tokenizer: Tokenizer;
  /** The tokens, mapped into memory. */
  readonly shards: TokenShards;
}

/** Options of {@linkcode openDataset}. */
export interface OpenDatasetOptions {
  /** Called as the preparation proceeds. */
  readonly onProgress?: (progress: PrepareProgress) => void;
}

/**
 * Prepares the data of a run, unless that was done before, and maps it into memory.
 *
 * @throws {Error} if there is no tokenizer, or the data cannot be read or do not fit the model.
 */
export async function openDataset(
  config: Pick<RunConfig, "data" | "tokenizer_dir" | "model_config">,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  if (config.tokenizer_dir === null) {
    throw new RangeError(
      "Cannot prepare the data: tokenizer_dir is not set: give a folder with tokenizer.json, or gpt2",
    );
  }
  const tokenizer = await loadTokenizer(config.tokenizer_dir);
  return await open(requestOf(config.data), tokenizer, {
    ...preparationOf(config.data),
    ...options,
    maxVocab: config.model_config.padded_vocab_size,
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
): Promise<Dataset> {
  const request: DatasetRequest = { kind: "files", train: path };
  return await open(request, tokenizer, { ...options, valFraction: 0 });
}

async function open(
  request: DatasetRequest,
  tokenizer: Tokenizer,
  options: Omit<PrepareOptions, "tokenizer">,
): Promise<Dataset> {
  const { dir } = await prepareDataset(request, { tokenizer, ...options });
  const files: MappedFile[] = [];
  const shards = await openShards(dir, {
    map: (path) => {
      const file = new MappedFile(path);
      files.push(file);
      return file.bytes;
    },
  });
  return {
    tokenizer,
    shards,
    [Symbol.dispose]: () => files.forEach((file) => file[Symbol.dispose]()),
  };
}

function requestOf(data: DataConfig): DatasetRequest {
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
    default:
      throw new RangeError(
        `Cannot prepare data of class ${data.class_path}: Corpus, TextFiles and TinyStories can be read`,
      );
  }
}

function preparationOf(
  data: DataConfig,
): Pick<PrepareOptions, "seed" | "workers"> {
  if (data.class_path === "Corpus") return {};
  const { seed, num_workers } = data.init_args;
  return {
    // Only here does the seed decide what is held out.
    ...(data.class_path === "TextFiles" ? { seed } : {}),
    ...(num_workers === null ? {} : { workers: Math.max(1, num_workers) }),
  };
}

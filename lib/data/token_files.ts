/**
 * Opens existing tokens: folders that `deno task prepare` wrote, litdata chunks,
 * and the token files of nanoGPT and llm.c.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { binTokenFiles, hasBinTokens } from "./_bin_tokens.ts";
import { LITDATA_INDEX, litdataFiles } from "./_litdata.ts";
import {
  fingerprintOf,
  type TokenFile,
  type TokenFiles,
  unreadable,
} from "./_token_file.ts";
import { TOKEN_BYTES, tokenPart } from "./_token_parts.ts";
import { MANIFEST } from "./manifest.ts";
import {
  openShards,
  type OpenShardsOptions,
  refuseBigEndian,
  TokenSequence,
  type TokenShards,
} from "./shards.ts";

/** Layout of the tokens in a folder. */
export type TokenLayout = "litdata" | "any";

/** How to open tokens. */
export interface OpenTokenFilesOptions extends OpenShardsOptions {
  /** Rows of the model's embedding (`padded_vocab_size`): every id must be below. */
  maxVocab: number;
  /** What the folder must hold. Default `any`. */
  layout?: TokenLayout;
  /**
   * Subfolders of litdata chunks for training and for validation. Default: `train`
   * and `val`; if the folder itself holds chunks, these are used for both splits,
   * as in LitGPT.
   */
  splitNames?: readonly [string, string];
}

/**
 * Opens a prepared folder, or a folder of tokens that another tool wrote.
 *
 * Nothing is copied: files are mapped as `map` maps them, and ids are checked
 * against the vocabulary as they are read.
 *
 * @param folder The folder.
 * @param options The model's vocabulary, the layout, and how to map files.
 * @returns The tokens.
 * @throws {Error} If the folder holds no tokens, or they are damaged, compressed
 * or of another kind; the message says which.
 * @throws {RangeError} If a prepared folder was made with a larger vocabulary.
 *
 * @example
 * ```ts
 * import { openTokenFiles } from "./token_files.ts";
 *
 * const shards = await openTokenFiles("nanoGPT/data/openwebtext", {
 *   maxVocab: 50304,
 * });
 * console.log(shards.train.length, shards.val.length);
 * ```
 */
export async function openTokenFiles(
  folder: string,
  options: OpenTokenFilesOptions,
): Promise<TokenShards> {
  refuseBigEndian();
  const { maxVocab, layout = "any", splitNames } = options;
  if (layout === "any" && existsSync(join(folder, MANIFEST))) {
    return await openPrepared(folder, options);
  }
  const files = layout === "any" && await hasBinTokens(folder)
    ? await binTokenFiles(folder)
    : await litdataSplits(folder, { layout, splitNames });
  const map = options.map ?? ((path: string) => Deno.readFileSync(path));
  const mapped = new Map<string, Uint8Array>();
  const partOf = ({ path, offset, tokens, format }: TokenFile) => {
    const bytes = mapped.get(path) ?? map(path);
    mapped.set(path, bytes);
    const end = offset + tokens * TOKEN_BYTES[format];
    return tokenPart(bytes.subarray(offset, end), format);
  };
  const sequence = async (split: keyof TokenFiles) =>
    new TokenSequence(files[split].map(partOf), {
      fingerprint: await fingerprintOf(files[split]),
      vocabSize: maxVocab,
      name: `${folder}, ${split}`,
    });
  return {
    dir: folder,
    name: basename(resolve(folder)),
    vocabSize: maxVocab,
    isPrepared: false,
    train: await sequence("train"),
    val: await sequence("val"),
  };
}

async function openPrepared(
  folder: string,
  { maxVocab, ...options }: OpenTokenFilesOptions,
): Promise<TokenShards> {
  const shards = await openShards(folder, options);
  if (shards.vocabSize <= maxVocab) return shards;
  throw new RangeError(
    `The tokens in ${folder} are of a vocabulary of ${shards.vocabSize}, but the model's padded_vocab_size is ${maxVocab}: choose a model with a larger vocabulary, or other data`,
  );
}

async function litdataSplits(
  folder: string,
  { layout, splitNames }: {
    layout: TokenLayout;
    splitNames: readonly [string, string] | undefined;
  },
): Promise<TokenFiles> {
  if (splitNames !== undefined) return await bothFolders(folder, splitNames);
  if (existsSync(join(folder, LITDATA_INDEX))) {
    const files = await litdataFiles(folder);
    return { train: files, val: files };
  }
  const usual = ["train", "val"] as const;
  for (const name of usual) {
    if (existsSync(join(folder, name, LITDATA_INDEX))) continue;
    throw unreadable(
      folder,
      layout === "litdata"
        ? "there is no index.json of litdata's in it, nor in folders train and val below it: name others with split_names"
        : "there are no tokens in it: expected the manifest.json of `deno task prepare`, index.json files of litdata, or train.bin and val.bin of nanoGPT or llm.c",
    );
  }
  return await bothFolders(folder, usual);
}

async function bothFolders(
  folder: string,
  [train, val]: readonly [string, string],
): Promise<TokenFiles> {
  return {
    train: await litdataFiles(join(folder, train)),
    val: await litdataFiles(join(folder, val)),
  };
}

/**
 * Token files of nanoGPT and of llm.c.
 *
 * nanoGPT's `train.bin` and `val.bin` contain only ids as uint16. Those of
 * llm.c, such as `tiny_shakespeare_train.bin` or `fineweb_val_000000.bin`, begin
 * with a header of 256 int32: a magic number, a version, the number of tokens.
 *
 * @module
 */

import { join } from "node:path";
import {
  checkSize,
  fileNames,
  readHead,
  type TokenFile,
  type TokenFiles,
  unreadable,
} from "./_token_file.ts";
import type { TokenFormat } from "./_token_parts.ts";

const HEADER_BYTES = 4 * 256;

/** Kinds of llm.c token files: one for GPT-2's vocabulary, one for Llama 3's. */
const KINDS: readonly {
  magic: number;
  version: number;
  format: TokenFormat;
}[] = [
  { magic: 20240520, version: 1, format: "uint16" },
  { magic: 20240801, version: 7, format: "uint32" },
];

const SPLITS = {
  train: /(^|[_.-])train([_.-]|$)/,
  val: /(^|[_.-])val(id|idation)?([_.-]|$)/,
} as const;

/** Whether a folder holds files of either kind. */
export async function hasBinTokens(folder: string): Promise<boolean> {
  const names = await fileNames(folder) ?? [];
  return names.some((name) => isOf("train", name) || isOf("val", name));
}

/**
 * Finds the files of both splits, and checks their headers.
 *
 * @param folder The folder.
 * @returns The files, sorted by name.
 * @throws {Error} If a split has no file, or a file is damaged.
 */
export async function binTokenFiles(folder: string): Promise<TokenFiles> {
  const names = await fileNames(folder) ?? [];
  const find = async (split: "train" | "val") => {
    const found = names.filter((name) => isOf(split, name));
    if (found.length > 0) {
      return await Promise.all(
        found.map((name) => binTokenFile(join(folder, name))),
      );
    }
    throw unreadable(
      folder,
      `it holds no ${split}.bin, nor a NAME_${split}_NUMBER.bin`,
    );
  };
  return { train: await find("train"), val: await find("val") };
}

async function binTokenFile(path: string): Promise<TokenFile> {
  const { head, size } = await readHead(path, HEADER_BYTES);
  const [magic = 0, version = 0, count = 0] = new Int32Array(
    head.buffer,
    0,
    head.length >> 2,
  );
  const kind = KINDS.find((kind) => kind.magic === magic);
  // llm.c's model and evaluation files have magic numbers of this form too;
  // no two ids of GPT-2 (uint16 each) form such a number.
  const isOther = kind === undefined && /^2024\d{4}$/.test(String(magic)) &&
    size >= HEADER_BYTES;
  if (isOther || (kind !== undefined && kind.version !== version)) {
    throw unreadable(
      path,
      `it is a file of llm.c with the magic number ${magic} and version ${version}: expected ${
        KINDS.map(({ magic, version }) => `${magic} and ${version}`).join(
          ", or ",
        )
      }`,
    );
  }
  const file: TokenFile = kind
    ? { path, offset: HEADER_BYTES, tokens: count, format: kind.format }
    : { path, offset: 0, tokens: Math.floor(size / 2), format: "uint16" };
  checkSize(file, size);
  return file;
}

function isOf(split: "train" | "val", name: string): boolean {
  return name.endsWith(".bin") && SPLITS[split].test(name.slice(0, -4));
}

/**
 * One file of tokens that other tools wrote, and what its bytes are.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { readUpTo } from "../files/read.ts";
import { TOKEN_BYTES, type TokenFormat } from "./_token_parts.ts";

/** Where tokens lie in a file. */
export interface TokenFile {
  /** The file. */
  path: string;
  /** Bytes before the first id. */
  offset: number;
  /** Ids in it. */
  tokens: number;
  /** How it holds them. */
  format: TokenFormat;
}

/** The files of both splits. */
export interface TokenFiles {
  train: TokenFile[];
  val: TokenFile[];
}

/** A folder does not hold the tokens that it should. */
export function unreadable(
  path: string,
  what: string,
  cause?: unknown,
): Error {
  return new Error(`Cannot read tokens in ${path}: ${what}`, { cause });
}

/** The first bytes of a file, fewer if it is short, and its size. */
export async function readHead(
  path: string,
  byteLength: number,
): Promise<{ head: Uint8Array<ArrayBuffer>; size: number }> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  return { head: await readUpTo(file, Math.min(byteLength, size)), size };
}

/** Refuses a file that is not as long as its header says. */
export function checkSize(
  { path, offset, tokens, format }: TokenFile,
  size: number,
): void {
  const expected = offset + tokens * TOKEN_BYTES[format];
  if (size === expected) return;
  throw unreadable(
    path,
    `it has ${size} bytes, and ${tokens} tokens of type ${format} need ${expected}: it was cut, or is of another format`,
  );
}

/** Bytes at a file's start and end that tell its content from another. */
const SAMPLE_BYTES = 1 << 16;

/**
 * What tells these tokens from others, without reading all of them: names,
 * sizes, and the content at the files' starts and ends.
 */
export async function fingerprintOf(
  files: readonly TokenFile[],
): Promise<string> {
  const hash = createHash("sha256");
  for (const { path, offset, tokens, format } of files) {
    using file = await Deno.open(path, { read: true });
    const { size } = await file.stat();
    hash.update(JSON.stringify([size, offset, tokens, format]));
    hash.update(await readUpTo(file, SAMPLE_BYTES));
    const start = Math.max(0, size - SAMPLE_BYTES);
    hash.update(await readUpTo(file, size - start, start));
  }
  return hash.digest("hex");
}

/** Names of a folder's files, sorted; undefined if there is no such folder. */
export async function fileNames(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const files = await Promise.all(entries.map(async ({ name }) => {
      const stat = await Deno.stat(join(folder, name)).catch(() => undefined);
      return stat?.isFile ? [name] : [];
    }));
    return files.flat().sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

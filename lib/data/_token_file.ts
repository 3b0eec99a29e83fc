/**
 * One file of tokens that another tool wrote, and its layout.
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
  /** Number of ids. */
  tokens: number;
  /** Type of the ids. */
  format: TokenFormat;
}

/** The files of both splits. */
export interface TokenFiles {
  train: TokenFile[];
  val: TokenFile[];
}

/** The error for a folder that does not hold the expected tokens. */
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

/** Number of bytes at a file's start, and at its end, that identify its content. */
const SAMPLE_BYTES = 1 << 16;

/**
 * A fingerprint of tokens that is computed without reading all of them: from the
 * files' names, sizes, and content at their starts and ends.
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

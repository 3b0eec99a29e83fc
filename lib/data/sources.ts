/**
 * Documents from files: `.txt`, `.jsonl`, `.json`, `.csv`, `.parquet`.
 *
 * @module
 */

import { basename, extname, join, resolve } from "node:path";
import { readCsv } from "./_csv.ts";
import { readJson, readJsonLines } from "./_json.ts";
import { readParquet } from "./_parquet.ts";
import { DocumentCutter, type TextPiece } from "./_pieces.ts";
import { readUtf8 } from "./_utf8.ts";

export type { TextPiece } from "./_pieces.ts";

/** The current state of one input file. */
export interface SourceFile {
  /** Its path, starting with the given one. */
  path: string;
  /** Bytes. */
  size: number;
  /** Last modification of its content, milliseconds since 1970. */
  mtimeMs: number;
  /** Last change of its content or metadata; null if the system does not record it. */
  ctimeMs: number | null;
}

/** What {@linkcode documents} reads. */
export interface DocumentOptions {
  /** Column or key that holds the text, for files that have columns. */
  textField?: string;
}

type Reader = (
  path: string,
  options: Required<DocumentOptions>,
) => AsyncGenerator<TextPiece>;

const READERS: Readonly<Record<string, Reader>> = {
  ".txt": readText,
  ".jsonl": readJsonLines,
  ".json": readJson,
  ".csv": readCsv,
  ".parquet": readParquet,
};

/** Extensions of the files that text is read from. */
export const TEXT_KINDS: readonly string[] = Object.keys(READERS);

const KINDS = TEXT_KINDS.join(", ");

/**
 * Lists the text files of a folder, or one file.
 *
 * A folder is searched recursively; hidden files and folders, and files of
 * other kinds, are skipped. Files are sorted by path, character by character,
 * so that the order is the same on every machine.
 *
 * @param path A folder or a file.
 * @param options `exclude`: folders and files to skip.
 * @returns The files in order, at least one.
 * @throws {Error} If there is no such path, no text file, or only empty ones.
 */
export async function listSourceFiles(
  path: string,
  options: { exclude?: readonly string[] } = {},
): Promise<SourceFile[]> {
  const excluded = new Set(
    (options.exclude ?? []).map((path) => resolve(path)),
  );
  const stat = await Deno.stat(path).catch((cause) => {
    throw new Error(`Cannot read text from ${path}: ${reasonOf(cause)}`, {
      cause,
    });
  });
  if (stat.isFile && READERS[extname(path).toLowerCase()] === undefined) {
    throw new Error(
      `Cannot read text from ${path}: its kind is not known: expected ${KINDS}`,
    );
  }
  const paths = stat.isFile ? [path] : await walk(path, excluded);
  const files = await Promise.all(paths.map(statSourceFile));
  if (files.length === 0) {
    throw new Error(
      `Cannot read text from ${path}: it holds no ${KINDS} file`,
    );
  }
  if (files.every((file) => file.size === 0)) {
    throw new Error(
      `Cannot read text from ${path}: ${
        files.length === 1 ? "it is empty" : "all its files are empty"
      }`,
    );
  }
  return files;
}

/**
 * Reads documents one after the other, with bounded memory. A `.txt` file is
 * one document; the other kinds hold many, in a `text` column. A document of
 * more than about a quarter of a million characters comes in several pieces.
 *
 * @param source A folder or file, or files already listed.
 * @param options Which column holds the text.
 * @yields Pieces of documents, in order.
 * @throws {Error} If a file cannot be read, does not match its extension, or
 * lacks the column; the message names file and place.
 *
 * @example
 * ```ts
 * import { documents } from "./sources.ts";
 *
 * for await (const { name, text } of documents("my/texts")) {
 *   console.log(name, text.length);
 * }
 * ```
 */
export async function* documents(
  source: string | readonly SourceFile[],
  options: DocumentOptions = {},
): AsyncGenerator<TextPiece> {
  const files = typeof source === "string"
    ? await listSourceFiles(source)
    : source;
  const { textField = "text" } = options;
  for (const file of files) {
    const read = READERS[extname(file.path).toLowerCase()]!;
    yield* read(file.path, { textField });
    await refuseIfChanged(file);
  }
}

/** The name that a prepared folder of these sources begins with. */
export function sourceName(path: string): string {
  const stem = basename(resolve(path)).replace(/\.[^.]+$/, "");
  return stem.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+/, "") ||
    "data";
}

async function walk(
  folder: string,
  excluded: ReadonlySet<string>,
): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found = await Promise.all(entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || excluded.has(resolve(path))) return [];
    if (entry.isDirectory) return await walk(path, excluded);
    if (READERS[extname(entry.name).toLowerCase()] === undefined) return [];
    return (await Deno.stat(path)).isFile ? [path] : [];
  }));
  return found.flat().sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

/** A file as it is now. */
export async function statSourceFile(path: string): Promise<SourceFile> {
  const stat = await Deno.stat(path);
  return {
    path,
    size: stat.size,
    mtimeMs: stat.mtime?.getTime() ?? 0,
    ctimeMs: stat.ctime?.getTime() ?? null,
  };
}

async function refuseIfChanged(before: SourceFile): Promise<void> {
  const now = await statSourceFile(before.path);
  if (now.size === before.size && now.mtimeMs === before.mtimeMs) return;
  throw new Error(
    `Cannot use ${before.path}: it changed while it was read: start again when nothing writes to it`,
  );
}

async function* readText(path: string): AsyncGenerator<TextPiece> {
  const cutter = new DocumentCutter(path);
  // Line ends become \n, as in Python's text mode; a chunk may end between \r and \n.
  let pending = "";
  for await (const { text, bytes } of readUtf8(path)) {
    const whole = pending + text;
    pending = whole.endsWith("\r") ? "\r" : "";
    const lines = whole.slice(0, whole.length - pending.length)
      .replaceAll(/\r\n?/g, "\n");
    yield* cutter.push(lines, bytes);
  }
  yield* cutter.push(pending, 0);
  yield cutter.end();
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such path";
  return error instanceof Error ? error.message : String(error);
}

import { join } from "node:path";
import {
  prepareDataset,
  type PreparedDataset,
  type PrepareOptions,
} from "../../lib/data/mod.ts";
import { loadTokenizer, type Tokenizer } from "../../lib/tokenizer/mod.ts";

/** The tokenizer of the default corpus. */
export const tokenizer = await loadTokenizer("data/tokenizer");

/** 60 short documents. */
export const STORIES = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [
    `story-${String(index).padStart(2, "0")}.txt`,
    `  Story ${index} of the whale.\n`,
  ]),
);

/** Prepares a folder `text` of a test's folder into `prepared`. */
export function prepare(
  folder: string,
  options: Partial<PrepareOptions> & { val?: string; train?: string } = {},
): Promise<PreparedDataset> {
  const { val, train = "text", ...rest } = options;
  const request = {
    kind: "files" as const,
    train: join(folder, train),
    ...val === undefined ? {} : { val: join(folder, val) },
  };
  return prepareDataset(request, {
    tokenizer,
    root: join(folder, "prepared"),
    ...rest,
  });
}

/** The documents of tokens that each begin with bos. */
export function documentsIn(tokens: number[], bosId = 0): string[] {
  const documents: number[][] = [];
  for (const id of tokens) {
    if (id === bosId) documents.push([]);
    documents.at(-1)!.push(id);
  }
  return documents.map((ids) => tokenizer.decode(ids));
}

/** A tokenizer that counts the pieces it encodes. */
export function counting(): Tokenizer & { pieces: number } {
  const counted = {
    ...tokenizer,
    pieces: 0,
    encode: (...args: Parameters<Tokenizer["encode"]>) => {
      if (args[0].length > 0) counted.pieces++;
      return tokenizer.encode(...args);
    },
  };
  return counted;
}

/** The names of a folder's entries, sorted. */
export async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map((entry) => entry.name).sort();
}

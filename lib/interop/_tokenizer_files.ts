/** The files that a tokenizer may consist of. */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { loadRunConfig } from "../config/mod.ts";
import {
  gpt2TokenizerFiles,
  loadTokenizer,
  type Tokenizer,
} from "../tokenizer/mod.ts";

const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
  "generation_config.json",
];

/** Paths of a folder's tokenizer files. */
export function tokenizerFilesIn(dir: string): string[] {
  return TOKENIZER_FILES.map((name) => join(dir, name)).filter(existsSync);
}

/** A tokenizer file of a model. */
export interface TokenizerFile {
  /** Its name. */
  readonly name: string;
  /** Its content. */
  readonly read: () => Promise<Uint8Array>;
}

/** The tokenizer of a checkpoint, and its files for other programs. */
export interface CheckpointTokenizer {
  /** Undefined if the checkpoint has none. */
  readonly tokenizer: Tokenizer | undefined;
  /** The files, by name. */
  readonly tokenizerFiles: readonly TokenizerFile[];
}

/**
 * The tokenizer of a checkpoint: the one stored with it, or the built-in one that its run names.
 *
 * @param dir The checkpoint's folder.
 * @param runConfig Path of the run's settings, which need not exist.
 */
export async function readTokenizer(
  dir: string,
  runConfig: string,
): Promise<CheckpointTokenizer> {
  const tokenizerFiles = tokenizerFilesIn(dir).map((path) => ({
    name: basename(path),
    read: () => Deno.readFile(path),
  }));
  if (existsSync(join(dir, "tokenizer.json"))) {
    return { tokenizer: await loadTokenizer(dir), tokenizerFiles };
  }
  const source = existsSync(runConfig)
    ? loadRunConfig({ file: runConfig }).config.tokenizer_dir
    : null;
  if (source !== "gpt2") return { tokenizer: undefined, tokenizerFiles };
  const files = Object.entries(await gpt2TokenizerFiles());
  return {
    tokenizer: await loadTokenizer(source),
    tokenizerFiles: files.map(([name, text]) => ({
      name,
      read: () => Promise.resolve(new TextEncoder().encode(text)),
    })),
  };
}

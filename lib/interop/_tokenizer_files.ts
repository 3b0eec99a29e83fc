/** The files that a tokenizer may consist of. */

import { existsSync } from "node:fs";
import { join } from "node:path";

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

/** Whether a file of this name belongs to a tokenizer. */
export function isTokenizerFile(name: string): boolean {
  return TOKENIZER_FILES.includes(name);
}

/** Paths of a folder's tokenizer files. */
export function tokenizerFilesIn(dir: string): string[] {
  return TOKENIZER_FILES.map((name) => join(dir, name)).filter(existsSync);
}

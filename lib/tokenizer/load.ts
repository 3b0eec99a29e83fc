/**
 * Loads a tokenizer by name or directory.
 *
 * @module
 */

import { loadGpt2Tokenizer } from "./gpt2.ts";
import { loadHuggingFaceTokenizer } from "./huggingface.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Loads a tokenizer.
 *
 * @param source `"gpt2"` (50,257 ids, built in) or a directory with a Hugging
 * Face `tokenizer.json`.
 * @returns The tokenizer.
 * @throws {Error} If the directory holds none that can be used.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "./load.ts";
 *
 * const tokenizer = await loadTokenizer("data/tokenizer");
 * tokenizer.decode(tokenizer.encode("Call me Ishmael.")); // "Call me Ishmael."
 * ```
 */
export function loadTokenizer(source: string): Promise<Tokenizer> {
  return source === "gpt2"
    ? loadGpt2Tokenizer()
    : loadHuggingFaceTokenizer(source);
}

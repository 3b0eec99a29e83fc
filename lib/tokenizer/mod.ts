/**
 * Tokenizers: text to ids and back. Works without libtorch.
 *
 * @module
 */

export { loadTokenizer } from "./load.ts";
export { type TextStream, textStream } from "./text_stream.ts";
export type { EncodeOptions, Tokenizer } from "./tokenizer.ts";

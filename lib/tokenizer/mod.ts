/**
 * Tokenizers: text to ids and back. Works without libtorch.
 *
 * @module
 */

export { gpt2TokenizerFiles, type TokenizerFiles } from "./gpt2_json.ts";
export { loadTokenizer } from "./load.ts";
export { type TextStream, textStream } from "./text_stream.ts";
export type { EncodeOptions, Tokenizer } from "./tokenizer.ts";

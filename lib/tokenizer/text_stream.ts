/**
 * Text from ids as they are generated.
 *
 * @module
 */

import type { Tokenizer } from "./tokenizer.ts";

/** Turns ids into text, one at a time; made by {@linkcode textStream}. */
export interface TextStream {
  /**
   * Takes the next id.
   *
   * @param id The id.
   * @returns The text that this id completes, often none.
   */
  push(id: number): string;
  /**
   * Ends the stream.
   *
   * @returns The remaining text: U+FFFD for an incomplete character.
   */
  end(): string;
}

/** A character has at most 4 bytes: one that is incomplete after 4 more ids will never be complete. */
const MAX_HELD_BACK = 5;

/**
 * Decodes ids as they come. Only whole characters are given out, and all parts
 * together equal `decode` of all ids.
 *
 * @param tokenizer Whose ids they are.
 * @param prompt Ids that come before and are already shown; they decide about
 * a leading space, and about the rest of a character that was begun.
 * @returns The stream.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "./load.ts";
 * import { textStream } from "./text_stream.ts";
 *
 * const tokenizer = await loadTokenizer("gpt2");
 * const stream = textStream(tokenizer);
 * for (const id of tokenizer.encode("na\u00efve")) console.log(stream.push(id));
 * console.log(stream.end());
 * ```
 */
export function textStream(
  tokenizer: Tokenizer,
  prompt: ArrayLike<number> = [],
): TextStream {
  const { tokenBytes } = tokenizer;
  if (tokenBytes === undefined) return windowStream(tokenizer, prompt);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const push = (id: number) => decoder.decode(tokenBytes(id), { stream: true });
  Array.from(prompt, push);
  return { push, end: () => decoder.decode() };
}

/** For tokenizers whose text depends on the neighbours: decodes a sliding window twice. */
function windowStream(
  tokenizer: Tokenizer,
  prompt: ArrayLike<number>,
): TextStream {
  let ids = Array.from(prompt).slice(-16);
  let shown = ids.length;
  const take = (final: boolean): string => {
    const before = tokenizer.decode(ids.slice(0, shown));
    const text = tokenizer.decode(ids);
    const begun = text.endsWith("\ufffd") &&
      ids.length - shown < MAX_HELD_BACK;
    if (!final && (begun || text.length <= before.length)) return "";
    ids = ids.slice(shown);
    shown = ids.length;
    return text.slice(before.length);
  };
  return {
    push(id) {
      ids.push(id);
      return take(false);
    },
    end: () => take(true),
  };
}

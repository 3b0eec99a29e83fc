/**
 * Tokens of a text as coloured pieces.
 *
 * @module
 */

import { svgToPng } from "../plots/picture.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type ColoredToken, lightColor, tokenSvg } from "./_token_picture.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

/** A text divided into tokens; shown as a picture on a cell's last line. */
export class TokenPicture {
  /** The tokens' texts. */
  readonly pieces: readonly string[];
  /** The picture. */
  readonly svg: string;
  readonly #text: string;

  /** Takes tokens with their colours, the legend of the colours, and a description. */
  constructor(
    tokens: readonly ColoredToken[],
    options: {
      legend?: readonly { readonly label: string; readonly fill: string }[];
      text: string;
    },
  ) {
    this.pieces = tokens.map(({ text }) => text);
    this.svg = tokenSvg(tokens, options.legend);
    this.#text = options.text;
  }

  /** The view in a notebook. */
  async [DISPLAY](): Promise<DisplayBundle> {
    return {
      "image/png": (await svgToPng(this.svg)).toBase64(),
      "text/plain": this.#text,
    };
  }

  /** The text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#text;
  }
}

/** The text of each token; bytes that are part of a character show as U+FFFD. */
export function piecesOf(
  tokenizer: Tokenizer,
  ids: ArrayLike<number>,
): string[] {
  return Array.from(ids, (id) => tokenizer.decode([id]));
}

/**
 * Shows how a tokenizer splits a text.
 *
 * @example
 * ```ts
 * import { loadTokenizer, showTokens } from "moebius";
 *
 * const tokenizer = await loadTokenizer("gpt2");
 * console.log(showTokens(tokenizer, "Call me Ishmael").pieces); // Call, me, Ish, ...
 * ```
 */
export function showTokens(tokenizer: Tokenizer, text: string): TokenPicture {
  const ids = tokenizer.encode(text, { bos: false });
  const pieces = piecesOf(tokenizer, ids);
  return new TokenPicture(
    pieces.map((piece, i) => ({ text: piece, fill: lightColor(i % 4) })),
    {
      text: `${ids.length} tokens: ${
        pieces.map((piece, i) => `${JSON.stringify(piece)} ${ids[i]}`).join(
          ", ",
        )
      }`,
    },
  );
}

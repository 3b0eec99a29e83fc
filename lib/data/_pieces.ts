/**
 * Cuts long documents into pieces, to bound the use of memory.
 *
 * @module
 */

/** A document, or a part of one that is too long to hold in memory. */
export interface TextPiece {
  /** The document: its file, and its place in the file if that holds several. */
  name: string;
  /** The text, without white space at the document's start and end. */
  text: string;
  /** Whether the document begins here. */
  begins: boolean;
  /** Whether the document ends here. */
  ends: boolean;
  /** Bytes of input read since the previous piece. */
  bytes: number;
}

/** Longest piece, in UTF-16 units. */
const MAX_PIECE_LENGTH = 1 << 18;

/** A place to cut is searched within this distance of the piece's maximum length. */
const SEARCH_LENGTH = 1 << 16;

/**
 * Takes the text of one document chunk by chunk and yields pieces of it.
 *
 * Pieces end at places where a byte-level tokenizer always ends a token, so that
 * their concatenated ids are those of the whole document.
 */
export class DocumentCutter {
  readonly #name: string;
  #held = "";
  #bytes = 0;
  #begun = false;

  constructor(name: string) {
    this.#name = name;
  }

  *push(text: string, bytes: number): Generator<TextPiece> {
    this.#held += text;
    this.#bytes += bytes;
    if (!this.#begun) this.#held = this.#held.trimStart();
    while (this.#held.length > MAX_PIECE_LENGTH) {
      const end = cutBefore(this.#held, MAX_PIECE_LENGTH);
      yield this.#piece(this.#held.slice(0, end), false);
      this.#held = this.#held.slice(end);
    }
  }

  /** The last piece; a document without text has one empty piece that is both its begin and its end. */
  end(): TextPiece {
    return this.#piece(this.#held.trimEnd(), true);
  }

  #piece(text: string, ends: boolean): TextPiece {
    const piece = {
      name: this.#name,
      text,
      begins: !this.#begun,
      ends,
      bytes: this.#bytes,
    };
    this.#bytes = 0;
    this.#begun = true;
    return piece;
  }
}

/** The pieces of a document whose whole text is in memory. */
export function* wholeDocument(
  name: string,
  text: string,
  bytes: number,
): Generator<TextPiece> {
  const cutter = new DocumentCutter(name);
  yield* cutter.push(text, bytes);
  yield cutter.end();
}

/**
 * The best place to cut a text at or before `limit`: after a single line end
 * between two words, else before a single space between two words, else
 * anywhere except within a character.
 */
function cutBefore(text: string, limit: number): number {
  const lowest = Math.max(2, limit - SEARCH_LENGTH);
  const isSpace = (index: number) => /\s/.test(text[index]!);
  for (let end = limit; end >= lowest; end--) {
    if (text[end - 1] === "\n" && !isSpace(end - 2) && !isSpace(end)) {
      return end;
    }
  }
  for (let end = limit; end >= lowest; end--) {
    if (text[end] === " " && !isSpace(end - 1) && !isSpace(end + 1)) {
      return end;
    }
  }
  return /[\udc00-\udfff]/.test(text[limit]!) ? limit - 1 : limit;
}

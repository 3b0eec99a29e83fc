/**
 * Encodes text word by word and caches each word's ids. Because words repeat, this
 * makes a byte-pair tokenizer an order of magnitude faster.
 *
 * @module
 */

/** Splits text the way the tokenizer does, and encodes one piece of that. */
export interface WordEncoder {
  /** The words of a text; encoding them one by one equals encoding the text. */
  words(text: string, sectionIndex: number): readonly string[];
  /** The ids of one word. */
  encodeWord(word: string): readonly number[];
}

const MAX_WORDS = 1 << 16;
const MAX_WORD_LENGTH = 48;

/** More ids than a word that is remembered can have: 4 bytes a character, 3 characters for each in a normal form. */
const MAX_WORD_IDS = 1 << 10;

/** A growing list of ids. */
export class IdBuffer {
  #ids: Int32Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#ids = new Int32Array(Math.max(16, capacity));
  }

  get length(): number {
    return this.#length;
  }

  append(ids: ArrayLike<number>, start = 0, end = ids.length): void {
    const length = this.#length + end - start;
    if (length > this.#ids.length) {
      const grown = new Int32Array(Math.max(length, this.#ids.length * 2));
      grown.set(this.#ids.subarray(0, this.#length));
      this.#ids = grown;
    }
    for (let index = start; index < end; index++) {
      this.#ids[this.#length++] = ids[index]!;
    }
  }

  /** Copies ids that another buffer holds. */
  appendFrom(other: IdBuffer, start: number, end: number): void {
    this.append(other.#ids, start, end);
  }

  clear(): void {
    this.#length = 0;
  }

  ids(): Int32Array<ArrayBuffer> {
    return this.#ids.subarray(0, this.#length);
  }
}

/**
 * Encodes sections of text with a bounded cache of words. All ids lie in one
 * buffer, because an object for each word would take several times the memory.
 */
export class WordCache {
  readonly #encoder: WordEncoder;
  /** For each word: start of its ids times MAX_WORD_IDS, plus their number. */
  readonly #places = new Map<string, number>();
  readonly #ids = new IdBuffer(1 << 12);

  constructor(encoder: WordEncoder) {
    this.#encoder = encoder;
  }

  encode(text: string, sectionIndex: number, into: IdBuffer): void {
    for (const word of this.#encoder.words(text, sectionIndex)) {
      const place = this.#places.get(word);
      if (place === undefined) into.append(this.#learn(word));
      else {
        const start = Math.floor(place / MAX_WORD_IDS);
        into.appendFrom(this.#ids, start, start + place % MAX_WORD_IDS);
      }
    }
  }

  #learn(word: string): readonly number[] {
    const ids = this.#encoder.encodeWord(word);
    if (word.length <= MAX_WORD_LENGTH && ids.length < MAX_WORD_IDS) {
      if (this.#places.size >= MAX_WORDS) {
        this.#places.clear();
        this.#ids.clear();
      }
      const place = this.#ids.length * MAX_WORD_IDS + ids.length;
      this.#ids.append(ids);
      // A slice of a string keeps the whole string alive; concatenating and slicing it makes a copy.
      this.#places.set(` ${word}`.slice(1), place);
    }
    return ids;
  }
}

/**
 * Cuts a text at the added tokens written out in it.
 *
 * @param text The text.
 * @param addedTokens Their contents and ids.
 * @returns Sections of text (strings) and added tokens (ids), in order.
 */
export function splitAtAddedTokens(
  text: string,
  addedTokens: AddedTokenPattern | undefined,
): (string | number)[] {
  if (addedTokens === undefined) return [text];
  const sections: (string | number)[] = [];
  let start = 0;
  for (const match of text.matchAll(addedTokens.pattern)) {
    if (match.index > start) sections.push(text.slice(start, match.index));
    sections.push(addedTokens.ids.get(match[0])!);
    start = match.index + match[0].length;
  }
  if (start < text.length) sections.push(text.slice(start));
  return sections;
}

/** Finds added tokens in text, the longest first. */
export interface AddedTokenPattern {
  pattern: RegExp;
  ids: ReadonlyMap<string, number>;
}

/** The pattern for {@linkcode splitAtAddedTokens}; undefined if there are none. */
export function addedTokenPattern(
  ids: ReadonlyMap<string, number>,
): AddedTokenPattern | undefined {
  if (ids.size === 0) return undefined;
  const contents = [...ids.keys()].sort((a, b) => b.length - a.length);
  const escaped = contents.map((content) =>
    content.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  );
  return { pattern: new RegExp(escaped.join("|"), "g"), ids };
}

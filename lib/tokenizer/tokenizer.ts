/**
 * The interface of tokenizers, and LitGPT's rules for the tokens that begin and
 * end a document.
 *
 * @module
 */

/** Whether {@linkcode Tokenizer.encode} adds the tokens that begin and end a document. */
export interface EncodeOptions {
  /** Begin with one `bosId`. Default: the tokenizer's `useBos`. */
  bos?: boolean;
  /** End with one `eosId`. Default: false. */
  eos?: boolean;
  /** False if text of the same document comes before: nothing is put or taken away at the start. */
  begins?: boolean;
  /** False if text of the same document follows: nothing is put or taken away at the end. */
  ends?: boolean;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** What `loadTokenizer` was given: `"gpt2"` or a directory. */
  readonly source: string;
  /** Highest id plus one, added tokens included: a model needs at least as many rows. */
  readonly vocabSize: number;
  /** Id that begins a document, if there is one. */
  readonly bosId: number | undefined;
  /** Id that ends a document, if there is one. */
  readonly eosId: number | undefined;
  /** Whether `encode` begins with `bosId` by default. */
  readonly useBos: boolean;
  /** SHA-256 (hexadecimal) of everything that decides which ids a text gets. */
  readonly fingerprint: string;
  /** Absolute paths of the files to keep beside a model; none for a built-in tokenizer. */
  readonly files: readonly string[];
  /**
   * Encodes text. Added tokens written out in it, such as `<|endoftext|>`, get
   * their own ids.
   *
   * @param text The text, of any length.
   * @param options Whether to begin with `bosId` and to end with `eosId`.
   * @returns The ids, in a buffer of their own.
   * @throws {RangeError} If bos or eos is wanted and the tokenizer has none.
   */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /**
   * Decodes ids. Special tokens (bos, eos...) and ids that stand for no token
   * give no text; bytes that are no UTF-8 give U+FFFD.
   *
   * @param ids The ids.
   * @returns The text.
   */
  decode(ids: ArrayLike<number>): string;
  /**
   * The UTF-8 bytes one id stands for, wherever it occurs; none for a special
   * token. Only a byte-level tokenizer has this; without it the text of an id
   * depends on its neighbours.
   *
   * @param id The id.
   * @returns Its bytes; not to be written to.
   */
  tokenBytes?(id: number): Uint8Array;
}

/**
 * LitGPT's rules: bos and eos are added once if requested, and removed if not,
 * even if the tokenizer's own template adds them.
 *
 * @param ids What the tokenizer's own pipeline gave.
 * @param tokenizer Whose ids they are.
 * @param options What is wanted.
 * @returns The ids with bos and eos as wanted.
 * @throws {RangeError} If bos or eos is wanted and the tokenizer has none.
 */
export function applyBosAndEos(
  ids: Int32Array,
  tokenizer: Pick<Tokenizer, "source" | "bosId" | "eosId" | "useBos">,
  options: EncodeOptions = {},
): Int32Array {
  const { bosId, eosId } = tokenizer;
  const { begins = true, ends = true } = options;
  const wantBos = begins && (options.bos ?? tokenizer.useBos);
  const wantEos = ends && (options.eos ?? false);
  if (wantBos && bosId === undefined) throw missing("bos", tokenizer.source);
  if (wantEos && eosId === undefined) throw missing("eos", tokenizer.source);

  const start = begins && ids.length > 0 && ids[0] === bosId ? 1 : 0;
  const end = ends && ids.length > start && ids[ids.length - 1] === eosId
    ? ids.length - 1
    : ids.length;
  const inner = ids.subarray(start, end);
  const result = new Int32Array(
    Number(wantBos) + inner.length + Number(wantEos),
  );
  if (wantBos) result[0] = bosId!;
  result.set(inner, Number(wantBos));
  if (wantEos) result[result.length - 1] = eosId!;
  return result;
}

function missing(which: "bos" | "eos", source: string): RangeError {
  return new RangeError(
    `The tokenizer ${source} has no ${which} token: name one as "${which}_token" in its tokenizer_config.json, or ask for none (${which}: false)`,
  );
}

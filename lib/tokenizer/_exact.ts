/**
 * Corrects differences between the libraries and Hugging Face's own tokenizers in
 * Rust: the definition of white space, and the decoding of bytes that are not UTF-8.
 *
 * @module
 */

import {
  ByteFallbackDecoder,
  ByteLevelPreTokenizer,
  type Decoder,
  type PreTokenizer,
  SequenceDecoder,
  SequencePreTokenizer,
  SplitPreTokenizer,
  type Tokenizer as Engine,
} from "@huggingface/tokenizers";

/**
 * Gives `\s` its meaning outside JavaScript: Unicode's White_Space, which has
 * U+0085 and lacks U+FEFF.
 *
 * @param pattern A pattern with the flag `u` or `v`; others are given back as they are.
 * @returns The pattern that means the same everywhere.
 */
export function withUnicodeSpaces(pattern: RegExp): RegExp {
  if (!pattern.unicode && !pattern.unicodeSets) return pattern;
  const source = pattern.source.replace(
    /\\(.)/gs,
    (escape, character) =>
      character === "s"
        ? "\\p{White_Space}"
        : character === "S"
        ? "\\P{White_Space}"
        : escape,
  );
  return new RegExp(source, pattern.flags);
}

/** Makes a loaded tokenizer behave like Hugging Face's own. */
export function makeExact(engine: Engine): void {
  for (const step of preTokenizersOf(engine.pre_tokenizer)) {
    const hasPattern = step instanceof ByteLevelPreTokenizer ||
      step instanceof SplitPreTokenizer;
    if (hasPattern && step.pattern) {
      step.pattern = withUnicodeSpaces(step.pattern);
    }
  }
  for (const step of decodersOf(engine.decoder)) {
    if (step instanceof ByteFallbackDecoder) step.decode_chain = joinBytes;
  }
}

/**
 * Joins adjacent byte tokens, such as `<0xE2>`. A run of them that is not valid
 * UTF-8 as a whole becomes one U+FFFD per byte.
 */
function joinBytes(tokens: readonly string[]): string[] {
  const joined: string[] = [];
  let run: number[] = [];
  const endRun = () => {
    if (run.length > 0) joined.push(decodeRun(run));
    run = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) run.push(parseInt(byte, 16));
    else {
      endRun();
      joined.push(token);
    }
  }
  endRun();
  return joined;
}

function decodeRun(bytes: readonly number[]): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(Uint8Array.from(bytes));
  } catch {
    return "\ufffd".repeat(bytes.length);
  }
}

function preTokenizersOf(step: PreTokenizer | null): PreTokenizer[] {
  if (step === null) return [];
  if (!(step instanceof SequencePreTokenizer)) return [step];
  return step.tokenizers.flatMap((inner) => preTokenizersOf(inner));
}

function decodersOf(step: Decoder | null): Decoder[] {
  if (step === null) return [];
  if (!(step instanceof SequenceDecoder)) return [step];
  return step.decoders.flatMap((inner) => decodersOf(inner));
}

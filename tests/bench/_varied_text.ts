/**
 * Generates any amount of varied text: paragraphs of the default corpus and of
 * the repository's sources in random order, with inserted words, names and
 * numbers that occur nowhere else.
 *
 * @module
 */

import { loadCorpus } from "../../lib/data/corpus.ts";
import { Random } from "../../lib/data/random.ts";
import { textsBelow } from "../_texts.ts";

const SYLLABLES = "ba ce di fo gu ha ki lo mu na pe qui ro sa te un ver wex"
  .split(" ");

/** One word in this many is replaced by an invented one. */
const WORDS_PER_INVENTION = 40;

/**
 * Writes JSON Lines with a `text` each.
 *
 * @param path The file.
 * @param bytes About how long it gets.
 * @returns Bytes of the texts themselves, and their number.
 */
export async function writeVariedText(
  path: string,
  bytes: number,
): Promise<{ textBytes: number; documents: number }> {
  const paragraphs = [
    ...(await loadCorpus()).flatMap(({ text }) => text.split(/\n\s*\n/)),
    ...textsBelow("lib", /\.ts$/).flatMap((text) => text.split("\n\n")),
  ].filter((paragraph) => paragraph.trim() !== "");
  const random = new Random(42);
  const utf8 = new TextEncoder();
  using file = await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
  });
  let documents = 0;
  let textBytes = 0;
  for (let written = 0; written < bytes;) {
    let batch = "";
    while (batch.length < 1 << 20) {
      const parts = Array.from(
        { length: 1 + random.below(40) },
        () => varied(paragraphs[random.below(paragraphs.length)]!, random),
      );
      const text = parts.join("\n\n").trim();
      textBytes += utf8.encode(text).length;
      documents++;
      batch += JSON.stringify({ text }) + "\n";
    }
    const encoded = utf8.encode(batch);
    for (let offset = 0; offset < encoded.length;) {
      offset += await file.write(encoded.subarray(offset));
    }
    written += encoded.length;
  }
  return { textBytes, documents };
}

function varied(paragraph: string, random: Random): string {
  return paragraph.replace(/\p{L}{3,}/gu, (word) => {
    if (random.below(WORDS_PER_INVENTION) > 0) return word;
    if (random.below(4) === 0) return String(random.below(1_000_000));
    const made = Array.from(
      { length: 2 + random.below(3) },
      () => SYLLABLES[random.below(SYLLABLES.length)]!,
    ).join("");
    return random.below(4) === 0
      ? made[0]!.toUpperCase() + made.slice(1)
      : made;
  });
}

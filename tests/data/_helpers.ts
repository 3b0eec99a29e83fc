import { dirname, join } from "node:path";
import type { Manifest, Split, TokenShards } from "../../lib/data/mod.ts";
import { TokenSequence } from "../../lib/data/mod.ts";

/** Runs a test body in a folder of its own. */
export async function withFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes files below a folder. */
export async function writeFiles(
  folder: string,
  files: Record<string, string | Uint8Array>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
  }
}

/** All tokens of a split. */
export function allTokens(shards: TokenShards, split: Split): number[] {
  const tokens = new Int32Array(shards[split].length);
  shards[split].copyTo(0, tokens);
  return [...tokens];
}

/** Shards in memory: tokens 0, 1, 2... in parts of uneven length. */
export function countingShards(length: number): TokenShards {
  const cut = [0, Math.floor(length / 3), Math.floor(length / 2), length];
  const parts = cut.slice(1).map((end, index) =>
    Uint16Array.from(
      { length: end - cut[index]! },
      (_, place) => cut[index]! + place,
    )
  );
  const sequence = new TokenSequence(parts, `counting to ${length}`);
  const manifest: Manifest = {
    format: "moebius-tokens",
    version: 1,
    name: "counting",
    key: "0",
    dtype: "uint16",
    tokenizer: {
      source: "none",
      fingerprint: "",
      vocabSize: length,
      bosId: null,
      eosId: null,
    },
    settings: {
      source: null,
      bos: false,
      eos: false,
      valFraction: 0.05,
      seed: 0,
    },
    sources: [],
    emptyDocuments: 0,
    splits: {
      train: { tokens: length, documents: 1, textBytes: 0, shards: [] },
      val: { tokens: length, documents: 1, textBytes: 0, shards: [] },
    },
  };
  return {
    dir: "memory",
    manifest,
    train: sequence,
    val: sequence,
  };
}

/** Some megabytes of words and lines, the same each time. */
export function longText(length: number): string {
  const words = "the whale and sea of a ship to Ahab in his that sailed it"
    .split(" ");
  const parts: string[] = [];
  let written = 0;
  for (let index = 0; written < length; index++) {
    const word = words[(index * index * 7 + index) % words.length]!;
    const part = index % 97 === 96
      ? `${word}.\n\n`
      : index % 11 === 10
      ? `${word}\n`
      : `${word} `;
    parts.push(part);
    written += part.length;
  }
  return parts.join("");
}

import { dirname, join } from "node:path";
import { bytesOf } from "../../lib/data/_shard_writer.ts";
import { tokenPart } from "../../lib/data/_token_parts.ts";
import type { Split, TokenShards } from "../../lib/data/mod.ts";
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
    tokenPart(
      bytesOf(Uint16Array.from(
        { length: end - cut[index]! },
        (_, place) => cut[index]! + place,
      )),
      "uint16",
    )
  );
  const fingerprint = `counting to ${length}`;
  const sequence = new TokenSequence(parts, { fingerprint });
  return {
    dir: "memory",
    name: "counting",
    vocabSize: length,
    isPrepared: false,
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

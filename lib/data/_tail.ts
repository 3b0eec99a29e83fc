/**
 * Holds out the end of a text for validation.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { TokenArray, TokenType } from "./_encoder.ts";
import { bytesOf, type ShardWriter } from "./_shard_writer.ts";
import type { SplitEntry } from "./manifest.ts";

/** Tokens decoded at a time to count the bytes of their text. */
const DECODE_TOKENS = 1 << 16;

/**
 * Moves the last tokens of the training shards to the validation shards.
 *
 * @param train The complete training shards; their files are shortened.
 * @param val Receives the tokens.
 * @param options The folder of the shards, the number of tokens, and their tokenizer.
 * @returns The training shards after the move.
 */
export async function holdOutTail(
  train: SplitEntry,
  val: ShardWriter,
  { dir, dtype, tokens, tokenizer }: {
    dir: string;
    dtype: TokenType;
    tokens: number;
    tokenizer: Tokenizer;
  },
): Promise<SplitEntry> {
  const kept: SplitEntry = { ...train, tokens: 0, shards: [] };
  const keep = train.tokens - tokens;
  for (const shard of train.shards) {
    if (kept.tokens + shard.tokens <= keep) {
      kept.shards.push(shard);
      kept.tokens += shard.tokens;
      continue;
    }
    const path = join(dir, shard.file);
    const { buffer } = await Deno.readFile(path);
    const all: TokenArray = dtype === "uint16"
      ? new Uint16Array(buffer)
      : new Uint32Array(buffer);
    const head = all.subarray(0, keep - kept.tokens);
    const tail = all.subarray(head.length);
    const textBytes = textLength(tail, tokenizer);
    val.append(tail);
    val.count(textBytes, false);
    kept.textBytes -= textBytes;
    if (head.length === 0) {
      await Deno.remove(path);
      continue;
    }
    await Deno.truncate(path, head.byteLength);
    const sha256 = createHash("sha256").update(bytesOf(head)).digest("hex");
    kept.shards.push({
      file: shard.file,
      tokens: head.length,
      size: head.byteLength,
      sha256,
    });
    kept.tokens += head.length;
  }
  return kept;
}

function textLength(tokens: TokenArray, tokenizer: Tokenizer): number {
  let length = 0;
  if (tokenizer.tokenBytes) {
    for (const id of tokens) length += tokenizer.tokenBytes(id).length;
    return length;
  }
  const utf8 = new TextEncoder();
  for (let start = 0; start < tokens.length; start += DECODE_TOKENS) {
    const part = tokens.subarray(start, start + DECODE_TOKENS);
    length += utf8.encode(tokenizer.decode(part)).length;
  }
  return length;
}

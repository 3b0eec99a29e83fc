/**
 * The manifest of a prepared folder: its content, and the input it was made from.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../files/atomic.ts";

/** The manifest's file name; a folder without this file is not a prepared one. */
export const MANIFEST = "manifest.json";

/** Incremented when the layout or the content of prepared folders changes. */
export const FORMAT_VERSION = 1;

/** Training or validation part of a data set. */
export type Split = "train" | "val";

/** The tokens of one file. */
export interface ShardEntry {
  /** Its name in the folder. */
  file: string;
  /** Tokens in it. */
  tokens: number;
  /** Bytes. */
  size: number;
  /** SHA-256, hexadecimal. */
  sha256: string;
}

/** The tokens of one split. */
export interface SplitEntry {
  /** Tokens, bos and eos included. */
  tokens: number;
  /** Documents that end in it. */
  documents: number;
  /** UTF-8 bytes of the text that the tokens stand for; needed for bits per byte. */
  textBytes: number;
  /** The files, in order. */
  shards: ShardEntry[];
}

/**
 * One input file as it was when it was prepared. While `mtimeMs` and `ctimeMs`
 * are the same, so is the content; with a `ctimeMs` of null, the file is hashed.
 */
export interface SourceEntry {
  /** Absolute path. */
  path: string;
  /** Bytes. */
  size: number;
  /** Last modification of its content, milliseconds since 1970. */
  mtimeMs: number;
  /** Last change of its content or metadata. */
  ctimeMs: number | null;
  /** SHA-256, hexadecimal. */
  sha256: string;
}

/** The content of a prepared folder, and the input it was made from. */
export interface Manifest {
  /** Identifies the format. */
  format: "moebius-tokens";
  /** Version of the format. */
  version: 1;
  /** Name of the text. */
  name: string;
  /** Hash that changes whenever source, tokenizer or settings change. */
  key: string;
  /** How ids are stored, little-endian. */
  dtype: "uint16" | "uint32";
  /** The tokenizer that encoded the text. */
  tokenizer: {
    source: string;
    fingerprint: string;
    vocabSize: number;
    bosId: number | null;
    eosId: number | null;
  };
  /** How it was prepared; `source` is the requested source. */
  settings: {
    source?: unknown;
    bos: boolean;
    eos: boolean;
    valFraction: number;
    seed: number;
  };
  /** The input files; none for the default corpus. */
  sources: SourceEntry[];
  /** Number of documents without text, which were omitted. */
  emptyDocuments: number;
  /** The tokens. */
  splits: Record<Split, SplitEntry>;
}

const Count = z.int().nonnegative();
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const SplitSchema: z.ZodType<SplitEntry> = z.object({
  tokens: Count,
  documents: Count,
  textBytes: Count,
  shards: z.array(z.object({
    file: z.string(),
    tokens: Count,
    size: Count,
    sha256: Sha256,
  })),
});

const ManifestSchema: z.ZodType<Manifest> = z.object({
  format: z.literal("moebius-tokens"),
  version: z.literal(FORMAT_VERSION),
  name: z.string(),
  key: z.string(),
  dtype: z.enum(["uint16", "uint32"]),
  tokenizer: z.object({
    source: z.string(),
    fingerprint: z.string(),
    vocabSize: Count,
    bosId: Count.nullable(),
    eosId: Count.nullable(),
  }),
  settings: z.object({
    source: z.unknown(),
    bos: z.boolean(),
    eos: z.boolean(),
    valFraction: z.number(),
    seed: z.number(),
  }),
  sources: z.array(z.object({
    path: z.string(),
    size: Count,
    mtimeMs: z.number(),
    ctimeMs: z.number().nullable(),
    sha256: Sha256,
  })),
  emptyDocuments: Count,
  splits: z.object({ train: SplitSchema, val: SplitSchema }),
});

/**
 * Reads the manifest of a prepared folder.
 *
 * @param dir The folder.
 * @returns The manifest.
 * @throws {Error} If it is missing or not one of this format and version.
 */
export async function readManifest(dir: string): Promise<Manifest> {
  const wrong = (what: string, cause?: unknown) =>
    new Error(
      `Cannot read token shards in ${dir}: ${what}: run \`deno task prepare\` to prepare the data again`,
      { cause },
    );
  let text: string;
  try {
    text = await Deno.readTextFile(join(dir, MANIFEST));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw wrong(`${MANIFEST} is missing`, cause);
    }
    throw cause;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(`${MANIFEST} is not valid JSON`, cause);
  }
  const result = ManifestSchema.safeParse(value);
  if (result.success) return result.data;
  const problem = z.prettifyError(result.error).replaceAll("\n", " ");
  throw wrong(
    `${MANIFEST} is not one of format ${FORMAT_VERSION} (${problem})`,
  );
}

/**
 * Writes the manifest of a prepared folder, atomically and durably.
 *
 * @param dir The folder.
 * @param manifest The manifest.
 */
export async function writeManifest(
  dir: string,
  manifest: Manifest,
): Promise<void> {
  await writeFileAtomic(
    join(dir, MANIFEST),
    JSON.stringify(manifest, null, 2) + "\n",
  );
}

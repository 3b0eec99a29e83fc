/**
 * TinyStories, the data set of short stories by Eldan and Li, from the hub.
 *
 * It is the archive that LitGPT's `TinyStories` reads, so that results are comparable:
 * 50 files of 100,000 stories with their prompts, a superset of the data set's
 * other forms. The first file is held out for validation. A story is stripped
 * and begins with bos. The archive (1.6 GB) is read directly, without unpacking it.
 *
 * @module
 */

import { join, posix, resolve } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  downloadFile,
  HubError,
  type HubOptions,
  type HubRepository,
} from "../hub/mod.ts";
import type { PrepareProgress } from "./_build.ts";
import { readChunks } from "./_files.ts";
import { readJsonArray } from "./_json.ts";
import { readTar } from "./_tar.ts";
import type { SplitPiece, TextSource } from "./_text_source.ts";
import { decodeUtf8 } from "./_utf8.ts";
import { statSourceFile } from "./sources.ts";

/** The commit that all results refer to; a cached copy needs no request to the hub. */
const REPOSITORY: HubRepository = {
  type: "dataset",
  name: "roneneldan/TinyStories",
  revision: "f54c09fd23315a6f9c86f9dc80f725de7d8f9c64",
};

const ARCHIVE = "TinyStories_all_data.tar.gz";

/** data00.json to data49.json, without the hidden files that some systems add. */
const SHARD = /^[^.].*\.json$/;
const VALIDATION_SHARD = /^\D*0+\.json$/;

/** Incremented when the documents, their order or the split change. */
const REVISION = 1;

/** How to get TinyStories. */
export interface TinyStoriesOptions {
  /** Called as the download proceeds. */
  onProgress?: (progress: PrepareProgress) => void;
  /** Stops the download; the downloaded part is kept, so that the next call resumes it. */
  signal?: AbortSignal;
  /** The hub, and the delay before a retry. Default: the settings of the environment. */
  hub?: Pick<HubOptions, "settings" | "retryDelayMs">;
}

/**
 * TinyStories as a source of text. The archive is taken from `dataPath`, where
 * LitGPT puts it too, or from the cache of Hugging Face's tools, or downloaded
 * to `dataPath`.
 *
 * @param dataPath The folder that it is downloaded to.
 * @param options Progress callback, signal and hub.
 * @returns The source; its `list()` downloads.
 */
export function tinyStoriesSource(
  dataPath: string,
  options: TinyStoriesOptions = {},
): TextSource {
  return {
    name: "tinystories",
    identity: {
      kind: "tinystories",
      dataPath: resolve(dataPath),
      revision: REVISION,
    },
    hasVal: true,
    async list() {
      return [await statSourceFile(await archive(dataPath, options))];
    },
    open([file]) {
      const { path, size } = file!;
      return Promise.resolve({ totalBytes: size, pieces: stories(path) });
    },
  };
}

async function archive(
  dataPath: string,
  { onProgress = () => {}, signal, hub }: TinyStoriesOptions,
): Promise<string> {
  const report = (phase: PrepareProgress["phase"], bytes = 0, totalBytes = 0) =>
    onProgress({ phase, bytes, totalBytes, tokens: 0, documents: 0 });
  try {
    return await downloadFile(REPOSITORY, ARCHIVE, {
      ...hub,
      to: join(dataPath, ARCHIVE),
      ...(signal ? { signal } : {}),
      onProgress: ({ bytes, totalBytes }) =>
        report("downloading", bytes, totalBytes),
      // The only notice here is that another process is downloading the same archive.
      onNotice: () => report("waiting"),
    });
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const isAway = cause.reason === "unreachable" || cause.reason === "offline";
    const waysOn = isAway
      ? `, or put the file into ${dataPath} yourself, or go on without it: \`--data Corpus\`, or text of your own with \`--data TextFiles --data.train_data_path PATH\``
      : "";
    throw new Error(cause.message + waysOn, { cause });
  }
}

async function* stories(path: string): AsyncGenerator<SplitPiece> {
  const input = new Gunzip(path);
  for await (const { name, chunks } of readTar(input.chunks(), path)) {
    const shard = posix.basename(name);
    if (!SHARD.test(shard)) continue;
    const split = VALIDATION_SHARD.test(shard) ? "val" : "train";
    const place = `${path}, ${shard}`;
    const pieces = readJsonArray(decodeUtf8(chunks, place), {
      path: place,
      textField: "story",
    });
    for await (const piece of pieces) {
      yield { ...piece, split, bytes: input.takeBytes() };
    }
  }
}

/** Decompresses a file, and counts the bytes read from it. */
class Gunzip {
  readonly #path: string;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes of the file read since the last call. */
  takeBytes(): number {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const gunzip = createGunzip({ chunkSize: 1 << 20 });
    // Failures of the reader and of gunzip are thrown where the bytes are read.
    pipeline(Readable.from(this.#read()), gunzip, () => {});
    try {
      yield* gunzip as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw new SyntaxError(
        `Cannot read ${this.#path}: it is damaged (${
          cause instanceof Error ? cause.message : String(cause)
        }): delete it, and it is downloaded again`,
        { cause },
      );
    }
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(this.#path)) {
      this.#bytes += chunk.length;
      yield chunk.slice();
    }
  }
}

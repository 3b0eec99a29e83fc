/**
 * Encodes batches of pieces, on this thread or in workers on all cores.
 *
 * @module
 */

import type { Tokenizer } from "../tokenizer/mod.ts";

/** Token ids as they are stored. */
export type TokenArray =
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;

/** How ids are stored: in 2 bytes if all ids of the vocabulary fit. */
export type TokenType = "uint16" | "uint32";

/** One text to encode. */
export interface EncodeJob {
  text: string;
  begins: boolean;
  ends: boolean;
}

/** Which tokens begin and end a document, and how ids are stored. */
export interface EncodeSettings {
  bos: boolean;
  eos: boolean;
  dtype: TokenType;
}

/** The ids of a batch: those of all jobs, concatenated. */
export interface EncodedBatch {
  ids: TokenArray;
  /** Number of ids of each job. */
  lengths: Uint32Array<ArrayBuffer>;
  /** UTF-8 bytes of each job's text. */
  textBytes: Uint32Array<ArrayBuffer>;
}

/** The first message to a worker. */
export interface WorkerSetup {
  tokenizer: string;
  fingerprint: string;
  settings: EncodeSettings;
}

/** A worker's answer to a batch. */
export type WorkerAnswer = { batch: EncodedBatch } | { error: string };

/** Encodes batches; several may be under way at a time. */
export interface BatchEncoder extends Disposable {
  /** How many batches it can work on at a time. */
  readonly concurrency: number;
  encode(jobs: readonly EncodeJob[]): Promise<EncodedBatch>;
}

/** A typed array for ids. */
export function tokenArray(dtype: TokenType, length: number): TokenArray {
  return dtype === "uint16" ? new Uint16Array(length) : new Uint32Array(length);
}

/** Encodes one batch. */
export function encodeBatch(
  jobs: readonly EncodeJob[],
  tokenizer: Tokenizer,
  { bos, eos, dtype }: EncodeSettings,
): EncodedBatch {
  const parts = jobs.map(({ text, begins, ends }) =>
    tokenizer.encode(text, { bos, eos, begins, ends })
  );
  const lengths = Uint32Array.from(parts, (part) => part.length);
  const ids = tokenArray(dtype, lengths.reduce((sum, n) => sum + n, 0));
  let offset = 0;
  for (const part of parts) {
    ids.set(part, offset);
    offset += part.length;
  }
  const textBytes = Uint32Array.from(
    jobs,
    ({ text }) => utf8Length(text),
  );
  return { ids, lengths, textBytes };
}

/** Encodes on this thread. */
export function inlineEncoder(
  tokenizer: Tokenizer,
  settings: EncodeSettings,
): BatchEncoder {
  return {
    concurrency: 1,
    encode: (jobs) =>
      Promise.resolve().then(() => encodeBatch(jobs, tokenizer, settings)),
    [Symbol.dispose]() {},
  };
}

/** Encodes in workers, each of which loads its own tokenizer. */
export function workerEncoder(
  tokenizer: Tokenizer,
  settings: EncodeSettings,
  count: number,
): BatchEncoder {
  const setup: WorkerSetup = {
    tokenizer: tokenizer.source,
    fingerprint: tokenizer.fingerprint,
    settings,
  };
  const workers = Array.from({ length: count }, () => startWorker(setup));
  let turn = 0;
  return {
    // Two batches are given to each worker, so that one waits while the other is encoded.
    concurrency: 2 * count,
    encode: (jobs) => workers[turn++ % count]!.encode(jobs),
    [Symbol.dispose]() {
      for (const worker of workers) worker.terminate();
    },
  };
}

function startWorker(setup: WorkerSetup) {
  const worker = new Worker(new URL("./_encode_worker.ts", import.meta.url), {
    type: "module",
  });
  const { port1: port, port2 } = new MessageChannel();
  const waiting: PromiseWithResolvers<EncodedBatch>[] = [];
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure = error;
    for (const promise of waiting.splice(0)) promise.reject(error);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(`A worker that encodes text failed: ${event.message}`));
  };
  port.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
    if ("error" in data) fail(new Error(data.error));
    else waiting.shift()?.resolve(data.batch);
  };
  worker.postMessage(setup, [port2]);
  return {
    encode(jobs: readonly EncodeJob[]): Promise<EncodedBatch> {
      const promise = Promise.withResolvers<EncodedBatch>();
      if (failure) promise.reject(failure);
      else {
        waiting.push(promise);
        port.postMessage(jobs);
      }
      return promise.promise;
    },
    terminate() {
      port.close();
      worker.terminate();
    },
  };
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Each half of a surrogate pair counts as 2 of the character's 4 bytes.
    if (code >= 0x80) length += code >= 0x800 && !isSurrogate(code) ? 2 : 1;
  }
  return length;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

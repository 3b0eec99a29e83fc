/**
 * Downloads one file: with retries, verified by its hash, and moved to its final
 * path atomically.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { formatBytes } from "../progress/format.ts";
import type { Context } from "./_context.ts";
import type { Digest, RemoteFile } from "./_metadata.ts";
import { inTime, pause, reasonOf, request } from "./_request.ts";
import { HubError } from "./error.ts";
import { fileUrl } from "./repository.ts";

/** The download fails after this many interruptions in a row without any new byte. */
const MAX_BREAKS = 5;

const READ_BYTES = 1 << 20;

/** A file of a commit, and where it goes. */
export interface TransferredFile extends RemoteFile {
  commit: string;
  target: string;
}

/**
 * Downloads a file, unless it already exists. The part that an earlier attempt
 * left in `TARGET.HASH.partial` is not fetched again.
 *
 * @throws {HubError} If it cannot be had; what arrived is kept, unless it is wrong.
 */
export async function transfer(
  file: TransferredFile,
  context: Context,
): Promise<void> {
  const folder = dirname(file.target);
  await Deno.mkdir(folder, { recursive: true });
  using _lock = await lock(folder, context);
  if (await sizeOf(file.target) === file.size) return;
  const partial = `${file.target}.${file.digest.value.slice(0, 12)}.partial`;
  for (let isFirst = true;; isFirst = false) {
    const { digest, reused } = await fill(partial, file, context);
    if (digest === file.digest.value) break;
    await Deno.remove(partial);
    // The part from an earlier attempt may have been damaged.
    if (isFirst && reused) continue;
    throw new HubError(
      "damaged",
      `Cannot download ${context.subject}: what ${context.host} sends of ${file.path} is damaged, its hash is ${digest}, not ${file.digest.value}: nothing was kept, try again later`,
    );
  }
  await Deno.rename(partial, file.target);
}

/** Whether a path is a file, or a link to one. */
export async function isFile(path: string): Promise<boolean> {
  return await sizeOf(path) !== undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  const stat = await Deno.stat(path).catch(() => undefined);
  return stat?.isFile ? stat.size : undefined;
}

/** A partial file that is appended to until it is complete, and the hash of its content. */
class Partial implements Disposable {
  bytes = 0;
  readonly #file: Deno.FsFile;
  readonly #expected: TransferredFile;
  #hash: Hash;

  constructor(file: Deno.FsFile, expected: TransferredFile) {
    this.#file = file;
    this.#expected = expected;
    this.#hash = startHash(expected);
  }

  /** Continues the file of an earlier attempt. */
  async takeUp(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size > this.#expected.size) return await this.startAnew();
    const buffer = new Uint8Array(READ_BYTES);
    while (this.bytes < size) {
      const count = await this.#file.read(buffer);
      if (count === null) return;
      this.#hash.update(buffer.subarray(0, count));
      this.bytes += count;
    }
  }

  async startAnew(): Promise<void> {
    await this.#file.truncate();
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.#hash = startHash(this.#expected);
    this.bytes = 0;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < chunk.length) {
      offset += await this.#file.write(chunk.subarray(offset));
    }
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  /** Flushes the content to the storage device, and returns its hash. */
  async finish(): Promise<string> {
    await this.#file.sync();
    return this.#hash.digest("hex");
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Fetches the missing rest of a partial file. */
async function fill(
  path: string,
  file: TransferredFile,
  context: Context,
): Promise<{ digest: string; reused: boolean }> {
  const { onProgress } = context;
  using partial = new Partial(
    await Deno.open(path, { read: true, write: true, create: true }),
    file,
  );
  await partial.takeUp();
  let reused = partial.bytes > 0;
  const report = () =>
    onProgress({
      path: file.path,
      bytes: partial.bytes,
      totalBytes: file.size,
    });
  report();
  await refuseFullDisk(file, partial.bytes, context);
  for (let breaks = 0; partial.bytes < file.size;) {
    const response = await request(
      fileUrl(context.repository, {
        ...file,
        endpoint: context.settings.endpoint,
      }),
      context,
      { headers: headersFrom(partial.bytes) },
    );
    if (partial.bytes > 0 && !goesOnAt(response, partial.bytes)) {
      reused = false;
      await partial.startAnew();
      if (response.status === 416) {
        await response.body?.cancel();
        continue;
      }
    }
    let broken: unknown = new Error("it ended early");
    try {
      for await (const chunk of chunks(response, context)) {
        await write(partial, chunk, { file, context });
        breaks = 0;
        report();
      }
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof HubError) throw error;
      broken = error;
    }
    if (partial.bytes >= file.size) break;
    if (++breaks > MAX_BREAKS) throw brokenOff(broken, partial, file, context);
    await pause(context, breaks);
  }
  return { digest: await partial.finish(), reused };
}

/** Disables compression, because a part of compressed data cannot be resumed. */
function headersFrom(offset: number): HeadersInit {
  const identity = { "accept-encoding": "identity" };
  return offset === 0 ? identity : { ...identity, range: `bytes=${offset}-` };
}

function goesOnAt({ status, headers }: Response, offset: number): boolean {
  return status === 206 &&
    (headers.get("content-range")?.startsWith(`bytes ${offset}-`) ?? false);
}

async function* chunks(
  response: Response,
  context: Context,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { value } = await inTime(reader.read(), context);
      if (value === undefined) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function write(
  partial: Partial,
  chunk: Uint8Array,
  { file, context }: { file: TransferredFile; context: Context },
): Promise<void> {
  if (partial.bytes + chunk.length > file.size) {
    await partial.startAnew();
    throw new HubError(
      "damaged",
      `Cannot download ${context.subject}: ${context.host} sends more of ${file.path} than its ${file.size} bytes: nothing was kept, try again later`,
    );
  }
  try {
    await partial.append(chunk);
  } catch (cause) {
    throw cannotWrite(cause, file, context);
  }
}

function brokenOff(
  cause: unknown,
  { bytes }: Partial,
  file: TransferredFile,
  { subject, host }: Context,
): HubError {
  return new HubError(
    "unreachable",
    `Cannot download ${subject}: the connection to ${host} broke off again and again, with ${
      formatBytes(bytes)
    } of ${formatBytes(file.size)} here (${
      reasonOf(cause)
    }): start again to go on from there`,
    { cause },
  );
}

async function refuseFullDisk(
  file: TransferredFile,
  bytesHere: number,
  context: Context,
): Promise<void> {
  const folder = dirname(file.target);
  const stat = await statfs(folder).catch(() => undefined);
  // Some file systems do not report this.
  if (!stat?.blocks) return;
  const freeBytes = stat.bavail * stat.bsize;
  const wantedBytes = file.size - bytesHere;
  if (freeBytes >= wantedBytes) return;
  throw new HubError(
    "no_space",
    `Cannot download ${context.subject}: ${file.path} needs ${
      formatBytes(wantedBytes)
    } in ${folder}, where ${
      formatBytes(freeBytes)
    } are free: make room, or choose another folder`,
  );
}

function cannotWrite(
  cause: unknown,
  file: TransferredFile,
  { subject }: Context,
): Error {
  const folder = dirname(file.target);
  const isFull = cause instanceof Error && "code" in cause &&
    (cause.code === "ENOSPC" || cause.code === "EDQUOT");
  return new HubError(
    isFull ? "no_space" : "failed",
    `Cannot download ${subject}: ${
      isFull ? "the disk is full" : reasonOf(cause)
    }: ${
      isFull ? "make room" : "check"
    } in ${folder}, and start again to go on`,
    { cause },
  );
}

/** The hash of a file here, of the kind that a hub names for it. */
export async function fileDigest(
  path: string,
  { digest }: Pick<RemoteFile, "digest">,
): Promise<string> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const hash = startHash({ digest, size });
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

function startHash({ digest, size }: { digest: Digest; size: number }): Hash {
  return digest.algorithm === "sha256"
    ? createHash("sha256")
    : createHash("sha1").update(`blob ${size}\0`);
}

/** One download at a time into a folder; the system releases the lock of a process that dies. */
async function lock(
  folder: string,
  { onNotice }: Context,
): Promise<Disposable> {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const directory = await Deno.open(folder, { read: true });
  // Some file systems have no locks.
  if (await directory.tryLock(true).catch(() => true)) return directory;
  onNotice(`Waiting for another download into ${folder}`);
  await directory.lock(true);
  return directory;
}

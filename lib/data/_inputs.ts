/**
 * Compares input files with those that a folder was prepared from.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { hashFile } from "../files/read.ts";
import {
  type Manifest,
  readManifest,
  type SourceEntry,
  writeManifest,
} from "./manifest.ts";
import type { SourceFile } from "./sources.ts";

const RECENT_MS = 2000;

/**
 * The manifest of a prepared folder, if the folder is complete and was made from
 * the same input.
 *
 * @param dir The folder.
 * @param wanted The expected key, and the input files as they are now.
 * @returns The manifest; undefined if the folder cannot be used.
 */
export async function manifestIfReady(
  dir: string,
  { key, files }: { key: string; files: readonly SourceFile[] },
): Promise<Manifest | undefined> {
  const manifest = await readManifest(dir).catch(() => undefined);
  if (manifest?.key !== key) return undefined;
  const { train, val } = manifest.splits;
  for (const { file, size } of [...train.shards, ...val.shards]) {
    const stat = await Deno.stat(join(dir, file)).catch(() => undefined);
    if (stat?.size !== size) return undefined;
  }
  if (files.length !== manifest.sources.length) return undefined;
  let touched = false;
  const sources: SourceEntry[] = [];
  for (const [index, file] of files.entries()) {
    const then = manifest.sources[index]!;
    if (resolve(file.path) !== then.path || file.size !== then.size) {
      return undefined;
    }
    const same = file.mtimeMs === then.mtimeMs &&
      file.ctimeMs === then.ctimeMs;
    if (!same && (await hashFile(file.path)).sha256 !== then.sha256) {
      return undefined;
    }
    touched ||= !same;
    sources.push(sourceEntry(file, then.sha256));
  }
  const current = { ...manifest, sources };
  // Avoids hashing the files the next time; a read-only folder stays as it is.
  if (touched) await writeManifest(dir, current).catch(() => {});
  return current;
}

/**
 * Hashes input files.
 *
 * @param files The files.
 * @param onProgress Called before each file with the bytes done and the total.
 * @returns The files' entries in the manifest.
 */
export async function hashSources(
  files: readonly SourceFile[],
  onProgress: (bytes: number, totalBytes: number) => void,
): Promise<SourceEntry[]> {
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const sources: SourceEntry[] = [];
  let bytes = 0;
  for (const file of files) {
    onProgress(bytes, totalBytes);
    const { sha256 } = await hashFile(file.path);
    sources.push(sourceEntry(file, sha256));
    bytes += file.size;
  }
  return sources;
}

/** The manifest's entry for an input file. */
function sourceEntry(file: SourceFile, sha256: string): SourceEntry {
  // ctime has a resolution of seconds: a file that changed just now could change
  // again within the same second. Without a ctime it is hashed the next time.
  const isRecent = file.ctimeMs !== null &&
    file.ctimeMs > Date.now() - RECENT_MS;
  return {
    ...file,
    path: resolve(file.path),
    ctimeMs: isRecent ? null : file.ctimeMs,
    sha256,
  };
}

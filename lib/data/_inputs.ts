/**
 * Input files now and then.
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
 * The manifest of a prepared folder, if the folder is whole and was made of the
 * same input.
 *
 * @param dir The folder.
 * @param wanted Its key, and the input files as they are now.
 * @returns The manifest, or undefined.
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
  // Spares hashing them the next time; a folder that is read-only stays as it is.
  if (touched) await writeManifest(dir, current).catch(() => {});
  return current;
}

/**
 * Hashes input files.
 *
 * @param files The files.
 * @param onProgress Told of bytes done and in all, before each file.
 * @returns What the manifest remembers of them.
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

/** What the manifest remembers of an input file. */
function sourceEntry(file: SourceFile, sha256: string): SourceEntry {
  // ctime has whole seconds: a file that changed just now could change once
  // more without a trace, so that its times prove nothing the next time.
  const isRecent = file.ctimeMs !== null &&
    file.ctimeMs > Date.now() - RECENT_MS;
  return {
    ...file,
    path: resolve(file.path),
    ctimeMs: isRecent ? null : file.ctimeMs,
    sha256,
  };
}

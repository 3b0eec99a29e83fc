/**
 * Finds the text files of a data set on a hub by their names.
 *
 * @module
 */

import { extname, join } from "node:path";
import {
  downloadRepository,
  HubError,
  type HubOptions,
  type HubRepository,
} from "../hub/mod.ts";
import type { PrepareProgress } from "./_build.ts";
import { type SourceFile, statSourceFile, TEXT_KINDS } from "./sources.ts";

/** How to get files from a hub. */
export interface HubFilesOptions {
  /** Called as the download proceeds. */
  onProgress?: (progress: PrepareProgress) => void;
  /** Stops the download; the downloaded part is kept, so that the next call resumes it. */
  signal?: AbortSignal;
  /** The hub, and the delay before a retry. Default: the settings of the environment. */
  hub?: Pick<HubOptions, "settings" | "retryDelayMs">;
}

/** Files of a data set, assigned to splits by their names. */
export interface HubFiles {
  train: SourceFile[];
  val: SourceFile[];
}

/** A data set's name, and a pattern for its files. */
interface HubPath {
  repository: HubRepository;
  pattern: RegExp | undefined;
}

const SCHEME = "hf://";

const VALIDATION = /(^|[^a-z])(validation|valid|val|dev)([^a-z]|$)/i;
const TEST = /(^|[^a-z])(test|eval)([^a-z]|$)/i;

/** Whether a path names files on a hub. */
export function isHubPath(path: string): boolean {
  return path.startsWith(SCHEME);
}

/** The name for a folder that is prepared from the path. */
export function hubPathName(path: string): string {
  return parseHubPath(path).repository.name.replace("/", "-");
}

/**
 * Downloads the matching files, unless they are cached. Without a pattern, these are
 * all files of the first kind present among .parquet, .jsonl, .csv, .json, .txt.
 *
 * @param path `hf://datasets/OWNER/NAME`, optionally with `@REVISION` and `/FILES`.
 * @param options Progress callback, signal and hub.
 * @returns The files for training, and those named for validation; files named
 * for testing are omitted. If that leaves no file for training, all files are.
 * @throws {TypeError} If the path does not have this form.
 * @throws {HubError} If the files cannot be downloaded.
 */
export async function hubFiles(
  path: string,
  { onProgress = () => {}, signal, hub }: HubFilesOptions,
): Promise<HubFiles> {
  const { repository, pattern } = parseHubPath(path);
  const isWanted = wanted(pattern);
  const report = (phase: PrepareProgress["phase"], bytes = 0, totalBytes = 0) =>
    onProgress({ phase, bytes, totalBytes, tokens: 0, documents: 0 });
  const folder = await downloadRepository(repository, {
    ...hub,
    ...(signal ? { signal } : {}),
    include: isWanted,
    onProgress: ({ bytes, totalBytes }) =>
      report("downloading", bytes, totalBytes),
    onNotice: () => report("waiting"),
  });
  const all = await filesBelow(folder);
  const names = all.filter((name) => isWanted(name, all));
  if (names.length === 0) {
    throw new HubError(
      "not_found",
      `Cannot read text from ${path}: none of its files that are here match`,
    );
  }
  const val = names.filter((name) => VALIDATION.test(name));
  const train = names.filter((name) =>
    !VALIDATION.test(name) && !TEST.test(name)
  );
  const stat = (names: string[]) =>
    Promise.all(names.map((name) => statSourceFile(join(folder, name))));
  return train.length === 0
    ? { train: await stat(names), val: [] }
    : { train: await stat(train), val: await stat(val) };
}

function parseHubPath(path: string): HubPath {
  const [, name, revision, files] =
    /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(path) ??
      [];
  if (name === undefined) {
    throw new TypeError(
      `Cannot read text from ${path}: expected hf://datasets/OWNER/NAME, with @REVISION and /FILES if wanted, such as hf://datasets/roneneldan/TinyStories/data/*.parquet`,
    );
  }
  return {
    repository: {
      type: "dataset",
      name,
      ...(revision === undefined
        ? {}
        : { revision: decodeURIComponent(revision) }),
    },
    pattern: files === undefined ? undefined : patternOf(files),
  };
}

/** `*` matches within one path segment, `**` across segments; a folder matches all files in it. */
function patternOf(files: string): RegExp {
  const source = files.replace(/\/$/, "")
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) =>
      part.startsWith("**")
        ? ".*"
        : part === "*"
        ? "[^/]*"
        : part === "?"
        ? "[^/]"
        : part.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    ).join("");
  return new RegExp(`^${source}(/.*)?$`, "s");
}

function wanted(
  pattern: RegExp | undefined,
): (path: string, paths: readonly string[]) => boolean {
  const kindOf = (path: string) => extname(path).toLowerCase();
  if (pattern) {
    return (path) => TEXT_KINDS.includes(kindOf(path)) && pattern.test(path);
  }
  const order = [".parquet", ".jsonl", ".csv", ".json", ".txt"];
  return (path, paths) => {
    const kinds = new Set(paths.map(kindOf));
    return kindOf(path) === order.find((kind) => kinds.has(kind));
  };
}

async function filesBelow(folder: string, below = ""): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(folder, below)));
  const paths = await Promise.all(entries.map(async (entry) => {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory ? await filesBelow(folder, path) : [path];
  }));
  return paths.flat().sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

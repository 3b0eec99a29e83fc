/** The files of a checkpoint that is being written. */

import { basename, join } from "node:path";
import {
  attempt,
  createHashedFile,
  describeCause,
  type DurableFileSystem,
} from "../files/atomic.ts";
import { hashFile } from "../files/read.ts";
import {
  CheckpointError,
  isPlainFileName,
  type ManifestFile,
} from "./manifest.ts";
import {
  layoutSafetensors,
  type TensorToWrite,
  writeLayout,
} from "./safetensors_writer.ts";

/** A checkpoint's directory while its files are added. */
export interface CheckpointDraft {
  /**
   * The directory. Files that something else writes here belong to the
   * checkpoint too; they are hashed and synced at the end.
   */
  readonly path: string;
  /** Adds tensors, in the safetensors format. */
  writeTensors(
    name: string,
    tensors: Iterable<TensorToWrite>,
    metadata?: Record<string, string>,
  ): Promise<void>;
  /** Adds a text file. */
  writeText(name: string, text: string): Promise<void>;
  /** Adds a value as JSON. */
  writeJson(name: string, value: unknown): Promise<void>;
  /** Adds a copy of a file. Default: under its own name. */
  copyFile(from: string, name?: string): Promise<void>;
}

/** Starts a draft in an existing, empty directory. */
export function createDraft(
  path: string,
  fs: DurableFileSystem,
): RecordedDraft {
  const written = new Map<string, ManifestFile>();
  const writeText = async (name: string, text: string) => {
    const bytes = new TextEncoder().encode(text);
    const expectedBytes = bytes.byteLength;
    using file = await createHashedFile(place(name), { fs, expectedBytes });
    await file.write(bytes);
    written.set(name, { name, ...await file.finish() });
  };
  function place(name: string): string {
    if (isPlainFileName(name) && !written.has(name)) return join(path, name);
    throw new CheckpointError(
      `Cannot add a file called "${name}" to a checkpoint: expected a plain ` +
        `name of letters, digits, "_", "-" and "." that is not taken yet`,
    );
  }
  return {
    path,
    written,
    writeText,
    async writeTensors(name, tensors, metadata) {
      const layout = layoutSafetensors(tensors, metadata);
      const digest = await writeLayout(place(name), layout, { fs });
      written.set(name, { name, ...digest });
    },
    async writeJson(name, value) {
      await writeText(name, JSON.stringify(value, null, 2) + "\n");
    },
    async copyFile(from, name = basename(from)) {
      using source = await openSource(from);
      const expectedBytes = (await source.stat()).size;
      using file = await createHashedFile(place(name), { fs, expectedBytes });
      const buffer = new Uint8Array(1024 * 1024);
      let count = await source.read(buffer);
      while (count !== null) {
        await file.write(buffer.subarray(0, count));
        count = await source.read(buffer);
      }
      written.set(name, { name, ...await file.finish() });
    },
  };
}

/** A draft and what it has written so far. */
export interface RecordedDraft extends CheckpointDraft {
  /** The files written through the draft, by name. */
  readonly written: Map<string, ManifestFile>;
}

/** Every file of the draft with its digest; those it did not write are synced. */
export async function listFiles(
  draft: RecordedDraft,
  fs: DurableFileSystem,
): Promise<ManifestFile[]> {
  const files = [...draft.written.values()];
  for await (const { name, isFile } of Deno.readDir(draft.path)) {
    if (draft.written.has(name)) continue;
    if (!isFile || !isPlainFileName(name)) {
      throw new CheckpointError(
        `Cannot save ${name} in a checkpoint: only plain files with plain ` +
          `names can be`,
      );
    }
    const path = join(draft.path, name);
    await attempt("sync", path, () => fs.syncFile(path));
    files.push({ name, ...await hashFile(path) });
  }
  if (files.length === 0) {
    throw new CheckpointError("Cannot save a checkpoint without files");
  }
  return files;
}

async function openSource(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    throw new CheckpointError(
      `Cannot copy ${path} into a checkpoint: ${describeCause(error)}`,
      { cause: error },
    );
  }
}

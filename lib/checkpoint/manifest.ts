/**
 * The manifest of a checkpoint: what belongs to it, with sizes and digests. It
 * is the last file written, so a directory without one was never finished, and
 * it holds a digest of itself, so a damaged one does not pass either.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { describeCause, type FileDigest } from "../files/atomic.ts";
import { hashFile } from "../files/read.ts";

/** Name of the manifest in a checkpoint's directory. */
export const MANIFEST_FILE = "manifest.json";

/** The version of the checkpoint layout that this code writes and reads. */
export const FORMAT_VERSION = 1;

const FileSchema = z.object({
  name: z.string().refine(isPlainFileName, "not a plain file name"),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const ManifestSchema = z.object({
  format: z.literal("moebius-checkpoint"),
  format_version: z.number().int().positive(),
  step: z.number().int().nonnegative(),
  created: z.string(),
  versions: z.record(z.string(), z.string()),
  files: z.array(FileSchema).min(1),
  manifest_sha256: z.string(),
});

/** One file of a checkpoint. */
export interface ManifestFile extends FileDigest {
  /** Its name in the checkpoint's directory. */
  name: string;
}

/** What a checkpoint's `manifest.json` says. */
export interface Manifest {
  /** Always "moebius-checkpoint". */
  format: "moebius-checkpoint";
  /** Version of the layout. */
  format_version: number;
  /** Optimizer steps done when the checkpoint was made. */
  step: number;
  /** When it was made, in ISO 8601. */
  created: string;
  /** What made it: moebius, torch, Deno... */
  versions: Record<string, string>;
  /** Every file but the manifest, by name. */
  files: ManifestFile[];
  /** SHA-256 of the manifest's text with 64 zeros in this place. */
  manifest_sha256: string;
}

/** Builds the text of a manifest. */
export function formatManifest(
  contents: Pick<Manifest, "step" | "created" | "versions" | "files">,
): string {
  const { step, created, versions } = contents;
  const files = contents.files
    .map(({ name, size, sha256 }) => ({ name, size, sha256 }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  return seal({
    format: "moebius-checkpoint",
    format_version: FORMAT_VERSION,
    step,
    created,
    versions,
    files,
    manifest_sha256: "",
  });
}

/**
 * Reads the manifest of the checkpoint in `directory`.
 *
 * @throws {CheckpointError} If it is missing, damaged, or of a newer format.
 */
export async function readManifest(directory: string): Promise<Manifest> {
  const fail = (what: string, cause?: unknown) =>
    new CheckpointError(`Cannot use checkpoint ${directory}: ${what}`, {
      cause,
    });
  let text: string;
  try {
    text = await Deno.readTextFile(join(directory, MANIFEST_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw fail(
        `${MANIFEST_FILE} is missing: it was never finished, or was not ` +
          `written by moebius`,
      );
    }
    throw fail(`${MANIFEST_FILE}: ${describeCause(error)}`, error);
  }
  const json = parseJson(text);
  const parsed = ManifestSchema.safeParse(json);
  // Sealed from `json`, not from `parsed`, which lacks what a newer format adds.
  if (!parsed.success || seal(Object(json)) !== text) {
    throw fail(`${MANIFEST_FILE} is damaged`);
  }
  if (parsed.data.format_version > FORMAT_VERSION) {
    throw fail(
      `it has format ${parsed.data.format_version} and this version of ` +
        `moebius reads up to ${FORMAT_VERSION}: update moebius`,
    );
  }
  return parsed.data;
}

/**
 * Checks a checkpoint against its manifest: every file there, of its size, and
 * with its SHA-256. Returns what is wrong, one sentence a problem, or nothing.
 * Files that are not needed are not looked at.
 *
 * @example
 * ```ts ignore
 * const problems = await verifyCheckpoint("out/pretrain/step-00001000");
 * ```
 */
export async function verifyCheckpoint(
  directory: string,
  { isNeeded = () => true }: { isNeeded?: (name: string) => boolean } = {},
): Promise<string[]> {
  let manifest: Manifest;
  try {
    manifest = await readManifest(directory);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return [error.message];
  }
  const problems: string[] = [];
  for (const { name, size, sha256 } of manifest.files) {
    if (!isNeeded(name)) continue;
    const path = join(directory, name);
    try {
      const stat = await Deno.stat(path);
      if (stat.size !== size) {
        problems.push(`${path} has ${stat.size} bytes instead of ${size}`);
      } else if ((await hashFile(path)).sha256 !== sha256) {
        problems.push(`${path} is damaged: its SHA-256 has changed`);
      }
    } catch (error) {
      problems.push(`${path} cannot be read: ${describeCause(error)}`);
    }
  }
  return problems;
}

/** A checkpoint cannot be saved, found or used. */
export class CheckpointError extends Error {
  /** Always "CheckpointError". */
  override readonly name = "CheckpointError";
}

/** Whether `name` names a file directly in a directory, on any system. */
export function isPlainFileName(name: string): boolean {
  return /^[\w.-]+$/.test(name) && !name.startsWith(".") &&
    name !== MANIFEST_FILE;
}

/** The text of a manifest, whatever fields it has, with its digest set. */
function seal(manifest: object): string {
  const unsealed = { ...manifest, manifest_sha256: "0".repeat(64) };
  const text = toText(unsealed);
  const manifest_sha256 = createHash("sha256").update(text).digest("hex");
  return toText({ ...manifest, manifest_sha256 });
}

function toText(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

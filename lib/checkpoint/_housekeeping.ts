/** Keeping a directory of checkpoints tidy. Nothing here fails a save. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeCause, type DurableFileSystem } from "../files/atomic.ts";
import { MANIFEST_FILE, readManifest } from "./manifest.ts";
import { asideOf, FINAL_CHECKPOINT, stepOfName } from "./names.ts";

/** How the disk is changed, and where to note what went wrong. */
export interface Housekeeping {
  /** How the disk is changed. */
  fs: DurableFileSystem;
  /** Takes one sentence for each thing that could not be done. */
  warnings: string[];
}

/**
 * Removes the leftovers of processes that died, and restores the name of a
 * checkpoint that one of them had put aside. Only the holder of the lock may do
 * this, because otherwise the files may belong to a running process.
 */
export async function clearLeftovers(
  outDir: string,
  { fs, warnings }: Housekeeping,
): Promise<void> {
  const names = await listNames(outDir);
  for (const name of names) {
    const path = join(outDir, name);
    const original = asideOf(name);
    try {
      if (original !== undefined && !names.includes(original)) {
        await fs.rename(path, join(outDir, original));
      } else if (original !== undefined || name.startsWith(".tmp-")) {
        await fs.remove(path);
      }
    } catch (error) {
      warnings.push(`Cannot clear ${path}: ${describeCause(error)}`);
    }
  }
}

/**
 * Puts the checkpoints of later steps aside before one of an earlier step is
 * published: they belong to a course that the run left by resuming from an
 * older checkpoint, and `--resume auto` must not return to them.
 */
export async function putLaterAside(
  outDir: string,
  published: number,
  { fs, warnings }: Housekeeping,
): Promise<void> {
  for (const name of await listNames(outDir)) {
    if (name !== FINAL_CHECKPOINT && stepOfName(name) === undefined) continue;
    const path = join(outDir, name);
    const step = await stepOf(path);
    if (step === undefined || step <= published) continue;
    const aside = join(outDir, `superseded-${name}-${timestamp()}`);
    try {
      await fs.rename(path, aside);
      warnings.push(
        `Moved ${path}, from before the run went back to an earlier step, to ${aside}`,
      );
    } catch (error) {
      warnings.push(`Cannot move ${path} aside: ${describeCause(error)}`);
    }
  }
}

/** The time, as it may stand in a name. */
export function timestamp(): string {
  return new Date().toISOString().replace(/[^0-9]/g, "");
}

/** The step of a checkpoint, or undefined without a valid manifest. */
async function stepOf(path: string): Promise<number | undefined> {
  return await readManifest(path).then(({ step }) => step, () => undefined);
}

/**
 * Removes all but the newest `keepLast` checkpoints, which include the one just
 * published. Each is renamed first, so that no partly removed checkpoint is ever
 * visible. Directories without a manifest are not removed.
 */
export async function prune(
  outDir: string,
  published: string,
  { keepLast, fs, warnings }: Housekeeping & { keepLast: number },
): Promise<void> {
  if (keepLast === Infinity) return;
  const others: string[] = [];
  for (const name of await listNames(outDir)) {
    if (stepOfName(name) === undefined || name === published) continue;
    if (existsSync(join(outDir, name, MANIFEST_FILE))) others.push(name);
  }
  others.sort((a, b) => (stepOfName(b) ?? 0) - (stepOfName(a) ?? 0));
  const kept = published === FINAL_CHECKPOINT ? keepLast : keepLast - 1;
  for (const name of others.slice(kept)) {
    const path = join(outDir, name);
    const doomed = join(outDir, `.tmp-removed-${name}-${Deno.pid}`);
    try {
      await fs.rename(path, doomed);
      await fs.remove(doomed);
    } catch (error) {
      warnings.push(`Cannot remove ${path}: ${describeCause(error)}`);
    }
  }
}

async function listNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  return names.sort();
}

/**
 * Versions and commit that a run was trained with, to reproduce it: written to OUT/run.json and every checkpoint.
 *
 * @module
 */

import { buildInfo } from "../../ffi/mod.ts";

/** Versions and source of the program that trains. */
export interface RunInfo {
  /** Version of Deno. */
  readonly deno: string;
  /** Version of libtorch. */
  readonly torch: string;
  /** Version of CUDA, or null. */
  readonly cuda: string | null;
  /** Commit of the project, with "-dirty" where files differ from it; null outside a checkout. */
  readonly commit: string | null;
}

/** Collects versions and git state. */
export async function collectRunInfo(): Promise<RunInfo> {
  const { torch, cuda } = buildInfo();
  return {
    deno: Deno.version.deno,
    torch,
    cuda,
    commit: await gitCommit(),
  };
}

async function gitCommit(): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--abbrev=40"],
      cwd: new URL(".", import.meta.url),
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    // No git, or no permission to run it: the commit is optional.
    return null;
  }
}

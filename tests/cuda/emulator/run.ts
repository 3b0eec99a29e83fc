/**
 * `deno task test:kernels [words]`: the tests of the CUDA kernels, run by a CPU: what a thread computes, how
 * threads wait for each other and what a launch asks for, but neither speed nor a device's own ways. The last line
 * is "N passed, N failed", with ", N skipped" if any were.
 *
 * A word that is a path chooses test files, any other filters test names.
 */

import { fileURLToPath } from "node:url";
import { closingLine, type Counts, runTests } from "../../run.ts";
import { buildEmulator } from "./build.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

if (import.meta.main) {
  Deno.chdir(ROOT);
  const counts = await run(Deno.args);
  console.log(closingLine(counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/**
 * Builds the emulator and runs the tests with it.
 *
 * @returns How many passed; one failure if it cannot be built.
 */
export async function run(words: readonly string[]): Promise<Counts> {
  try {
    Deno.env.set("MOEBIUS_CUDA_EMULATOR", await buildEmulator());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  }
  try {
    const files = words.filter((word) => word.endsWith("_test.ts"));
    const { counts } = await runTests(
      files.length > 0 ? words : [...words, "tests/cuda/"],
    );
    return counts;
  } finally {
    Deno.env.delete("MOEBIUS_CUDA_EMULATOR");
  }
}

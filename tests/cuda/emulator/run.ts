/**
 * `deno task test:kernels [words]`: the tests of the CUDA kernels, and of the model with them, run by a CPU: what a
 * thread computes, how threads wait for each other and what a launch asks for, but neither speed nor a device's own
 * ways. The last line is "N passed, N failed", with ", N skipped" if any were.
 *
 * A word that is a path chooses test files, any other filters test names.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Counts, runAsCommand, runTests } from "../../run.ts";
import { buildEmulator, EMULATOR_VARIABLE } from "./build.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PRELOAD = "--preload=tests/cuda/emulator/load.ts";
/** The kernels that have tests, and the whole model against LitGPT's numbers. */
const FILES = [
  ...[...Deno.readDirSync(join(ROOT, "tests/cuda"))].map(({ name }) => name)
    .filter((name) => name.endsWith("_test.ts"))
    // These are of nvcc and of NVRTC.
    .filter((name) => !["compile_test.ts", "kernels_test.ts"].includes(name))
    .sort().map((name) => `tests/cuda/${name}`),
  "tests/model/golden_test.ts",
  "tests/model/precision_test.ts",
];
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

if (import.meta.main) await runAsCommand(run);

/**
 * Builds the emulator and runs the tests with it.
 *
 * @returns How many passed; one failure if it cannot be built.
 */
export async function run(words: readonly string[]): Promise<Counts> {
  try {
    Deno.env.set(EMULATOR_VARIABLE, await buildEmulator());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  }
  try {
    const files = words.some((word) => word.endsWith("_test.ts")) ? [] : FILES;
    const { counts } = await runTests([PRELOAD, ...words, ...files]);
    return counts;
  } finally {
    Deno.env.delete(EMULATOR_VARIABLE);
  }
}

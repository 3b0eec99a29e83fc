/**
 * `deno task test:all`: `deno task test`, then the CUDA kernels on the CPU, the comparison with LitGPT and
 * transformers themselves, and the notebooks in Jupyter. Python packages are installed with pip, once. The last line counts all tests:
 * "N passed, N failed", with ", N skipped" if any were.
 */

import { run as runKernels } from "./cuda/emulator/run.ts";
import { run as runInterop } from "./interop/run.ts";
import { run as runNotebooks } from "./notebook/run.ts";
import { type Counts, runAsCommand, runStages, timed } from "./run.ts";

async function main(): Promise<Counts> {
  const first = await runStages([]);
  const all = [first];
  // Where nothing can be built nothing else can be tested.
  if (first.passed === 0) return first;
  const later = [
    ["kernels", () => runKernels([])],
    ["interop", () => runInterop([])],
    ["notebooks", () => runNotebooks([])],
  ] as const;
  for (const [name, run] of later) {
    await timed(name, async () => {
      const counts = await run();
      all.push(counts);
      return counts.failed === 0;
    });
  }
  const sum = (key: keyof Counts) =>
    all.reduce((total, counts) => total + counts[key], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
  };
}

if (import.meta.main) await runAsCommand(main);

/**
 * `deno task test:gpu [words]`: the tests that run on a GPU, on this machine's. The last line is
 * "N passed, N failed", with ", N skipped" if any were. A whole run writes tests/bench/results/test-gpu.md, one
 * with `--sanitizer` sanitizer.md beside it.
 *
 * A word that is a path chooses test files, any other filters test names. With `--sanitizer` words are names in
 * tests/cuda, such as "swiglu", and `--seconds N` is the most that a tool may take for each (60).
 */

import { parseArgs } from "node:util";
import {
  buildInfo,
  cudaDeviceCount,
  cudaDeviceInfo,
  ensureSetup,
} from "../ffi/mod.ts";
import { describe, isClean, sanitize } from "./cuda/sanitize.ts";
import {
  closingLine,
  countResults,
  type Counts,
  runAsCommand,
  runTests,
  type TestResult,
} from "./run.ts";

const RESULTS = "tests/bench/results";
/** The rooms that compute on a device. */
const ROOMS = ["cuda", "ffi", "operators", "model", "train", "generate"];

if (import.meta.main) await runAsCommand(main);

async function main(): Promise<Counts> {
  const { values, positionals: words } = parseArgs({
    allowPositionals: true,
    options: {
      sanitizer: { type: "boolean", default: false },
      seconds: { type: "string", default: "60" },
    },
  });
  await ensureSetup();
  if (cudaDeviceCount() === 0) {
    console.error(
      "Cannot test on a GPU: libtorch finds none on this machine: `deno task doctor` says more",
    );
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if (values.sanitizer) return await check(words, Number(values.seconds));
  const startedMs = performance.now();
  Deno.env.set("MOEBIUS_TEST_ON_GPU", "1");
  const { counts, results } = await runTests(
    words.length > 0 ? words : ROOMS.map((room) => `tests/${room}`),
  );
  if (words.length === 0) {
    const seconds = (performance.now() - startedMs) / 1000;
    await write("test-gpu", "Tests on a GPU", [
      summary({ counts, results, seconds }),
    ]);
  }
  return counts;
}

/** A file that one of the tools complains of, or whose tests fail or do not end, has failed. */
async function check(
  names: readonly string[],
  limitSeconds: number,
): Promise<Counts> {
  const lines: string[] = [];
  let passed = 0;
  for await (const found of sanitize({ names, limitSeconds })) {
    if (isClean(found)) passed++;
    lines.push(`- ${describe(found)}`);
    console.log(describe(found));
  }
  if (names.length === 0) {
    await write("sanitizer", "The CUDA kernels under compute-sanitizer", [
      "`deno task test:gpu --sanitizer`:",
      "",
      ...lines,
    ]);
  }
  return { passed, failed: lines.length - passed, skipped: 0 };
}

/** Writes a result with the date and the machine, formatted as all files are. */
async function write(
  name: string,
  title: string,
  lines: readonly string[],
): Promise<void> {
  const path = `${RESULTS}/${name}.md`;
  const machine = [
    new Date().toISOString().slice(0, 10),
    cudaDeviceInfo().name,
    `libtorch ${buildInfo().torch}`,
    `Deno ${Deno.version.deno}`,
  ];
  const text = [`# ${title}`, "", `${machine.join(", ")}.`, "", ...lines, ""];
  await Deno.writeTextFile(path, text.join("\n"));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", path] })
    .output();
}

/** What became of the tests, room by room, and by name what did not pass. */
export function summary(
  { counts, results, seconds }: {
    counts: Counts;
    results: readonly TestResult[];
    seconds: number;
  },
): string {
  const rooms = Map.groupBy(
    results,
    ({ file }) => file.replace(/^\.\//, "").split("/").slice(0, 2).join("/"),
  );
  const rows = [...rooms].map(([room, results]) => {
    const { passed, failed, skipped } = countResults(results);
    return `| ${room} | ${passed} | ${failed} | ${skipped} |`;
  });
  const named = (outcome: keyof Counts) => {
    const lines = results.filter((test) => test.outcome === outcome)
      .map(({ name, file }) => `- ${file.split("/").at(-1)}: ${name}`);
    const title = outcome === "failed" ? "Failed" : "Skipped";
    return lines.length === 0 ? [] : ["", `${title}:`, "", ...lines];
  };
  return [
    `\`deno task test:gpu\`: ${closingLine(counts)}, in ${
      seconds.toFixed(0)
    } s.`,
    "",
    "| room | passed | failed | skipped |",
    "| --- | --- | --- | --- |",
    ...rows,
    ...named("failed"),
    ...named("skipped"),
  ].join("\n");
}

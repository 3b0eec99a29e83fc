/**
 * `deno task test:gpu --sanitizer`: the tests of the CUDA kernels under compute-sanitizer, one file after the
 * other: memcheck finds accesses outside of an allocation, racecheck unordered ones of shared memory. Only the
 * project's own kernels are watched, and each tensor is an allocation of its own.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const TOOLS = ["memcheck", "racecheck"] as const;
/** Those of compiling and caching: they have no kernels of their own. */
const WITHOUT_KERNELS = ["compile_test.ts", "kernels_test.ts"];
/** The project's kernels are the ones without C++'s mangled names that are called like this. */
const OWN_KERNELS =
  "^(adamw|add_rms|clip|cross_entropy|decode|grouped|moe|rms_norm|rope_qkv|router|swiglu|topk)_";
/** Which tests each tool gets: see _check.ts. */
const CHOSEN = { memcheck: "kernels", racecheck: "small" };
const REPORT = /^=+ (?:ERROR|RACECHECK) SUMMARY: (\d+) /m;
const PROBLEM =
  /^=+ (?:Invalid|Error: |Warning: |Potential|Race|Program hit)/gm;
const TEST = /^\S.* \.\.\. (ok|FAILED) \(/gm;

/** What a tool found in a test file. */
export interface Sanitized {
  readonly file: string;
  readonly tool: typeof TOOLS[number];
  /** Errors or hazards. */
  readonly problems: number;
  readonly passed: number;
  readonly failed: number;
  /** Whether all tests ran within the time. */
  readonly isComplete: boolean;
  readonly seconds: number;
}

/** What to run. */
export interface SanitizeOptions {
  /** Names of test files, without `_test.ts`; none is all. */
  readonly names: readonly string[];
  /** The most that a tool may take for a file. */
  readonly limitSeconds: number;
}

/**
 * Checks one file after the other, first with memcheck.
 *
 * @throws {Error} if there is no compute-sanitizer.
 */
export async function* sanitize(
  { names, limitSeconds }: SanitizeOptions,
): AsyncGenerator<Sanitized> {
  const program = findSanitizer();
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
    .filter((name) => name.endsWith("_test.ts"))
    .filter((name) => !WITHOUT_KERNELS.includes(name))
    .filter((name) =>
      names.length === 0 || names.includes(name.replace("_test.ts", ""))
    );
  for (const tool of TOOLS) {
    for (const file of files) {
      yield await sanitizeFile(program, tool, file, limitSeconds);
    }
  }
}

/** Whether tests ran, all of them held, and the tool had nothing to say. */
export function isClean(
  { problems, passed, failed, isComplete }: Sanitized,
): boolean {
  return problems === 0 && passed > 0 && failed === 0 && isComplete;
}

/** One line about it. */
export function describe(
  { file, tool, problems, passed, failed, isComplete, seconds }: Sanitized,
): string {
  const what = tool === "memcheck" ? "errors" : "hazards";
  const tests = `${passed} tests passed, ${failed} failed`;
  return `${tool} ${file}: ${problems} ${what}, ${tests}${
    isComplete ? "" : ", not all ran"
  } (${seconds.toFixed(0)} s)`;
}

/** Reads what compute-sanitizer and `deno test` wrote. */
export function readOutput(
  log: string,
  output: string,
): Pick<Sanitized, "problems" | "passed" | "failed" | "isComplete"> {
  const summary = REPORT.exec(log);
  const outcomes = [...output.matchAll(TEST)].map(([, outcome]) => outcome);
  return {
    // Without a summary it was stopped: what it said until then counts.
    problems: summary === null
      ? [...log.matchAll(PROBLEM)].length
      : Number(summary[1]),
    passed: outcomes.filter((outcome) => outcome === "ok").length,
    failed: outcomes.filter((outcome) => outcome === "FAILED").length,
    isComplete: summary !== null,
  };
}

async function sanitizeFile(
  program: string,
  tool: Sanitized["tool"],
  file: string,
  limitSeconds: number,
): Promise<Sanitized> {
  const log = await Deno.makeTempFile({ prefix: "moebius-sanitizer-" });
  const startedMs = performance.now();
  try {
    const { stdout, stderr } = await new Deno.Command("timeout", {
      args: [
        // The test is told too, so that nothing is left running on the device.
        ...["--signal", "INT", "--kill-after", "5", `${limitSeconds}`],
        ...[program, "--tool", tool, "--log-file", log],
        ...["--kernel-name", `regex=${OWN_KERNELS}`],
        // libtorch asks for what may not be there, and copes.
        ...["--report-api-errors", "no"],
        ...[Deno.execPath(), "test", "-A", "--no-check"],
        join(FOLDER, file),
      ],
      env: {
        NO_COLOR: "1",
        PYTORCH_NO_CUDA_MEMORY_CACHING: "1",
        MOEBIUS_CUDA_TESTS: CHOSEN[tool],
      },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    const found = readOutput(
      await Deno.readTextFile(log),
      text.decode(stdout),
    );
    if (found.passed + found.failed === 0) {
      console.error(text.decode(stderr).trim().split("\n").at(-1));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    return { ...found, file, tool, seconds };
  } finally {
    await Deno.remove(log);
  }
}

function findSanitizer(): string {
  const folders = [
    ...(Deno.env.get("PATH") ?? "").split(":"),
    "/usr/local/cuda/bin",
  ];
  const found = folders.map((folder) => join(folder, "compute-sanitizer"))
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
  if (found !== undefined) return found;
  throw new Error(
    "Cannot check the kernels: there is no compute-sanitizer on the PATH or in /usr/local/cuda/bin: it comes with the CUDA toolkit",
  );
}

/**
 * `deno task test [words]`: everything that can be tested on this machine, in
 * named and timed stages. A stage that fails ends the run. The last line is
 * "N passed, N failed", with ", N skipped" if any were.
 *
 * With words only set-up and tests run: a word that is a path chooses test
 * files, a flag is handed to `deno test`, any other word filters test names.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How many tests a run had, as its JUnit report and exit code tell. */
export interface Counts {
  /** Tests that ran and held. */
  readonly passed: number;
  /** Tests that ran and did not hold, or 1 for a run that broke off. */
  readonly failed: number;
  /** Tests that say themselves that they cannot run here. */
  readonly skipped: number;
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const STATE = join(ROOT, ".moebius");
// Name, file, other attributes, and the element inside if there is one.
const TEST_CASE =
  /<testcase name="([^"]*)" classname="([^"]*)"([^>]*)>\s*<(\w*)/g;
const CLANG_FORMAT = "clang-format==21.1.8";

if (import.meta.main) await runAsCommand(runStages);

/** Runs tests in the project's folder, prints the closing line, and exits. */
export async function runAsCommand(
  run: (words: readonly string[]) => Promise<Counts>,
): Promise<never> {
  Deno.chdir(ROOT);
  const counts = await run(Deno.args);
  console.log(closingLine(counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/** Runs the stages; the first that fails ends them, as a failure. */
export async function runStages(words: readonly string[]): Promise<Counts> {
  const checks: [name: string, check: () => Promise<boolean>][] = [
    ["format", () => deno("fmt", "--check")],
    ["lint", () => deno("lint")],
    // The examples of documentation and README are code too.
    ["types", () => deno("check", "--quiet", "--doc", ".", "README.md")],
    ["documentation", () => deno("doc", "--lint", "lib/mod.ts", "ffi/mod.ts")],
    ["C++ format", checkCppFormat],
  ];
  const setup = () => deno("run", "-A", "lib/cli/setup.ts");
  const stages = [
    ...(words.length > 0 ? [] : checks),
    ["set-up", setup] as const,
  ];
  for (const [name, check] of stages) {
    if (!await timed(name, check)) return { passed: 0, failed: 1, skipped: 0 };
  }
  let counts: Counts = { passed: 0, failed: 1, skipped: 0 };
  await timed("tests", async () => {
    ({ counts } = await runTests(words));
    return counts.failed === 0;
  });
  return counts;
}

/** Runs a stage, and says what it is called, how it went and how long it took. */
export async function timed(
  name: string,
  stage: () => Promise<boolean>,
): Promise<boolean> {
  console.log(`-- ${name}`);
  const startMs = performance.now();
  const ok = await stage();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`-- ${name}: ${ok ? "ok" : "FAILED"} (${seconds} s)\n`);
  return ok;
}

function deno(...args: string[]): Promise<boolean> {
  return succeeds(Deno.execPath(), args);
}

async function succeeds(program: string, args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output().catch(() => ({ success: false }));
  return success;
}

async function checkCppFormat(): Promise<boolean> {
  const files = ["shim", "tests/cuda/emulator"]
    .flatMap((folder) => cppFiles(join(ROOT, folder)));
  const target = join(STATE, "tools", CLANG_FORMAT);
  const program = join(target, "clang_format/data/bin/clang-format");
  if (!exists(program)) {
    const pip =
      "-m pip install -qq --disable-pip-version-check --no-deps --target"
        .split(" ");
    if (
      !await succeeds("python3", [...pip, target, CLANG_FORMAT]) ||
      !exists(program)
    ) {
      console.log(`skipped: ${CLANG_FORMAT} cannot be installed with pip`);
      return true;
    }
  }
  return await succeeds(program, ["--dry-run", "-Werror", ...files]);
}

function cppFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) return cppFiles(path);
    return /\.(cc|h|cu)$/.test(entry.name) ? [path] : [];
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A test that ran, or said that it cannot run here. */
export interface TestResult {
  readonly name: string;
  /** Its file, such as "./tests/ffi/call_test.ts". */
  readonly file: string;
  readonly outcome: keyof Counts;
}

/** Runs tests, all unless words choose, and tells what became of them. */
export async function runTests(
  words: readonly string[],
): Promise<{ counts: Counts; results: TestResult[] }> {
  const report = await Deno.makeTempFile({
    prefix: "moebius-tests-",
    suffix: ".xml",
  });
  try {
    const args = words.map((word) =>
      word.startsWith("-") || exists(word) ? word : `--filter=${word}`
    );
    if (!args.some(exists)) args.push("tests/");
    // No --parallel: test files would share one process, and with it libtorch's
    // threads, random numbers and live counts. On 2 cores it is no faster.
    const ok = await deno(
      "test",
      "-A",
      "--no-check",
      `--junit-path=${report}`,
      ...args,
    );
    const text = await Deno.readTextFile(report);
    return { counts: countTests(text, ok), results: readReport(text) };
  } finally {
    await Deno.remove(report);
  }
}

/**
 * The tests of a JUnit report as `deno test` counts them: steps belong to their
 * test, and a test that a filter left out does not count.
 */
export function readReport(report: string): TestResult[] {
  const cases = [...report.matchAll(TEST_CASE)].map((match) => {
    const [, name = "", file = "", rest = "", inside = ""] = match;
    return { name, file, inside, started: rest.includes(" time=") };
  });
  const known = new Set(cases.map(({ name, file }) => `${file} ${name}`));
  const isStep = ({ name, file }: typeof cases[number]) =>
    [...name.matchAll(/ &gt; /g)]
      .some(({ index }) => known.has(`${file} ${name.slice(0, index)}`));
  return cases.filter((test) => test.started && !isStep(test))
    .map(({ name, file, inside }) => ({
      name: unescapeXml(name),
      file,
      outcome: inside === "skipped"
        ? "skipped"
        : inside === "failure" || inside === "error"
        ? "failed"
        : "passed",
    }));
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = {
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    amp: "&",
  };
  return text.replace(/&(\w+);/g, (all, name) => named[name] ?? all);
}

/**
 * Counts the tests of a report. A test file that fails as it is loaded is in no
 * report: a run that failed without a failed test counts as one failure.
 */
export function countTests(report: string, ok: boolean): Counts {
  const counts = countResults(readReport(report));
  return ok ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

/** How many of some tests passed, failed and were skipped. */
export function countResults(results: readonly TestResult[]): Counts {
  const count = (wanted: keyof Counts) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  return {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}

/** The line that ends a run: "12 passed, 0 failed, 1 skipped". */
export function closingLine({ passed, failed, skipped }: Counts): string {
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${tail}`;
}

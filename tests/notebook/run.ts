/**
 * `deno task test:notebooks`: the notebooks and, where there is one, a browser. What else can be tested of
 * them is part of `deno task test`. The last line is "N passed, N failed", with ", N skipped" if any were.
 *
 * With --write the notebooks that hold are written with their new outputs, and the picture in the README
 * anew, to be committed.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureSetup } from "../../ffi/setup/mod.ts";
import { closingLine, type Counts, countTests } from "../run.ts";
import { findChromium } from "./_lab.ts";
import { findPython } from "./_python.ts";

const WRITE = "--write";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

if (import.meta.main) {
  Deno.chdir(ROOT);
  const counts = await run(Deno.args);
  console.log(closingLine(counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/** Makes the Python environment, unless it is there, and runs the tests in it. */
export async function run(words: readonly string[]): Promise<Counts> {
  try {
    await ensureSetup();
    await findPython();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if (await findChromium() === undefined) {
    console.log(
      "There is no Chromium (MOEBIUS_CHROMIUM can name one): no page is looked at",
    );
  }
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", `--junit-path=${report}`],
      ...["notebooks.ts", "browser.ts"].map((name) =>
        join("tests", "notebook", name)
      ),
      ...words.filter((word) => word !== WRITE),
    ],
    env: words.includes(WRITE) ? { MOEBIUS_WRITE_NOTEBOOKS: "1" } : {},
    stdin: "null",
  }).spawn().status;
  const counts = countTests(await Deno.readTextFile(report), success);
  await Deno.remove(report);
  return counts;
}

/**
 * `deno task test:notebooks`: the notebooks and, where there is one, a browser. What else can be tested of
 * them is part of `deno task test`. The last line is "N passed, N failed", with ", N skipped" if any were.
 *
 * With --write the notebooks that hold are written with their new outputs, and the picture in the README
 * anew, to be committed.
 */

import { ensureSetup } from "../../ffi/setup/mod.ts";
import { type Counts, runAsCommand, runTests } from "../run.ts";
import { findChromium } from "./_lab.ts";
import { findPython } from "./_python.ts";

const WRITE = "--write";

if (import.meta.main) await runAsCommand(run);

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
  if (words.includes(WRITE)) Deno.env.set("MOEBIUS_WRITE_NOTEBOOKS", "1");
  const { counts } = await runTests([
    ...words.filter((word) => word !== WRITE),
    ...["notebooks.ts", "browser.ts"].map((name) => `tests/notebook/${name}`),
  ]);
  return counts;
}

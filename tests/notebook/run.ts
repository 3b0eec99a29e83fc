/**
 * `deno task test:notebooks`: the kernel, the notebooks and, where there is one, a browser. The last line
 * is "N passed, N failed", with ", N skipped" if any were.
 *
 * With --write the notebooks that hold are written with their new outputs, to be committed.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closingLine, countTests } from "../run.ts";
import { findPython } from "./_python.ts";

const WRITE = "--write";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

if (import.meta.main) {
  Deno.chdir(ROOT);
  await findPython();
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", `--junit-path=${report}`],
      ...["kernel_test.ts", "notebooks.ts", "browser.ts"].map((name) =>
        join("tests", "notebook", name)
      ),
      ...Deno.args.filter((arg) => arg !== WRITE),
    ],
    env: Deno.args.includes(WRITE) ? { MOEBIUS_WRITE_NOTEBOOKS: "1" } : {},
    stdin: "null",
  }).spawn().status;
  const counts = countTests(await Deno.readTextFile(report), success);
  await Deno.remove(report);
  console.log(closingLine(counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/** A Python with Jupyter: the tests' own, or the one that MOEBIUS_PYTHON names. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VENV = join(ROOT, ".moebius", "jupyter");
const PACKAGES = [
  "jupyter-client==8.10.0",
  "jupyterlab==4.6.6",
  "nbclient==0.11.0",
  "nbconvert==7.17.2",
  "nbformat==5.10.4",
];

/**
 * Path of the Python; makes it on first use.
 *
 * @throws {Error} if there is no python3, or the packages cannot be installed.
 */
export async function findPython(): Promise<string> {
  const given = Deno.env.get("MOEBIUS_PYTHON");
  if (given !== undefined) return given;
  const python = join(VENV, "bin", "python");
  const marker = join(VENV, "packages.txt");
  const wanted = PACKAGES.join("\n");
  const found = await Deno.readTextFile(marker).catch(() => "");
  if (found === wanted) return python;
  console.log(`Installing Jupyter for the tests into ${VENV}`);
  await run("python3", ["-m", "venv", "--clear", VENV]);
  await run(python, [
    "-m",
    "pip",
    "install",
    "-q",
    "--disable-pip-version-check",
    ...PACKAGES,
  ]);
  await Deno.writeTextFile(marker, wanted);
  return python;
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(
    `Cannot run ${program} ${args.join(" ")}: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

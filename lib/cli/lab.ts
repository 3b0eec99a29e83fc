/**
 * `deno task lab`: opens the notebooks in JupyterLab.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { ensureSetup } from "../../ffi/mod.ts";
import { runCommand, UsageError } from "./_command.ts";
import { installKernel } from "./kernel.ts";

const NOTEBOOKS = fileURLToPath(new URL("../../notebooks/", import.meta.url));

const MISSING =
  "Cannot open the notebooks: there is no JupyterLab: install it with `python3 -m pip install jupyterlab` " +
  "(or `pipx install jupyterlab`), or set MOEBIUS_PYTHON to a Python that has it. " +
  "VS Code opens notebooks/ with its Jupyter extension: run `deno task kernel` and choose the kernel Deno (moebius)";

async function main(argv: readonly string[]): Promise<number> {
  const command = await findLab();
  if (command === undefined) throw new UsageError(MISSING);
  await ensureSetup({ log: console.log });
  console.log(`Kernel in ${await installKernel()}`);
  const [program, ...args] = command;
  const { code } = await new Deno.Command(program, {
    args: [...args, `--ServerApp.root_dir=${NOTEBOOKS}`, ...argv],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  return code;
}

/** The command that starts JupyterLab on this machine, or undefined. */
async function findLab(): Promise<[string, ...string[]] | undefined> {
  const python = Deno.env.get("MOEBIUS_PYTHON") ?? "";
  const candidates: [string, ...string[]][] = [
    ...(python === ""
      ? []
      : [[python, "-m", "jupyterlab"] as [string, ...string[]]]),
    ["jupyter", "lab"],
    ["python3", "-m", "jupyterlab"],
  ];
  for (const [program, ...args] of candidates) {
    try {
      const { success } = await new Deno.Command(program, {
        args: [...args, "--version"],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return [program, ...args];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

if (import.meta.main) await runCommand(main);

/**
 * `deno task kernel`: registers this project's kernel with Jupyter.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import { KERNEL_NAME } from "../notebook/kernel.ts";
import { PLOTLY_FILE } from "../notebook/page.ts";
import { readArguments, runCommand, UsageError } from "./_command.ts";

const COMMAND = {
  usage: "kernel [options]",
  summary:
    "Installs the Jupyter kernel that notebooks/ use: Deno, with a Stop button that stops.",
  options: z.object({
    dir: z.string().optional()
      .describe("Folder of kernels; unless given, the user's"),
  }),
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(COMMAND, argv);
  if (read === null) return 0;
  const [word] = read.words;
  if (word !== undefined) throw new UsageError(`Unknown argument "${word}"`);
  await ensureSetup({ log: console.log });
  console.log(`Installed ${await installKernel(read.options.dir)}`);
  console.log("Open the notebooks with `deno task lab`");
  return 0;
}

/**
 * Writes the kernel's folder: the command that starts it, and Plotly, which pages load from there.
 *
 * @param kernels Folder of kernels. Default: the user's.
 * @returns The kernel's folder.
 */
export async function installKernel(
  kernels: string = userKernels(Deno.env.toObject()),
): Promise<string> {
  const folder = join(kernels, KERNEL_NAME);
  await Deno.mkdir(folder, { recursive: true });
  const start = [Deno.execPath(), "jupyter", "--kernel", "--conn"];
  const spec = {
    // Otherwise a Stop before the library is imported would end the kernel.
    argv: [...await ignoreInterrupt(), ...start, "{connection_file}"],
    display_name: "Deno (moebius)",
    language: "typescript",
    interrupt_mode: "signal",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  };
  const text = JSON.stringify(spec, null, 2) + "\n";
  await Deno.writeTextFile(join(folder, "kernel.json"), text);
  // Imported only here, because it is 1.5 MB that no other command needs.
  const { plotlyScript } = await import("../plots/plotly.ts");
  await Deno.writeTextFile(join(folder, PLOTLY_FILE), plotlyScript);
  return folder;
}

/** A command prefix that starts a program with SIGINT ignored; only GNU `env` supports this. */
async function ignoreInterrupt(): Promise<string[]> {
  try {
    const { success } = await new Deno.Command("env", {
      args: ["--ignore-signal=INT", "true"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? ["env", "--ignore-signal=INT"] : [];
  } catch {
    return [];
  }
}

/** The folder where Jupyter looks for a user's kernels. */
export function userKernels(env: Readonly<Record<string, string>>): string {
  const { JUPYTER_DATA_DIR, XDG_DATA_HOME, HOME = "." } = env;
  const data = JUPYTER_DATA_DIR ??
    (Deno.build.os === "darwin"
      ? join(HOME, "Library", "Jupyter")
      : join(XDG_DATA_HOME ?? join(HOME, ".local", "share"), "jupyter"));
  return join(data, "kernels");
}

if (import.meta.main) await runCommand(main);

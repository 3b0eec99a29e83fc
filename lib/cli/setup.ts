/**
 * `deno task setup [--force]`: finds or installs libtorch and builds the shim
 * for it. Every task that needs them does this too; here it can be run
 * separately.
 */
import { ensureSetup, SetupError } from "../../ffi/setup/mod.ts";

const USAGE = `Usage: deno task setup [--force]

Finds or installs libtorch and builds the shim for it.

  --force   look for libtorch and compile everything anew

Environment: LIBTORCH (a libtorch folder), CXX, CXXFLAGS, CUDA_HOME, MOEBIUS_LIBTORCH_UNCHECKED=1`;

/** Runs the command with these arguments and returns its exit code. */
export async function setup(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const unknown = args.find((arg) => arg !== "--force");
  if (unknown !== undefined) {
    console.error(`Cannot set up: unknown argument "${unknown}"\n\n${USAGE}`);
    return 2;
  }
  const startMs = performance.now();
  try {
    const { libtorch, shim } = await ensureSetup({
      force: args.includes("--force"),
      log: console.log,
    });
    const cuda = libtorch.cuda ? `CUDA ${libtorch.cudaVersion}` : "CPU";
    const elapsed = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(
      `Ready: libtorch ${libtorch.version} (${cuda}) in ${libtorch.path}, shim ${shim} (${elapsed} s)`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await setup(Deno.args));

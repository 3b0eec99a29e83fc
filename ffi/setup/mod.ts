/**
 * Set-up: finds or installs libtorch and builds the shim for it. Every command
 * that needs libtorch calls {@linkcode ensureSetup} first; when nothing changed
 * since the last time it returns within milliseconds.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildShim } from "./_build.ts";
import { hashSources } from "./_sources.ts";
import { hasNvidiaGpu, type Host, SetupError } from "./_host.ts";
import { installLibtorch } from "./_install.ts";
import { findLibtorch, libraryName, type Libtorch } from "./_libtorch.ts";
import { checkStamp, type Setup, writeStamp } from "./_stamp.ts";

export { SetupError };
export type { Libtorch, Setup };
export type { LibtorchSource } from "./_libtorch.ts";

/** Options of {@linkcode ensureSetup}; every one has a default. */
export interface SetupOptions {
  /**
   * Receives one line of progress at a time. Default: standard error. Silent
   * when nothing is to be done.
   */
  readonly log?: (line: string) => void;
  /** Looks for libtorch and compiles everything anew. Default: false. */
  readonly force?: boolean;
  /**
   * Folder for everything that set-up makes. Default: `.moebius` in the
   * project.
   */
  readonly stateDir?: string;
  /** Folder of the shim's sources. Default: `shim` in the project. */
  readonly sourceDir?: string;
  /** Environment variables. Default: this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Makes sure that there is a libtorch and a shim built for it. Looks for
 * libtorch in the variable LIBTORCH, the project's own copy and Python's
 * installed torch, in this order, and else installs one with pip into the
 * project. Processes that call it at the same time wait for each other.
 *
 * @throws {SetupError} If something is missing that set-up cannot provide; the
 * message says what to install.
 *
 * @example
 * ```ts
 * import { ensureSetup } from "./mod.ts";
 *
 * const { libtorch, librariesToLoad } = await ensureSetup();
 * console.log(libtorch.version, librariesToLoad.at(-1));
 * ```
 */
export async function ensureSetup(options: SetupOptions = {}): Promise<Setup> {
  const host: Host = {
    env: options.env ?? Deno.env.toObject(),
    stateDir: options.stateDir ?? stateDirectory(),
    log: options.log ?? console.error,
  };
  const sourceDir = options.sourceDir ?? join(PROJECT, "shim");
  if (!options.force) {
    const standing = checkStamp(host, sourceDir);
    if (standing.current) return standing.setup;
  }
  if (Deno.build.os === "windows") {
    throw new SetupError(
      "Cannot set up on Windows: moebius runs on Linux and macOS: use it inside WSL (`wsl --install`)",
    );
  }

  Deno.mkdirSync(host.stateDir, { recursive: true });
  using lock = await Deno.open(join(host.stateDir, "setup.lock"), {
    create: true,
    write: true,
  });
  if (!await lock.tryLock(true)) {
    host.log("Waiting for another process that is setting up");
    await lock.lock(true);
  }
  const standing = checkStamp(host, sourceDir);
  if (standing.current && !options.force) return standing.setup;

  const sourcesHash = hashSources(sourceDir);
  const known = options.force || standing.current
    ? undefined
    : standing.libtorch;
  const libtorch = known ?? await findOrInstall(host);
  const { shim, compiler } = await buildShim(host, {
    libtorch,
    sourceDir,
    force: options.force ?? false,
  });
  const setup = {
    libtorch,
    shim,
    compiler: compiler.version,
    librariesToLoad: librariesToLoad(libtorch, shim),
  };
  writeStamp(host, {
    setup,
    compilerPath: compiler.path,
    sourceDir,
    sourcesHash,
  });
  return setup;
}

async function findOrInstall(host: Host): Promise<Libtorch> {
  let gpu: Promise<boolean> | undefined;
  const askGpu = () => gpu ??= hasNvidiaGpu(host.env);
  return await findLibtorch(host, { gpu: askGpu }) ??
    await installLibtorch(host, { gpu: await askGpu() });
}

// Opened by absolute path and in this order, each finds those it needs already
// loaded, wherever libtorch lies.
function librariesToLoad(libtorch: Libtorch, shim: string): string[] {
  const cuda = libtorch.cuda ? ["c10_cuda", "torch_cuda"] : [];
  const names = ["c10", "torch_cpu", ...cuda, "torch"];
  return [
    ...names.map((name) => join(libtorch.path, "lib", libraryName(name))),
    shim,
  ];
}

/** The folder of what the project makes for itself and can make again. */
export function stateDirectory(): string {
  return join(PROJECT, ".moebius");
}

/**
 * The set-up that stands, for code that cannot wait for one.
 *
 * @throws {SetupError} If there is none, or something changed since.
 */
export function currentSetup(): Setup {
  const host: Host = {
    env: Deno.env.toObject(),
    stateDir: stateDirectory(),
    log: () => {},
  };
  const standing = checkStamp(host, join(PROJECT, "shim"));
  if (standing.current) return standing.setup;
  throw new SetupError(
    "Cannot load libtorch: set-up has not been run, or something changed since: run `deno task setup`",
  );
}

/** Properties of this machine, read from files: processor, Jupyter kernels. */
import { basename, dirname, join } from "node:path";

/** The properties of a processor that determine its speed. */
export interface Processor {
  /** Model, such as "AMD EPYC 9B14"; null if the system does not report it. */
  readonly model: string | null;
  /** Number of cores available to this process. */
  readonly cores: number;
  /** Its instructions for fast matrix products. */
  readonly instructions: readonly string[];
}

/** From slow to fast, with the names of /proc/cpuinfo (x86, then Arm). */
const INSTRUCTIONS = [
  ..."avx2 avx512f avx512_bf16 amx_bf16".split(" "),
  ..."asimd sve bf16 svebf16".split(" "),
];

/** Reads the processor from /proc/cpuinfo. */
export function readProcessor(text = readText("/proc/cpuinfo")): Processor {
  const field = (name: string) =>
    new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1];
  const flags = (field("flags") ?? field("Features") ?? "").split(" ");
  return {
    model: field("model name") ?? null,
    cores: navigator.hardwareConcurrency,
    instructions: INSTRUCTIONS.filter((name) => flags.includes(name)),
  };
}

/**
 * The folder of a Jupyter kernel that runs Deno, or null. Searches like Jupyter: its environment variables,
 * the user's data folder, the Python environment, the system.
 */
export function findDenoKernel(
  env: Readonly<Record<string, string>>,
): string | null {
  for (const folder of jupyterFolders(env)) {
    const kernels = join(folder, "kernels");
    for (const name of listFolder(kernels)) {
      const spec = parseKernel(readText(join(kernels, name, "kernel.json")));
      if (spec.some((word) => basename(word) === "deno")) {
        return join(kernels, name);
      }
    }
  }
  return null;
}

function jupyterFolders(env: Readonly<Record<string, string>>): string[] {
  const { HOME: home } = env;
  const below = (folder: string | undefined, ...path: string[]) =>
    folder ? [join(folder, ...path)] : [];
  const prefixes = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"]].concat(
    (env["PATH"] ?? "").split(":")
      .filter((folder) => exists(join(folder, "python3"))).map(dirname),
  );
  return [
    ...(env["JUPYTER_PATH"] ?? "").split(":").filter((folder) => folder !== ""),
    ...below(env["JUPYTER_DATA_DIR"]),
    ...below(env["XDG_DATA_HOME"], "jupyter"),
    ...below(home, ".local", "share", "jupyter"),
    ...below(home, "Library", "Jupyter"),
    ...prefixes.flatMap((prefix) => below(prefix, "share", "jupyter")),
    "/usr/local/share/jupyter",
    "/usr/share/jupyter",
  ];
}

/** The command of a kernel; empty if the file does not define one. */
function parseKernel(text: string): string[] {
  try {
    const spec: unknown = JSON.parse(text);
    const argv = typeof spec === "object" && spec !== null
      ? Reflect.get(spec, "argv")
      : undefined;
    return Array.isArray(argv) ? argv.map(String) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** The text of a file; empty if it does not exist or cannot be read. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Finds a libtorch that the shim can be built against; see `findLibtorch()` for
 * the order.
 */
import { basename, dirname, join, resolve } from "node:path";
import {
  exists,
  type Host,
  run,
  SetupError,
  statOrUndefined,
  which,
} from "./_host.ts";

/**
 * The oldest libtorch that has every operator and header that the shim uses.
 */
const OLDEST_LIBTORCH = "2.11";

/**
 * Set to 1 to use a libtorch that is older than {@linkcode OLDEST_LIBTORCH} all
 * the same.
 */
export const UNCHECKED_VARIABLE = "MOEBIUS_LIBTORCH_UNCHECKED";

/** Where a libtorch came from. */
export type LibtorchSource = "LIBTORCH" | "project" | "python";

/** A complete libtorch: headers and libraries. */
export interface Libtorch {
  /** Folder that holds `lib/` and `include/`. */
  readonly path: string;
  /** For instance "2.13.0+cpu". */
  readonly version: string;
  /**
   * The variable LIBTORCH, the project's own copy, or an installed Python
   * package.
   */
  readonly source: LibtorchSource;
  /** True if it has CUDA kernels. */
  readonly cuda: boolean;
  /** CUDA release that it was built with, for instance "13.0". */
  readonly cudaVersion: string | null;
  /** Value of `_GLIBCXX_USE_CXX11_ABI` that it was built with. */
  readonly cxx11Abi: boolean;
}

/** File name of a shared library on this platform. */
export function libraryName(name: string): string {
  return Deno.build.os === "darwin" ? `lib${name}.dylib` : `lib${name}.so`;
}

/** Folder of the project's own copy, shaped like Python's site-packages. */
export function projectLibtorch(host: Host): string {
  return join(host.stateDir, "libtorch");
}

/**
 * The libtorch to use, or undefined if one must be installed. Tried in this
 * order: the variable LIBTORCH (a wrong value is an error, never passed over),
 * the project's own copy, an installed Python torch. One that cannot be used is
 * passed over with one line that says why.
 */
export async function findLibtorch(
  host: Host,
  options: { gpu: () => Promise<boolean> },
): Promise<Libtorch | undefined> {
  const named = host.env["LIBTORCH"];
  if (named !== undefined && named !== "") {
    const folder = resolve(named);
    const root = exists(join(folder, "torch", "lib"))
      ? join(folder, "torch")
      : folder;
    const problem = whatIsMissing(root) ?? whatIsTooOld(root, host);
    if (problem === undefined) return describeLibtorch(root, "LIBTORCH");
    throw new SetupError(
      `Cannot use LIBTORCH=${named}: ${problem}: set it to a complete libtorch (a folder with lib/ and include/, ` +
        "such as site-packages/torch), or unset it to have one found or installed",
    );
  }

  const own = join(projectLibtorch(host), "torch");
  const places = [
    { source: "project", find: () => exists(own) ? own : undefined },
    { source: "python", find: () => pythonTorch(host) },
  ] as const;
  for (const { source, find } of places) {
    const root = await find();
    if (root === undefined) continue;
    const problem = whatIsMissing(root) ?? whatIsTooOld(root, host) ??
      await whatIsWithoutCuda(root, options.gpu);
    if (problem === undefined) return describeLibtorch(root, source);
    host.log(`Passing over the libtorch in ${root}: ${problem}`);
  }
  return undefined;
}

async function whatIsWithoutCuda(
  root: string,
  gpu: () => Promise<boolean>,
): Promise<string | undefined> {
  if (hasCuda(root) || !await gpu()) return undefined;
  return `it cannot use this machine's NVIDIA GPU (LIBTORCH=${root} uses it all the same)`;
}

/**
 * Folder of the torch that `python3` would import, found without importing it.
 */
async function pythonTorch(host: Host): Promise<string | undefined> {
  const python = which("python3", host.env);
  if (python === undefined) return undefined;
  // The current folder must not count: a folder called torch in it is no
  // package of Python's.
  const script = [
    "import importlib.util, sys",
    "sys.path = [folder for folder in sys.path if folder]",
    "spec = importlib.util.find_spec('torch')",
    "print(spec.origin if spec and spec.origin else '')",
  ].join("\n");
  const { code, stdout } = await run(python, ["-c", script], host.env);
  const origin = stdout.trim();
  return code === 0 && basename(origin) === "__init__.py"
    ? dirname(origin)
    : undefined;
}

/**
 * What a libtorch folder lacks to be built against, or undefined if it is
 * complete.
 */
export function whatIsMissing(root: string): string | undefined {
  if (!exists(root)) return `${root} does not exist`;
  const needed = [
    join("lib", libraryName("c10")),
    join("lib", libraryName("torch_cpu")),
    join("lib", libraryName("torch")),
    join("include", "ATen", "ATen.h"),
    join("include", "c10", "core", "Device.h"),
  ];
  const missing = needed.filter((path) => !exists(join(root, path)));
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} ${
    missing.length === 1 ? "is" : "are"
  } missing in ${root}`;
}

function whatIsTooOld(root: string, host: Host): string | undefined {
  if (host.env[UNCHECKED_VARIABLE] === "1") return undefined;
  const version = libtorchVersion(root);
  if (version !== undefined && compareVersions(version, OLDEST_LIBTORCH) >= 0) {
    return undefined;
  }
  return `${
    version === undefined
      ? "its version cannot be read"
      : `its version is ${version}`
  }, moebius needs ${OLDEST_LIBTORCH} or newer (${UNCHECKED_VARIABLE}=1 skips this check)`;
}

/**
 * Order of two versions by their numbers: negative, zero or positive.
 * "2.13.0a0+git1" counts as 2.13.0.
 */
export function compareVersions(left: string, right: string): number {
  const numbers = (version: string) =>
    (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
  const [l, r] = [numbers(left), numbers(right)];
  for (let i = 0; i < Math.max(l.length, r.length); i++) {
    const difference = (l[i] ?? 0) - (r[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Version of a libtorch: from Python's version.py, the zip's build-version, or
 * the headers.
 */
export function libtorchVersion(root: string): string | undefined {
  const fromPython = /^__version__ = '([^']+)'/m.exec(
    readText(join(root, "version.py")),
  )?.[1];
  const fromZip = readText(join(root, "build-version")).trim();
  if (fromPython !== undefined || fromZip !== "") return fromPython ?? fromZip;
  const header =
    readText(join(root, "include", "torch", "headeronly", "version.h")) +
    readText(
      join(
        root,
        "include",
        "torch",
        "csrc",
        "api",
        "include",
        "torch",
        "version.h",
      ),
    );
  const numbers = ["MAJOR", "MINOR", "PATCH"].map((part) =>
    new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(header)?.[1]
  );
  return numbers.includes(undefined) ? undefined : numbers.join(".");
}

/** Reads off a complete libtorch what building and loading depend on. */
export function describeLibtorch(
  root: string,
  source: LibtorchSource,
): Libtorch {
  const version = libtorchVersion(root) ?? "0";
  const cuda = hasCuda(root);
  return {
    path: root,
    version,
    source,
    cuda,
    cudaVersion: cuda ? cudaVersionOf(root, version) : null,
    cxx11Abi: usesCxx11Abi(root),
  };
}

/** True if this libtorch was built with CUDA. */
export function hasCuda(root: string): boolean {
  return exists(join(root, "lib", libraryName("torch_cuda")));
}

function cudaVersionOf(root: string, version: string): string | null {
  const fromPython = /^cuda\b[^=\n]*= '([\d.]+)'/m.exec(
    readText(join(root, "version.py")),
  )?.[1];
  const tag = /\+cu(\d+)(\d)$/.exec(version);
  return fromPython ?? (tag === null ? null : `${tag[1]}.${tag[2]}`);
}

// A library of the old ABI spells std::string "Ss" in its symbols, one of the
// new ABI "NSt7__cxx1112basic_string".
function usesCxx11Abi(root: string): boolean {
  if (Deno.build.os !== "linux") return true;
  const library = join(root, "lib", libraryName("c10"));
  const symbols = new TextDecoder("latin1").decode(Deno.readFileSync(library));
  return /_ZN3c105ErrorC[12]E\w*7__cxx1112basic_string/.test(symbols) ||
    !/_ZN3c105ErrorC[12]E\w*Ss/.test(symbols);
}

/**
 * Files whose size and time tell whether a libtorch is still the one that was
 * described.
 */
export function libtorchFiles(libtorch: Libtorch): string[] {
  const names = [
    "c10",
    "torch_cpu",
    "torch",
    ...(libtorch.cuda ? ["c10_cuda", "torch_cuda"] : []),
  ];
  return [
    ...names.map((name) => join(libtorch.path, "lib", libraryName(name))),
    ...["version.py", "build-version"].map((name) => join(libtorch.path, name))
      .filter(exists),
  ];
}

function readText(path: string): string {
  return statOrUndefined(path)?.isFile ? Deno.readTextFileSync(path) : "";
}

/**
 * Builds the shim: one object a source, as many at a time as cores and memory
 * allow, only what changed. What an object is made from (its source, every
 * header it includes, flags, compiler, libtorch) is hashed into its file name,
 * so an object that exists is current, and a build that was cut short leaves
 * nothing wrong behind.
 */
import { join } from "node:path";
import { type Compiler, findCompiler } from "./_compiler.ts";
import { findCudaHeaders } from "./_cuda_headers.ts";
import {
  cpuIdentity,
  exists,
  type Host,
  run,
  secondsSince,
  SetupError,
} from "./_host.ts";
import { hash, listSources, sourceTexts } from "./_sources.ts";
import { libraryName, type Libtorch, libtorchFiles } from "./_libtorch.ts";

// A source that includes libtorch's headers takes up to this much to compile.
const BYTES_PER_COMPILE = 1.3e9;

// The warnings taken out are guesses of the optimizer, which some compilers make
// about libtorch's own headers once those are inlined.
const FLAGS =
  ("-std=c++20 -O3 -fPIC -fvisibility=hidden -Wall -Wextra -Werror " +
    "-Wno-unknown-warning-option -Wno-array-bounds -Wno-stringop-overflow " +
    "-Wno-stringop-overread -Wno-restrict -Wno-maybe-uninitialized").split(" ");

// The kernels of the CPU are compiled for the one at hand: the shim never leaves
// the machine it was built on, and is built anew on another.
const CPU_FLAGS = "-march=native -fno-math-errno -fno-trapping-math -Wno-psabi"
  .split(" ");

/** What a build made. */
export interface Build {
  /** Absolute path of the shared library. */
  readonly shim: string;
  readonly compiler: Compiler;
  /** How many sources were compiled; 0 if all objects were current. */
  readonly compiled: number;
}

/**
 * Compiles every `.cc` below `sourceDir`, but those in folders named `cuda` for
 * a libtorch without it, and links them to `build/<libtorch>/libmoebius.so` in
 * the state folder. What lies in folders named `cpu` is compiled for this CPU.
 *
 * @throws {SetupError} If there is no compiler, a CUDA header is missing, or a
 * source does not compile.
 */
export async function buildShim(
  host: Host,
  options: { libtorch: Libtorch; sourceDir: string; force: boolean },
): Promise<Build> {
  const { libtorch, sourceDir } = options;
  const startMs = performance.now();
  const sources = listSources(sourceDir).filter((path) =>
    path.endsWith(".cc") && (libtorch.cuda || !isInFolder(path, "cuda"))
  );
  if (sources.length === 0) {
    throw new SetupError(
      `Cannot build the shim: no .cc file in ${sourceDir}: is the clone complete?`,
    );
  }
  const compiler = await findCompiler(host);
  const flags = await compileFlags(host, libtorch, sourceDir);
  const identity = libtorchIdentity(libtorch);
  const folder = join(
    host.stateDir,
    "build",
    `${libtorch.version}-${hash([libtorch.path]).slice(0, 8)}`,
  );
  const objectDir = join(folder, "objects");
  Deno.mkdirSync(objectDir, { recursive: true });

  const objects = sources.map((source) => {
    const forCpu = isInFolder(source, "cpu");
    const ownFlags = forCpu ? CPU_FLAGS : [];
    const key = hash([
      ...sourceTexts(sourceDir, source),
      ...flags,
      ...ownFlags,
      forCpu ? cpuIdentity() : "",
      compiler.version,
      compiler.path,
      identity,
    ]);
    return {
      source,
      flags: ownFlags,
      path: join(objectDir, `${source.replaceAll("/", "__")}.${key}.o`),
    };
  });
  const stale = objects.filter(({ path }) => options.force || !exists(path));
  await compileAll(host, {
    compiler,
    flags,
    sourceDir,
    libtorch,
    objects: stale,
  });

  const shim = join(folder, libraryName("moebius"));
  const linkArgs = linkFlags(libtorch, host);
  const linkKey = hash([...objects.map(({ path }) => path), ...linkArgs]);
  const keyPath = `${shim}.key`;
  const linked = exists(shim) && exists(keyPath) &&
    Deno.readTextFileSync(keyPath) === linkKey;
  if (!linked || stale.length > 0) {
    await compile(compiler, host, {
      args: [...objects.map(({ path }) => path), ...linkArgs],
      out: shim,
    });
    Deno.writeTextFileSync(keyPath, linkKey);
    host.log(`Linked ${shim} (${secondsSince(startMs)})`);
  }
  removeOthers(objectDir, objects.map(({ path }) => path));
  return { shim, compiler, compiled: stale.length };
}

async function compileFlags(
  host: Host,
  libtorch: Libtorch,
  sourceDir: string,
): Promise<string[]> {
  const system = [
    join(libtorch.path, "include"),
    join(libtorch.path, "include", "torch", "csrc", "api", "include"),
    ...(libtorch.cuda ? await findCudaHeaders(host, libtorch) : []),
  ];
  return [
    ...FLAGS,
    `-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`,
    ...(libtorch.cuda ? ["-DMOEBIUS_CUDA"] : []),
    ...["-I", sourceDir],
    // The compiler searches its own folders in an order that this one must not
    // disturb.
    ...system.filter((folder) => folder !== "/usr/include")
      .flatMap((folder) => ["-isystem", folder]),
    ...extraFlags(host),
  ];
}

function isInFolder(path: string, folder: string): boolean {
  return path.split("/").slice(0, -1).includes(folder);
}

function linkFlags(libtorch: Libtorch, host: Host): string[] {
  const libDir = join(libtorch.path, "lib");
  const cuda = libtorch.cuda ? ["torch_cuda", "c10_cuda"] : [];
  const libraries = ["torch", "torch_cpu", "c10", ...cuda];
  const platform = Deno.build.os === "darwin"
    ? ["-dynamiclib"]
    // Every symbol must be found now: the loader would only look for it at its
    // first call. CUDA's own libraries are not on the link line, so their
    // symbols are left to the loader.
    : [
      "-shared",
      "-Wl,--no-as-needed",
      // The one that libtorch uses: a compiler that links its own statically would put a second
      // copy of the library's state into the process.
      "-l:libstdc++.so.6",
      // The exit handler must outlive Deno's closing of the library.
      "-Wl,-z,nodelete",
      ...(libtorch.cuda ? [] : ["-Wl,-z,defs"]),
    ];
  return [
    ...platform,
    `-L${libDir}`,
    ...libraries.map((name) => `-l${name}`),
    `-Wl,-rpath,${libDir}`,
    ...extraFlags(host),
  ];
}

function extraFlags(host: Host): string[] {
  return (host.env["CXXFLAGS"] ?? "").split(/\s+/).filter((flag) =>
    flag !== ""
  );
}

async function compileAll(
  host: Host,
  job: {
    compiler: Compiler;
    flags: readonly string[];
    sourceDir: string;
    libtorch: Libtorch;
    objects: readonly {
      source: string;
      flags: readonly string[];
      path: string;
    }[];
  },
): Promise<void> {
  const { objects } = job;
  if (objects.length === 0) return;
  const memoryLimit = Math.floor(
    Deno.systemMemoryInfo().available / BYTES_PER_COMPILE,
  );
  const workers = Math.max(
    1,
    Math.min(navigator.hardwareConcurrency, memoryLimit, objects.length),
  );
  host.log(
    `Building the shim for libtorch ${job.libtorch.version}: ` +
      `${objects.length} of its files to compile, ${workers} at a time`,
  );
  let next = 0;
  let done = 0;
  const failures: SetupError[] = [];
  const work = async () => {
    while (failures.length === 0) {
      const object = objects[next++];
      if (object === undefined) return;
      const startMs = performance.now();
      try {
        await compile(job.compiler, host, {
          args: [
            ...job.flags,
            ...object.flags,
            "-c",
            join(job.sourceDir, object.source),
          ],
          out: object.path,
        });
        host.log(
          `  [${++done}/${objects.length}] ${object.source} ${
            secondsSince(startMs)
          }`,
        );
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (failures[0] !== undefined) throw failures[0];
}

/**
 * Runs the compiler and renames what it made into place, so that no other
 * process sees half a file.
 */
async function compile(
  compiler: Compiler,
  host: Host,
  options: { args: readonly string[]; out: string },
): Promise<void> {
  const temporary = `${options.out}.${Deno.pid}.tmp`;
  const args = [...compiler.firstArgs, ...options.args, "-o", temporary];
  const { code, stdout, stderr } = await run(compiler.path, args, host.env);
  if (code === 0) return Deno.renameSync(temporary, options.out);
  const hint = stderr.includes("-Werror")
    ? "\nHint: CXXFLAGS=-Wno-error builds in spite of warnings that only this compiler has"
    : "";
  throw new SetupError(
    `Cannot build the shim with ${compiler.version || compiler.path}: ` +
      `the compiler stopped with code ${code}:\n${stderr || stdout}${hint}`,
  );
}

/**
 * Deletes objects of earlier sources; only those of the build just made are
 * ever looked for.
 */
function removeOthers(folder: string, keep: readonly string[]): void {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (!keep.includes(path)) Deno.removeSync(path);
  }
}

// An update in place makes another libtorch, though path and perhaps version
// stay.
function libtorchIdentity(libtorch: Libtorch): string {
  return hash(
    libtorchFiles(libtorch).flatMap((path) => {
      const { size, mtime } = Deno.statSync(path);
      return [path, `${size} ${mtime?.getTime()}`];
    }),
  );
}

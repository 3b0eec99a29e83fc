/**
 * Builds the CUDA kernels, and the operators that launch them, for a CPU: the kernels as C++ with a header that
 * defines CUDA's keywords, and the operators with a launch function that runs the kernels on the CPU.
 *
 * `ptx.h` and `hopper.h`, which contain all assembly of the kernels, are replaced by those of this folder. Each
 * kernel file is compiled in its own namespace, so that names do not collide, and is followed by a list of its
 * kernels.
 */

import { join } from "node:path";
import { findCompiler } from "../../../ffi/setup/_compiler.ts";
import {
  exists,
  run,
  secondsSince,
  SetupError,
} from "../../../ffi/setup/_host.ts";
import { hash } from "../../../ffi/setup/_sources.ts";
import { ensureSetup, type Libtorch } from "../../../ffi/setup/mod.ts";

/** The environment variable that tells tests where the emulator is, if they run with it. */
export const EMULATOR_VARIABLE = "MOEBIUS_CUDA_EMULATOR";

const ROOT = new URL("../../../", import.meta.url).pathname;
const STATE = join(ROOT, ".moebius");
const HERE = join(ROOT, "tests/cuda/emulator");
const SHIM = join(ROOT, "shim");
const KERNELS = join(SHIM, "kernels");
const OPERATORS = join(SHIM, "ops/cuda");

/** Marks kernels while their names are searched for. */
const MARK = "__emulated_kernel__";
const KERNEL = new RegExp(`${MARK}\\s+void\\s+(\\w+)\\s*\\(`, "g");

// No warnings: those of nvcc and of the shim's own build are enough.
const FLAGS =
  "-std=c++20 -fPIC -fvisibility=hidden -fno-strict-aliasing -U_FORTIFY_SOURCE -w"
    .split(" ");

/** Compiles or links; returns the compiler's output. */
type Compile = (...args: string[]) => Promise<string>;

/** The source of an object file. */
interface Source {
  readonly path: string;
  readonly flags: readonly string[];
}

/**
 * Returns the path of the library of emulated kernels, after building it if its sources have changed.
 *
 * @throws {SetupError} if it does not compile.
 */
export async function buildEmulator(): Promise<string> {
  const { libtorch } = await ensureSetup();
  const env = Deno.env.toObject();
  const compiler = await findCompiler({ env, stateDir: STATE, log() {} });
  const key = hash([
    ...[HERE, KERNELS, OPERATORS, join(SHIM, "ops"), SHIM].flatMap(textsOf),
    ...[libtorch.path, libtorch.version, compiler.version],
  ]);
  const folder = join(STATE, "emulator", key);
  const library = join(folder, "libemulator.so");
  if (exists(library)) return library;

  const startedMs = performance.now();
  await Deno.remove(join(STATE, "emulator"), { recursive: true })
    .catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const compile: Compile = async (...args) => {
    const all = [...compiler.firstArgs, ...args];
    const { code, stdout, stderr } = await run(compiler.path, all, env);
    if (code === 0) return stdout;
    throw new SetupError(
      `Cannot build the emulator of the kernels: the compiler stopped with code ${code}:\n${stderr}`,
    );
  };
  const kernels = await kernelSources(folder, compile);
  const operators = await operatorSources(folder, libtorch, compile);
  const objects = await compileAll([...operators, ...kernels], folder, compile);
  const libraries = join(libtorch.path, "lib");
  const unfinished = `${library}.tmp`;
  await compile(
    ...["-shared", ...objects, "-o", unfinished],
    ...[`-L${libraries}`, `-Wl,-rpath,${libraries}`],
    ..."-ltorch -ltorch_cpu -lc10".split(" "),
    // Deno closes the library after every test file, but libtorch keeps using what it registered.
    ...(Deno.build.os === "linux" ? ["-Wl,-z,nodelete"] : []),
  );
  await Deno.rename(unfinished, library);
  console.log(`-- Kernels built for the CPU (${secondsSince(startedMs)})`);
  return library;
}

/** Converts every kernel file to C++. */
async function kernelSources(
  folder: string,
  compile: Compile,
): Promise<Source[]> {
  // Quoted includes are searched for beside the file; files of this folder are copied last, so they win.
  for (const from of [KERNELS, HERE]) {
    for (const name of filesOf(from, /\.(cu|h)$/)) {
      await Deno.copyFile(join(from, name), join(folder, name));
    }
  }
  const flags = [...FLAGS, "-O2"];
  return await Promise.all(
    filesOf(KERNELS, /\.cu$/).map(async (file) => {
      const name = file.replace(".cu", "");
      const path = join(folder, `${name}.cc`);
      const text = [
        ...["<array>", "<cmath>", "<cstring>", '"cuda.h"']
          .map((header) => `#include ${header}`),
        `namespace emulated_${name} {`,
        `#include "${file}"`,
        "}",
      ];
      await Deno.writeTextFile(path, text.join("\n") + "\n");
      const expanded = await compile(
        ...flags,
        ...["-E", `-D__global__=${MARK}`, path],
      );
      for (const [, kernel] of expanded.matchAll(KERNEL)) {
        text.push(
          `const emulator::Added<&emulated_${name}::${kernel}> ${kernel}_added{"${kernel}"};`,
        );
      }
      await Deno.writeTextFile(path, text.join("\n") + "\n");
      return { path, flags };
    }),
  );
}

/** The operators and the emulator, which share precompiled headers of libtorch. */
async function operatorSources(
  folder: string,
  libtorch: Libtorch,
  compile: Compile,
): Promise<Source[]> {
  const headers = join(folder, "registration.h");
  const include = join(libtorch.path, "include");
  const flags = [
    ...FLAGS,
    ...["-O1", "-DMOEBIUS_CUDA", "-I", HERE, "-I", SHIM],
    `-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`,
    ...["-isystem", include],
    ...["-isystem", join(include, "torch/csrc/api/include")],
  ];
  await compile(
    ...flags,
    ...["-x", "c++-header", headers, "-o", `${headers}.gch`],
  );
  const names = filesOf(OPERATORS, /\.cc$/);
  return [
    ...names.map((name) => ({
      path: join(OPERATORS, name),
      flags: [...flags, "-include", headers],
    })),
    { path: join(HERE, "emulator.cc"), flags },
  ];
}

/** Compiles sources to object files on all cores. */
async function compileAll(
  sources: readonly Source[],
  folder: string,
  compile: Compile,
): Promise<string[]> {
  const objects = sources.map((_, i) => join(folder, `${i}.o`));
  let next = 0;
  const work = async () => {
    for (let i = next++; i < sources.length; i = next++) {
      const { flags, path } = sources[i]!;
      await compile(...flags, "-c", path, "-o", objects[i]!);
    }
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, work),
  );
  return objects;
}

function filesOf(folder: string, pattern: RegExp): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && pattern.test(name))
    .map(({ name }) => name).sort();
}

function textsOf(folder: string): string[] {
  return filesOf(folder, /\.(cc|cu|h|ts)$/)
    .flatMap((name) => [name, Deno.readTextFileSync(join(folder, name))]);
}

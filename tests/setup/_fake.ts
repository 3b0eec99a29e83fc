/**
 * Stand-ins for what set-up meets on a machine: a libtorch of empty libraries,
 * programs that are shell scripts, a folder of tiny sources.
 */
import { join } from "node:path";
import type { Host } from "../../ffi/setup/_host.ts";

/** A temporary folder that is deleted when its block ends. */
export function temporaryFolder(): Disposable & { path: string } {
  // Set-up reports paths as the compiler sees them, so none with a link in it.
  const path = Deno.realPathSync(
    Deno.makeTempDirSync({ prefix: "moebius-setup-" }),
  );
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Writes a file and the folders it needs. */
export function write(path: string, text: string | Uint8Array): string {
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  if (typeof text === "string") Deno.writeTextFileSync(path, text);
  else Deno.writeFileSync(path, text);
  return path;
}

/** Writes a program: a shell script that can be run. */
export function writeProgram(path: string, script: string): string {
  write(path, `#!/bin/sh\n${script}\n`);
  Deno.chmodSync(path, 0o755);
  return path;
}

/** A host in this folder that remembers what it was told. */
export function fakeHost(
  folder: string,
  env: Record<string, string> = {},
): Host & { lines: string[] } {
  const lines: string[] = [];
  const stateDir = join(folder, "state");
  Deno.mkdirSync(stateDir, { recursive: true });
  return { env, stateDir, lines, log: (line) => lines.push(line) };
}

const EXTENSION = Deno.build.os === "darwin" ? "dylib" : "so";

/** Path of a library in a libtorch folder. */
export function libraryPath(root: string, name: string): string {
  return join(root, "lib", `lib${name}.${EXTENSION}`);
}

/** Makes a libtorch folder that looks complete; its libraries hold `content`. */
export function fakeLibtorch(
  root: string,
  options: {
    version?: string;
    cuda?: string;
    content?: string | Uint8Array;
  } = {},
): string {
  const { version = "2.13.0+cpu", cuda, content = "" } = options;
  const cudaLibraries = cuda === undefined ? [] : ["c10_cuda", "torch_cuda"];
  for (const name of ["c10", "torch_cpu", "torch", ...cudaLibraries]) {
    write(libraryPath(root, name), content);
  }
  write(join(root, "include", "ATen", "ATen.h"), "#pragma once\n");
  write(join(root, "include", "c10", "core", "Device.h"), "#pragma once\n");
  write(join(root, "__init__.py"), "raise ImportError('never imported')\n");
  write(
    join(root, "version.py"),
    `__version__ = '${version}'\ncuda: Optional[str] = ${
      cuda === undefined ? "None" : `'${cuda}'`
    }\n`,
  );
  return root;
}

/** A libtorch whose libraries are empty but real, so that a shim links to them. */
export async function linkableLibtorch(root: string): Promise<string> {
  Deno.mkdirSync(root, { recursive: true });
  const library = join(root, "empty");
  const { success } = await new Deno.Command("g++", {
    args: ["-shared", "-o", library, "-x", "c++", "/dev/null"],
  }).output();
  if (!success) throw new Error("g++ cannot link an empty library");
  return fakeLibtorch(root, { content: Deno.readFileSync(library) });
}

/** Tiny sources: a.cc and ops/b.cc include one.h, c.cc includes nothing. */
export function fakeSources(folder: string): string {
  write(join(folder, "one.h"), "#pragma once\n#define ONE 1\n");
  write(join(folder, "a.cc"), '#include "one.h"\nint a() { return ONE; }\n');
  write(
    join(folder, "ops", "b.cc"),
    '#include "../one.h"\nint b() { return ONE; }\n',
  );
  write(join(folder, "c.cc"), "int c() { return 3; }\n");
  return folder;
}

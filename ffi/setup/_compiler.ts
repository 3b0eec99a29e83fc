/** Finds a C++20 compiler. */
import { join } from "node:path";
import { type Finished, type Host, run, SetupError, which } from "./_host.ts";

/** A compiler that was seen to accept C++20. */
export interface Compiler {
  /** Absolute path of the program. */
  readonly path: string;
  /**
   * Arguments that come first in every call, from CXX ("ccache g++" runs ccache
   * with "g++" first).
   */
  readonly firstArgs: readonly string[];
  /** First line of its --version. */
  readonly version: string;
}

const HOW_TO_INSTALL =
  "`sudo apt-get install g++` (Debian, Ubuntu), `sudo dnf install gcc-c++` " +
  "(Fedora, RHEL) or `xcode-select --install` (macOS)";

// libtorch's headers need concepts and <span>; g++ has them from 11 on, and
// only then says 202002L.
const PROBE =
  "#include <concepts>\n#include <span>\nstatic_assert(__cplusplus >= 202002L);\n";

/**
 * The compiler named by CXX, else the first of g++ and clang++ that accepts
 * C++20.
 *
 * @throws {SetupError} If there is none; the message says how to install one.
 */
export async function findCompiler(host: Host): Promise<Compiler> {
  const named = host.env["CXX"]?.trim();
  const candidates = named ? [named] : ["g++", "clang++", "c++"];
  const refused: string[] = [];
  for (const candidate of candidates) {
    const [program = candidate, ...firstArgs] = candidate.split(/\s+/);
    const path = which(program, host.env);
    if (path === undefined) continue;
    const probe = await tryProbe(host, path, firstArgs);
    const version = (await run(path, [...firstArgs, "--version"], host.env))
      .stdout.split("\n")[0] ?? "";
    if (probe.code === 0) return { path, firstArgs, version };
    refused.push(
      `${candidate} (${version || probe.stderr.trim().split("\n")[0]})`,
    );
  }
  const why = refused.length > 0
    ? `${
      refused.join(" and ")
    } cannot compile C++20: g++ 11 or clang++ 14 is the oldest that can`
    : named
    ? `CXX names ${named}, which is not a program on PATH`
    : "no C++ compiler found";
  const what = named
    ? "correct or unset CXX, or install a compiler with"
    : "install one with";
  throw new SetupError(
    `Cannot build the shim: ${why}: ${what} ${HOW_TO_INSTALL}`,
  );
}

async function tryProbe(
  host: Host,
  path: string,
  firstArgs: readonly string[],
): Promise<Finished> {
  const source = join(host.stateDir, "probe.cc");
  Deno.writeTextFileSync(source, PROBE);
  try {
    const args = [...firstArgs, "-std=c++20", "-fsyntax-only", source];
    return await run(path, args, host.env);
  } finally {
    Deno.removeSync(source);
  }
}

import { strict as assert } from "node:assert";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { findCompiler } from "../../ffi/setup/_compiler.ts";
import { ensureSetup, SetupError } from "../../ffi/setup/mod.ts";
import {
  fakeHost,
  fakeSources,
  libraryPath,
  linkableLibtorch,
  temporaryFolder,
  write,
  writeProgram,
} from "./_fake.ts";

/** A project of tiny sources beside a libtorch they can be linked to. */
async function project(folder: string) {
  const libtorch = await linkableLibtorch(join(folder, "libtorch"));
  const sourceDir = fakeSources(join(folder, "shim"));
  const stateDir = join(folder, "state");
  const env = { ...Deno.env.toObject(), LIBTORCH: libtorch };
  return { libtorch, sourceDir, stateDir, env };
}

type Project = Awaited<ReturnType<typeof project>>;

/** Runs set-up and returns the names of the files it compiled. */
async function compiledFiles(
  { sourceDir, stateDir, env }: Project,
  force = false,
): Promise<string[]> {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await ensureSetup({ sourceDir, stateDir, env, force, log });
  return lines.flatMap((line) => /\] (\S+) [\d.]+ s$/.exec(line)?.[1] ?? [])
    .sort();
}

Deno.test("ensureSetup() builds every source and lists the libraries in loading order", async () => {
  using folder = temporaryFolder();
  const { libtorch, ...options } = await project(folder.path);
  const lines: string[] = [];
  const setup = await ensureSetup({
    ...options,
    log: (line) => lines.push(line),
  });
  assert.equal(setup.libtorch.path, libtorch);
  assert.deepEqual(setup.librariesToLoad, [
    ...["c10", "torch_cpu", "torch"].map((name) => libraryPath(libtorch, name)),
    setup.shim,
  ]);
  // Loading the fake libraries and the shim made of them proves the link.
  for (const library of setup.librariesToLoad) Deno.dlopen(library, {}).close();
  assert.ok(lines.some((line) => line.includes("3 of its files to compile")));
  assert.ok(lines.some((line) => line.includes("[3/3]")));
});

Deno.test("ensureSetup() is silent and quick when everything is current", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  const first = await ensureSetup({ ...made, log: () => {} });
  const startMs = performance.now();
  const second = await ensureSetup({
    ...made,
    log: (line) => assert.fail(`said "${line}"`),
  });
  assert.ok(performance.now() - startMs < 50);
  assert.deepEqual(second, first);
});

Deno.test("ensureSetup() compiles only what changed", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  const all = ["a.cc", "c.cc", "ops/b.cc"];
  assert.deepEqual(await compiledFiles(made), all);

  write(join(made.sourceDir, "c.cc"), "int c() { return 4; }\n");
  assert.deepEqual(await compiledFiles(made), ["c.cc"]);
  write(join(made.sourceDir, "one.h"), "#pragma once\n#define ONE 11\n");
  assert.deepEqual(await compiledFiles(made), ["a.cc", "ops/b.cc"]);
  write(join(made.sourceDir, "d.cc"), "int d() { return 4; }\n");
  assert.deepEqual(await compiledFiles(made), ["d.cc"]);
  assert.deepEqual(await compiledFiles(made, true), [...all, "d.cc"].sort());
});

Deno.test("ensureSetup() compiles nothing when files were only touched", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  await compiledFiles(made);
  const later = new Date(Date.now() + 5_000);
  Deno.utimeSync(join(made.sourceDir, "one.h"), later, later);
  assert.deepEqual(await compiledFiles(made), []);
});

Deno.test("ensureSetup() of a copied project gives it a shim of its own", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  await compiledFiles(made);
  const copy = { ...made, stateDir: join(folder.path, "copy", "state") };
  await cp(made.stateDir, copy.stateDir, { recursive: true });
  const { shim } = await ensureSetup({ ...copy, log: () => {} });
  assert.ok(shim.startsWith(copy.stateDir), shim);
});

Deno.test("ensureSetup() links without a source that was deleted", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  await compiledFiles(made);
  Deno.removeSync(join(made.sourceDir, "c.cc"));
  assert.deepEqual(await compiledFiles(made), []);
  const { shim } = await ensureSetup(made);
  assert.throws(() =>
    Deno.dlopen(shim, { _Z1cv: { parameters: [], result: "i32" } })
  );
});

Deno.test("ensureSetup() compiles anew for another libtorch or other flags, and links anew for a lost shim", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  const all = await compiledFiles(made);
  assert.equal(all.length, 3);

  const later = new Date(Date.now() + 5_000);
  Deno.utimeSync(libraryPath(made.libtorch, "torch_cpu"), later, later);
  assert.deepEqual(await compiledFiles(made), all);
  const flags = { ...made, env: { ...made.env, CXXFLAGS: "-DOTHER" } };
  assert.deepEqual(await compiledFiles(flags), all);
  const { shim } = await ensureSetup(flags);
  Deno.removeSync(shim);
  assert.deepEqual(await compiledFiles(flags), []);
  Deno.statSync(shim);
});

Deno.test("ensureSetup() leaves out what needs CUDA and compiles for this CPU what lies in cpu", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  const all = await compiledFiles(made);
  write(join(made.sourceDir, "ops/cuda/d.cc"), "#error without CUDA\n");
  write(
    join(made.sourceDir, "ops/cpu/e.cc"),
    "#ifndef __NO_MATH_ERRNO__\n#error generic\n#endif\nint e() { return 5; }\n",
  );
  assert.deepEqual(await compiledFiles(made), ["ops/cpu/e.cc"]);
  const stamp = join(made.stateDir, "setup.json");
  const other = Deno.readTextFileSync(stamp)
    .replace(/"cpu": "[^"]*"/, '"cpu": "another"');
  write(stamp, other);
  assert.deepEqual(await compiledFiles(made), []);
  assert.notEqual(Deno.readTextFileSync(stamp), other);
  assert.deepEqual(
    await compiledFiles(made, true),
    [...all, "ops/cpu/e.cc"].sort(),
  );
});

Deno.test("ensureSetup() recovers from a stamp that is not JSON", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  await compiledFiles(made);
  write(join(made.stateDir, "setup.json"), '{"format": 1, "var');
  assert.deepEqual(await compiledFiles(made), []);
});

Deno.test("ensureSetup() shows the compiler's words for a source that does not compile", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  write(join(made.sourceDir, "c.cc"), "int c() { int unused; return nope; }\n");
  await assert.rejects(
    ensureSetup({ ...made, log: () => {} }),
    (error) =>
      error instanceof SetupError &&
      /Cannot build the shim with .*\n.*c\.cc.*error.*nope/s
        .test(error.message),
  );
  write(join(made.sourceDir, "c.cc"), "int c() { return 3; }\n");
  assert.ok((await compiledFiles(made)).includes("c.cc"));
});

Deno.test({
  name: "ensureSetup() refuses a shim with a function that is nowhere defined",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using folder = temporaryFolder();
    const made = await project(folder.path);
    write(
      join(made.sourceDir, "c.cc"),
      "int nowhere();\nint c() { return nowhere(); }\n",
    );
    await assert.rejects(
      ensureSetup({ ...made, log: () => {} }),
      /nowhere/,
    );
  },
});

Deno.test("ensureSetup() says so when there is no source", async () => {
  using folder = temporaryFolder();
  const made = await project(folder.path);
  await assert.rejects(
    ensureSetup({ ...made, sourceDir: join(folder.path, "none"), log() {} }),
    /no \.cc file in .*none: is the clone complete\?/,
  );
});

Deno.test("ensureSetup() in several processes at once builds once, and all get the same shim", async () => {
  using folder = temporaryFolder();
  const { sourceDir, stateDir, env } = await project(folder.path);
  const module = new URL("../../ffi/setup/mod.ts", import.meta.url).href;
  const program = write(
    join(folder.path, "program.ts"),
    `import { ensureSetup } from ${JSON.stringify(module)};
    const { librariesToLoad } = await ensureSetup(${
      JSON.stringify({ sourceDir, stateDir })
    });
    for (const library of librariesToLoad) Deno.dlopen(library, {});
    console.log(librariesToLoad.at(-1));`,
  );
  const outputs = await Promise.all([1, 2, 3].map(async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-check", program],
      env,
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    return { shim: decoder.decode(stdout), said: decoder.decode(stderr) };
  }));
  assert.equal(new Set(outputs.map(({ shim }) => shim)).size, 1);
  const builders = outputs.filter(({ said }) => said.includes("Linked"));
  assert.equal(builders.length, 1);
});

Deno.test("findCompiler() says how to install one where there is none", async () => {
  using folder = temporaryFolder();
  await assert.rejects(
    findCompiler(fakeHost(folder.path, { PATH: folder.path })),
    (error) =>
      error instanceof SetupError &&
      /no C\+\+ compiler found: install one with `sudo apt-get install g\+\+`/
        .test(error.message),
  );
});

Deno.test("findCompiler() refuses compilers without C++20 and names them", async () => {
  using folder = temporaryFolder();
  const bin = folder.path;
  writeProgram(
    join(bin, "g++"),
    `[ "$1" = --version ] && echo "g++ 9.4.0" && exit 0
exit 1`,
  );
  await assert.rejects(
    findCompiler(fakeHost(folder.path, { PATH: bin })),
    /g\+\+ \(g\+\+ 9\.4\.0\) cannot compile C\+\+20: g\+\+ 11 or clang\+\+ 14/,
  );
  writeProgram(join(bin, "clang++"), `echo "clang 18"`);
  const found = await findCompiler(
    fakeHost(folder.path, { PATH: `${bin}:/bin` }),
  );
  assert.equal(found.path, join(bin, "clang++"));
  assert.equal(found.version, "clang 18");
});

Deno.test("findCompiler() uses CXX, with its arguments, and nothing else", async () => {
  using folder = temporaryFolder();
  const bin = folder.path;
  writeProgram(join(bin, "ccache"), `echo "$@"`);
  const env = { PATH: `${bin}:/bin`, CXX: "ccache my-g++" };
  const found = await findCompiler(fakeHost(folder.path, env));
  assert.deepEqual(found, {
    path: join(bin, "ccache"),
    firstArgs: ["my-g++"],
    version: "my-g++ --version",
  });
  await assert.rejects(
    findCompiler(fakeHost(folder.path, { ...env, CXX: "nope++" })),
    /CXX names nope\+\+, which is not a program on PATH: correct or unset CXX/,
  );
});

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { SetupError } from "../../ffi/setup/_host.ts";
import {
  compareVersions,
  describeLibtorch,
  findLibtorch,
  libtorchVersion,
} from "../../ffi/setup/_libtorch.ts";
import {
  fakeHost,
  fakeLibtorch,
  libraryPath,
  temporaryFolder,
  write,
  writeProgram,
} from "./_fake.ts";

const noGpu = { gpu: () => Promise.resolve(false) };
const withGpu = { gpu: () => Promise.resolve(true) };

/** A PATH whose python3 says that torch is in this folder. */
function fakePython(folder: string, torch: string): { PATH: string } {
  const bin = join(folder, "bin");
  writeProgram(join(bin, "python3"), `echo '${join(torch, "__init__.py")}'`);
  return { PATH: bin };
}

Deno.test("compareVersions() orders by number, not by letter", () => {
  const order = ["2.9", "2.10.1", "2.11", "2.11.1+cu130", "2.13.0a0+git1", "3"];
  for (let i = 0; i + 1 < order.length; i++) {
    assert.ok(compareVersions(order[i] ?? "", order[i + 1] ?? "") < 0);
    assert.ok(compareVersions(order[i + 1] ?? "", order[i] ?? "") > 0);
  }
  assert.equal(compareVersions("2.11", "2.11.0+cpu"), 0);
});

Deno.test("findLibtorch() prefers LIBTORCH, then the project's own, then Python's", async () => {
  using folder = temporaryFolder();
  const named = fakeLibtorch(join(folder.path, "named"));
  const python = fakeLibtorch(join(folder.path, "site", "torch"));
  const env = fakePython(folder.path, python);
  const host = fakeHost(folder.path, env);

  assert.equal((await findLibtorch(host, noGpu))?.source, "python");
  const own = fakeLibtorch(join(host.stateDir, "libtorch", "torch"));
  const found = await findLibtorch(host, noGpu);
  assert.equal(found?.path, own);
  assert.equal(found?.source, "project");
  const withVariable = fakeHost(folder.path, { ...env, LIBTORCH: named });
  const first = await findLibtorch(withVariable, noGpu);
  assert.equal(first?.path, named);
  assert.equal(first?.source, "LIBTORCH");
  assert.deepEqual([...host.lines, ...withVariable.lines], []);
});

Deno.test("findLibtorch() takes a site-packages folder as LIBTORCH", async () => {
  using folder = temporaryFolder();
  const torch = fakeLibtorch(join(folder.path, "site", "torch"));
  const host = fakeHost(folder.path, { LIBTORCH: join(folder.path, "site") });
  assert.equal((await findLibtorch(host, noGpu))?.path, torch);
});

Deno.test("findLibtorch() finds nothing where there is neither torch nor Python", async () => {
  using folder = temporaryFolder();
  const host = fakeHost(folder.path, { PATH: folder.path });
  assert.equal(await findLibtorch(host, noGpu), undefined);
  assert.deepEqual(host.lines, []);
});

Deno.test("findLibtorch() refuses a wrong LIBTORCH and says what it lacks", async () => {
  using folder = temporaryFolder();
  const python = fakeLibtorch(join(folder.path, "site", "torch"));
  const broken = fakeLibtorch(join(folder.path, "broken"));
  Deno.removeSync(libraryPath(broken, "torch_cpu"));
  const old = fakeLibtorch(join(folder.path, "old"), { version: "2.10.2" });
  const cases: [LIBTORCH: string, message: RegExp][] = [
    [join(folder.path, "nowhere"), /LIBTORCH=.*nowhere does not exist: set it/],
    [broken, /libtorch_cpu\.\w+ is missing in .*broken: set it/],
    [old, /its version is 2\.10\.2, moebius needs 2\.11 or newer/],
  ];
  for (const [LIBTORCH, message] of cases) {
    const env = { ...fakePython(folder.path, python), LIBTORCH };
    await assert.rejects(
      findLibtorch(fakeHost(folder.path, env), noGpu),
      (error) => error instanceof SetupError && message.test(error.message),
    );
  }
});

Deno.test("findLibtorch() passes over a Python torch that is too old, with one line", async () => {
  using folder = temporaryFolder();
  const python = fakeLibtorch(join(folder.path, "torch"), {
    version: "2.9.1+cu128",
    cuda: "12.8",
  });
  const env = fakePython(folder.path, python);
  const host = fakeHost(folder.path, env);
  assert.equal(await findLibtorch(host, noGpu), undefined);
  assert.equal(host.lines.length, 1);
  assert.match(host.lines[0] ?? "", /its version is 2\.9\.1\+cu128/);
  assert.match(host.lines[0] ?? "", /MOEBIUS_LIBTORCH_UNCHECKED=1/);

  const unchecked = fakeHost(folder.path, {
    ...env,
    MOEBIUS_LIBTORCH_UNCHECKED: "1",
  });
  assert.equal((await findLibtorch(unchecked, noGpu))?.path, python);
});

Deno.test("findLibtorch() passes over a broken copy and goes on to the next", async () => {
  using folder = temporaryFolder();
  const python = fakeLibtorch(join(folder.path, "site", "torch"));
  const host = fakeHost(folder.path, fakePython(folder.path, python));
  const own = fakeLibtorch(join(host.stateDir, "libtorch", "torch"));
  Deno.removeSync(join(own, "include"), { recursive: true });
  assert.equal((await findLibtorch(host, noGpu))?.path, python);
  assert.equal(host.lines.length, 1);
  assert.match(host.lines[0] ?? "", /ATen\.h, .*Device\.h are missing/);
});

Deno.test("findLibtorch() passes over a CPU build where there is a GPU", async () => {
  using folder = temporaryFolder();
  const python = fakeLibtorch(join(folder.path, "cpu", "torch"));
  const host = fakeHost(folder.path, fakePython(folder.path, python));
  assert.equal(await findLibtorch(host, withGpu), undefined);
  assert.match(host.lines[0] ?? "", /cannot use this machine's NVIDIA GPU/);

  const cuda = fakeLibtorch(join(folder.path, "cuda", "torch"), {
    version: "2.13.0+cu130",
    cuda: "13.0",
  });
  const other = fakeHost(folder.path, fakePython(folder.path, cuda));
  const found = await findLibtorch(other, withGpu);
  assert.equal(found?.cuda, true);
  assert.equal(found?.cudaVersion, "13.0");
});

Deno.test("libtorchVersion() reads version.py, build-version or the headers", () => {
  using folder = temporaryFolder();
  assert.equal(libtorchVersion(folder.path), undefined);
  write(
    join(folder.path, "include/torch/headeronly/version.h"),
    "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 14\n" +
      "#define TORCH_VERSION_PATCH 1\n",
  );
  assert.equal(libtorchVersion(folder.path), "2.14.1");
  write(join(folder.path, "build-version"), "2.12.0+cu129\n");
  assert.equal(libtorchVersion(folder.path), "2.12.0+cu129");
  write(join(folder.path, "version.py"), "__version__ = '2.13.0+cpu'\n");
  assert.equal(libtorchVersion(folder.path), "2.13.0+cpu");
});

Deno.test({
  name: "describeLibtorch() tells the std::string ABI from the symbols of c10",
  ignore: Deno.build.os !== "linux",
  fn() {
    using folder = temporaryFolder();
    const abiOf = (name: string, symbol: string) => {
      const root = fakeLibtorch(join(folder.path, name), { content: symbol });
      return describeLibtorch(root, "LIBTORCH").cxx11Abi;
    };
    const location = "\0_ZN3c105ErrorC2ENS_14SourceLocationE";
    assert.equal(
      abiOf("new", `${location}NSt7__cxx1112basic_stringIcE\0`),
      true,
    );
    assert.equal(abiOf("old", `${location}Ss\0`), false);
  },
});

Deno.test("describeLibtorch() reads the CUDA release from a zip's version too", () => {
  using folder = temporaryFolder();
  const root = fakeLibtorch(folder.path, { cuda: "13.0" });
  Deno.removeSync(join(root, "version.py"));
  write(join(root, "build-version"), "2.12.0+cu129\n");
  const { version, cudaVersion } = describeLibtorch(root, "LIBTORCH");
  assert.deepEqual([version, cudaVersion], ["2.12.0+cu129", "12.9"]);
});

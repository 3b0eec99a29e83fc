import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Host, SetupError } from "../../ffi/setup/_host.ts";
import { installLibtorch, requireSpace } from "../../ffi/setup/_install.ts";
import {
  fakeHost,
  fakeLibtorch,
  temporaryFolder,
  write,
  writeProgram,
} from "./_fake.ts";

/**
 * A host whose python3 is a script: `pip install` writes down its arguments,
 * then runs `onInstall` with the target folder in $target.
 */
function pipHost(folder: string, onInstall: string): Host & {
  lines: string[];
  calls: () => string[];
} {
  const calls = join(folder, "calls");
  writeProgram(
    join(folder, "bin", "python3"),
    `[ "$3" = install ] || exit 0
echo "$@" >> '${calls}'
while [ "$1" != --target ]; do shift; done
target=$2
${onInstall}`,
  );
  const host = fakeHost(folder, {
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
  });
  return {
    ...host,
    calls: () => Deno.readTextFileSync(calls).trim().split("\n"),
  };
}

Deno.test("installLibtorch() asks PyTorch's CPU index first and installs no dependencies", async () => {
  using folder = temporaryFolder();
  const made = fakeLibtorch(join(folder.path, "made"));
  const host = pipHost(
    folder.path,
    `mkdir -p "$target"; cp -r '${made}' "$target/torch"
echo "Downloading torch-2.13.0+cpu.whl (190 MB)"`,
  );
  const libtorch = await installLibtorch(host, { gpu: false });
  assert.equal(libtorch.path, join(host.stateDir, "libtorch", "torch"));
  assert.equal(libtorch.source, "project");
  assert.equal(libtorch.version, "2.13.0+cpu");
  const [call = "", ...others] = host.calls();
  assert.deepEqual(others, []);
  assert.match(call, /--no-deps torch==2\.13\.0\+cpu$/);
  assert.match(call, /--extra-index-url \S+\/cpu /);
  assert.ok(host.lines.some((line) => line.includes("(190 MB)")));
  assert.deepEqual(
    [...Deno.readDirSync(host.stateDir)].map(({ name }) => name),
    ["libtorch"],
  );
});

Deno.test("installLibtorch() takes the plain package where there is no CPU build", async () => {
  using folder = temporaryFolder();
  const made = fakeLibtorch(join(folder.path, "made"), { version: "2.13.0" });
  const host = pipHost(
    folder.path,
    `case "$*" in
  *+cpu) echo "ERROR: No matching distribution found" >&2; exit 1 ;;
  *) mkdir -p "$target"; cp -r '${made}' "$target/torch" ;;
esac`,
  );
  assert.equal((await installLibtorch(host, { gpu: false })).version, "2.13.0");
  assert.match(host.calls()[1] ?? "", /--no-deps torch==2\.13\.0$/);
});

Deno.test("installLibtorch() adds the CUDA libraries and headers to a CUDA build, nothing else", async () => {
  using folder = temporaryFolder();
  const made = join(folder.path, "made");
  fakeLibtorch(join(made, "torch"), { version: "2.13.0+cu130", cuda: "13.0" });
  write(
    join(made, "torch-2.13.0.dist-info", "METADATA"),
    [
      "Requires-Dist: sympy>=1.13.3",
      'Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.2; platform_system == "Linux"',
      'Requires-Dist: cuda-bindings<14; platform_system == "Linux"',
      'Requires-Dist: nvidia-cudnn-cu13==9.20.0; platform_system == "Linux"',
      'Requires-Dist: triton~=3.7; platform_system == "Linux"',
    ].join("\n"),
  );
  const host = pipHost(
    folder.path,
    `case "$*" in *torch==*) mkdir -p "$target"; cp -r '${made}/.' "$target" ;; esac`,
  );
  const libtorch = await installLibtorch(host, { gpu: true });
  assert.equal(libtorch.cudaVersion, "13.0");
  const calls = host.calls();
  assert.equal(calls.length, 2);
  assert.match(calls[0] ?? "", /--no-deps torch==2\.13\.0$/);
  assert.match(
    calls[1] ?? "",
    /libtorch\.partial cuda-toolkit\[crt,cublas,cudart\]==13\.0\.2 nvidia-cudnn-cu13==9\.20\.0$/,
  );
});

Deno.test("installLibtorch() passes on what pip says when it fails, and leaves nothing behind", async () => {
  using folder = temporaryFolder();
  const host = pipHost(
    folder.path,
    `mkdir -p "$target/torch"; echo "ERROR: connection broken" >&2; exit 1`,
  );
  await assert.rejects(
    installLibtorch(host, { gpu: false }),
    (error) =>
      error instanceof SetupError &&
      /pip failed .*pip said:\nERROR: connection broken/s.test(error.message),
  );
  assert.equal(host.calls().length, 1);
  assert.deepEqual([...Deno.readDirSync(host.stateDir)], []);
});

Deno.test("installLibtorch() refuses an installation that is not complete", async () => {
  using folder = temporaryFolder();
  const host = pipHost(folder.path, `mkdir -p "$target/torch/lib"`);
  await assert.rejects(
    installLibtorch(host, { gpu: false }),
    /Cannot install libtorch 2\.13\.0: .*libtorch_cpu\.\w+.* are missing/,
  );
});

Deno.test("installLibtorch() says how to get Python and pip", async () => {
  using folder = temporaryFolder();
  const nothing = fakeHost(folder.path, { PATH: folder.path });
  await assert.rejects(
    installLibtorch(nothing, { gpu: false }),
    (error) =>
      error instanceof SetupError &&
      /there is no python3: install pip with `sudo apt-get install python3-pip`/
        .test(error.message),
  );
  const bin = join(folder.path, "bin");
  writeProgram(join(bin, "python3"), "exit 1");
  await assert.rejects(
    installLibtorch(fakeHost(folder.path, { PATH: bin }), { gpu: false }),
    /bin\/python3 has no pip: install pip with/,
  );
});

Deno.test("requireSpace() names the space needed and the space there is", async () => {
  using folder = temporaryFolder();
  const host = fakeHost(folder.path);
  await requireSpace(host, 1, "install libtorch");
  await assert.rejects(
    requireSpace(host, 1e18, "install libtorch"),
    (error) =>
      error instanceof SetupError &&
      /needs about 1000000000\.0 GB in .*state, where \d+\.\d GB are free/.test(
        error.message,
      ),
  );
});

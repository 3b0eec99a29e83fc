import { strict as assert } from "node:assert";
import { join } from "node:path";
import { findCudaHeaders } from "../../ffi/setup/_cuda_headers.ts";
import { describeLibtorch } from "../../ffi/setup/_libtorch.ts";
import {
  fakeHost,
  fakeLibtorch,
  temporaryFolder,
  write,
  writeProgram,
} from "./_fake.ts";

const RUNTIME = ["cuda.h", "cuda_runtime_api.h"];
const LIBRARIES = [
  "cublas_v2.h",
  "cublasLt.h",
  "cusparse.h",
  "cusolverDn.h",
  "nvrtc.h",
];
// No release of CUDA, so that no toolkit of this machine's can take part.
const RELEASE = "99.1";

function headers(
  folder: string,
  names: readonly string[],
  version = 99010,
): string {
  for (const name of names) {
    const text = name === "cuda.h" ? `#define CUDA_VERSION ${version}\n` : "\n";
    write(join(folder, name), text);
  }
  return folder;
}

Deno.test("findCudaHeaders() needs one folder where one is complete", async () => {
  using folder = temporaryFolder();
  const torch = fakeLibtorch(join(folder.path, "site", "torch"), {
    cuda: RELEASE,
  });
  const home = join(folder.path, "cuda");
  const all = [...RUNTIME, "crt/host_defines.h", ...LIBRARIES];
  headers(join(folder.path, "site", "nvidia", "cu99", "include"), all);
  headers(join(home, "include"), all);
  const host = fakeHost(folder.path, { CUDA_HOME: home });
  assert.deepEqual(
    await findCudaHeaders(host, describeLibtorch(torch, "LIBTORCH")),
    [join(home, "include")],
  );
});

Deno.test("findCudaHeaders() puts together packages beside torch, and no other CUDA release", async () => {
  using folder = temporaryFolder();
  const site = join(folder.path, "site");
  const torch = fakeLibtorch(join(site, "torch"), { cuda: RELEASE });
  const home = join(folder.path, "cuda");
  headers(join(home, "include"), [...RUNTIME, "crt/host_defines.h"], 98000);
  headers(join(site, "nvidia", "runtime", "include"), RUNTIME);
  headers(join(site, "nvidia", "crt", "include"), ["crt/host_defines.h"]);
  headers(join(site, "nvidia", "libraries", "include"), LIBRARIES);
  headers(join(site, "nvidia", "cudnn", "include"), ["cudnn.h"]);
  const host = fakeHost(folder.path, { CUDA_HOME: home });
  assert.deepEqual(
    await findCudaHeaders(host, describeLibtorch(torch, "LIBTORCH")),
    ["crt", "libraries", "runtime"]
      .map((name) => join(site, "nvidia", name, "include")),
  );
});

Deno.test("findCudaHeaders() has pip bring the small headers that torch does not require", async () => {
  using folder = temporaryFolder();
  const site = join(folder.path, "site");
  const torch = fakeLibtorch(join(site, "torch"), { cuda: RELEASE });
  headers(join(site, "nvidia", "cu99", "include"), [...RUNTIME, ...LIBRARIES]);
  const bin = join(folder.path, "bin");
  writeProgram(
    join(bin, "python3"),
    `case "$*" in *nvidia-cuda-crt==99.1.*)
  while [ "$1" != --target ]; do shift; done
  mkdir -p "$2/nvidia/cu99/include/crt"
  : > "$2/nvidia/cu99/include/crt/host_defines.h" ;;
esac`,
  );
  const host = fakeHost(folder.path, { PATH: `${bin}:/usr/bin:/bin` });
  const found = await findCudaHeaders(
    host,
    describeLibtorch(torch, "LIBTORCH"),
  );
  assert.equal(found.length, 2);
  assert.match(
    found[1] ?? "",
    /state\/cuda-headers-99\.1\/nvidia\/cu99\/include$/,
  );
});

Deno.test("findCudaHeaders() names what is missing and the toolkit to install", async () => {
  using folder = temporaryFolder();
  const torch = fakeLibtorch(join(folder.path, "torch"), { cuda: RELEASE });
  await assert.rejects(
    findCudaHeaders(fakeHost(folder.path), describeLibtorch(torch, "LIBTORCH")),
    /CUDA 99\.1: .*cublas_v2\.h.* not found: install the CUDA 99\.1 toolkit/,
  );
});

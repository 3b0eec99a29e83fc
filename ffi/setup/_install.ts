/**
 * Installs the pinned libtorch into the project, for machines that have none.
 */
import { join } from "node:path";
import {
  describeLibtorch,
  hasCuda,
  type Libtorch,
  projectLibtorch,
  whatIsMissing,
} from "./_libtorch.ts";
import {
  freeBytes,
  type Host,
  removeFolder,
  secondsSince,
  SetupError,
} from "./_host.ts";
import { findPip, pipInstall } from "./_pip.ts";

/** The libtorch that is installed where none is found. */
const PINNED_LIBTORCH = "2.13.0";

// PyTorch's own index has the builds without CUDA; the plain name means a CUDA
// build of several GB on Linux.
const CPU_INDEX = "https://download.pytorch.org/whl/cpu";
const CPU_BYTES = 1.5e9;
const CUDA_BYTES = 7e9;

/**
 * Installs the pinned libtorch with pip into the project's own folder: a CUDA
 * build where there is an NVIDIA GPU, else a CPU build. Nothing but libtorch
 * and the libraries it loads is installed, and Python's own packages are not
 * touched.
 *
 * @throws {SetupError} If pip, disk space or the network is missing.
 */
export async function installLibtorch(
  host: Host,
  options: { gpu: boolean },
): Promise<Libtorch> {
  const purpose = `install libtorch ${PINNED_LIBTORCH}`;
  const startMs = performance.now();
  const folder = projectLibtorch(host);
  const python = await findPip(host, purpose);
  await requireSpace(host, options.gpu ? CUDA_BYTES : CPU_BYTES, purpose);
  host.log(
    `Installing libtorch ${PINNED_LIBTORCH} (${
      options.gpu ? "CUDA" : "CPU"
    } build) into ${folder}`,
  );

  const partial = `${folder}.partial`;
  removeFolder(partial);
  const plain = ["--no-deps", `torch==${PINNED_LIBTORCH}`];
  // Few retries: where that index cannot be reached, pip's other sources may
  // still have the build.
  const cpu = [
    ...["--extra-index-url", CPU_INDEX, "--retries", "1", "--timeout", "20"],
    ...["--no-deps", `torch==${PINNED_LIBTORCH}+cpu`],
  ];
  const args = !options.gpu && Deno.build.os === "linux" ? cpu : plain;
  let result = await pipInstall(host, python, { target: partial, args });
  // Only where there is none: after a broken download the plain package,
  // several GB on Linux, would fare no better.
  if (args === cpu && result.tail.includes("No matching distribution")) {
    host.log("  No CPU build to be had: asking for the plain package");
    removeFolder(partial);
    result = await pipInstall(host, python, { target: partial, args: plain });
  }
  const root = join(partial, "torch");
  if (result.ok && hasCuda(root)) {
    // This build needs CUDA's libraries to be loaded, GPU or not.
    await requireSpace(host, CUDA_BYTES - CPU_BYTES, purpose);
    result = await pipInstall(host, python, {
      target: partial,
      args: cudaRequirements(partial),
    });
  }
  if (!result.ok) {
    removeFolder(partial);
    throw new SetupError(
      `Cannot ${purpose}: pip failed (is the network there, and is ${python} Python 3.10 to 3.14?): ` +
        `install torch ${PINNED_LIBTORCH} yourself, or set LIBTORCH to an unpacked libtorch. pip said:\n${result.tail}`,
    );
  }
  const problem = whatIsMissing(root);
  if (problem !== undefined) {
    throw new SetupError(`Cannot ${purpose}: ${problem}`);
  }

  removeFolder(folder);
  Deno.renameSync(partial, folder);
  const libtorch = describeLibtorch(join(folder, "torch"), "project");
  host.log(
    `Installed libtorch ${libtorch.version} in ${secondsSince(startMs)}`,
  );
  return libtorch;
}

/**
 * What a CUDA build of torch requires of NVIDIA's packages, plus the headers
 * (crt) that compiling against it needs; Python's own requirements (sympy,
 * triton, ...) are left out: libtorch does not load them.
 */
function cudaRequirements(sitePackages: string): string[] {
  const info = [...Deno.readDirSync(sitePackages)].find((entry) =>
    /^torch-.*\.dist-info$/.test(entry.name)
  );
  if (info === undefined) return [];
  const metadata = Deno.readTextFileSync(
    join(sitePackages, info.name, "METADATA"),
  );
  return [
    ...metadata.matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)/gm),
  ]
    .map((match) => (match[1] ?? "").replaceAll(" ", ""))
    .map((requirement) =>
      requirement.replace(/^cuda-toolkit\[/, "cuda-toolkit[crt,")
    );
}

/**
 * Refuses to start what the disk has no room for.
 *
 * @throws {SetupError} If fewer bytes are free where set-up writes.
 */
export async function requireSpace(
  host: Host,
  bytes: number,
  purpose: string,
): Promise<void> {
  const free = await freeBytes(host.stateDir);
  if (free >= bytes) return;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  throw new SetupError(
    `Cannot ${purpose}: it needs about ${
      gigabytes(bytes)
    } in ${host.stateDir}, where ${gigabytes(free)} are free: ` +
      "free some disk space, or set LIBTORCH to an unpacked libtorch",
  );
}

/**
 * Finds the CUDA headers that libtorch's own CUDA headers include; no compiler
 * of CUDA's is needed.
 */
import { dirname, join } from "node:path";
import type { Libtorch } from "./_libtorch.ts";
import {
  exists,
  type Host,
  SetupError,
  statOrUndefined,
  which,
} from "./_host.ts";
import { findPip, pipInstall } from "./_pip.ts";

// One header for each of NVIDIA's packages that libtorch's headers reach into.
const NEEDED = [
  "cuda.h",
  "cuda_runtime_api.h",
  "crt/host_defines.h",
  "cublas_v2.h",
  "cublasLt.h",
  "cusparse.h",
  "cusolverDn.h",
  "nvrtc.h",
];

// Small packages of headers that pip may add by itself: torch does not require
// the one, a libtorch zip has neither.
const PACKAGES = ["nvidia-cuda-runtime", "nvidia-cuda-crt"];

/**
 * Include folders that together hold every CUDA header needed for this
 * libtorch: CUDA_HOME first, then the nvidia packages installed beside it, then
 * the toolkit on PATH or in /usr/local. Only those of libtorch's own CUDA
 * release count.
 *
 * @throws {SetupError} If some header is in none of them.
 */
export async function findCudaHeaders(
  host: Host,
  libtorch: Libtorch,
): Promise<string[]> {
  let found = gather(candidates(host, libtorch), libtorch);
  const obtainable = found.missing.every((header) =>
    /^(cuda|cuda_runtime_api|crt\/\w+)\.h$/.test(header)
  );
  if (
    found.missing.length > 0 && obtainable && (cudaMajor(libtorch) ?? 0) >= 13
  ) {
    await installHeaders(host, libtorch);
    found = gather(candidates(host, libtorch), libtorch);
  }
  if (found.missing.length === 0) return found.folders;
  throw new SetupError(
    `Cannot build the shim for CUDA ${libtorch.cudaVersion}: ${
      found.missing.join(", ")
    } not found: ` +
      `install the CUDA ${libtorch.cudaVersion} toolkit, or set CUDA_HOME to the folder it is in, or set LIBTORCH ` +
      "to a libtorch without CUDA",
  );
}

function candidates(host: Host, libtorch: Libtorch): string[] {
  const site = dirname(libtorch.path);
  const homes = [host.env["CUDA_HOME"], host.env["CUDA_PATH"]];
  const nvcc = which("nvcc", host.env);
  return [
    ...homes.flatMap((home) => home ? [join(home, "include")] : []),
    ...nvidiaIncludes(site),
    ...nvidiaIncludes(headersFolder(host, libtorch)),
    ...(nvcc === undefined ? [] : [join(dirname(nvcc), "..", "include")]),
    "/usr/local/cuda/include",
    `/usr/local/cuda-${libtorch.cudaVersion}/include`,
  ];
}

// nvidia/cu13/include since CUDA 13, nvidia/cublas/include and the like before.
function nvidiaIncludes(site: string): string[] {
  const folder = join(site, "nvidia");
  if (!exists(folder)) return [];
  return [...Deno.readDirSync(folder)]
    .map((entry) => join(folder, entry.name, "include"))
    .filter(exists).sort();
}

/** The folders of `from` that add something, and what is missing even so. */
export function gather(
  from: readonly string[],
  libtorch: Pick<Libtorch, "cudaVersion">,
): { folders: string[]; missing: string[] } {
  const folders: string[] = [];
  let missing = [...NEEDED];
  for (const folder of from) {
    const major = headerMajor(folder);
    const wanted = cudaMajor(libtorch) ?? major;
    if (major !== undefined && major !== wanted) continue;
    const still = missing.filter((header) => !exists(join(folder, header)));
    if (still.length < missing.length) folders.push(folder);
    missing = still;
  }
  return { folders, missing };
}

function headerMajor(folder: string): number | undefined {
  const path = join(folder, "cuda.h");
  if (statOrUndefined(path) === undefined) return undefined;
  const version = /#define CUDA_VERSION (\d+)/.exec(Deno.readTextFileSync(path))
    ?.[1];
  return version === undefined ? undefined : Math.floor(Number(version) / 1000);
}

// Unknown for a libtorch that somebody built without saying so in its version.
function cudaMajor(
  { cudaVersion }: Pick<Libtorch, "cudaVersion">,
): number | undefined {
  return cudaVersion === null ? undefined : Number(cudaVersion.split(".")[0]);
}

function headersFolder(host: Host, libtorch: Libtorch): string {
  return join(host.stateDir, `cuda-headers-${libtorch.cudaVersion}`);
}

async function installHeaders(host: Host, libtorch: Libtorch): Promise<void> {
  host.log(
    `Installing CUDA ${libtorch.cudaVersion} headers that this machine lacks`,
  );
  const purpose =
    `install the CUDA ${libtorch.cudaVersion} headers that the shim is built with`;
  const python = await findPip(host, purpose);
  const args = [
    "--no-deps",
    ...PACKAGES.map((name) => `${name}==${libtorch.cudaVersion}.*`),
  ];
  const target = headersFolder(host, libtorch);
  const { ok, tail } = await pipInstall(host, python, { target, args });
  if (!ok) host.log(tail);
}

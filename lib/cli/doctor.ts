/**
 * `deno task doctor [--json]`: reports what this machine has and what runs on it, for diagnosing problems. It sets
 * up what is missing; a failed set-up is a line of the report.
 *
 * @module
 */
import {
  type AttentionProbe,
  buildInfo,
  cudaDeviceCount,
  cudaDeviceInfo,
  type Device,
  type DType,
  ensureSetup,
  getNumThreads,
  type LibtorchSource,
  ones,
  probeAttention,
  scope,
} from "../../ffi/mod.ts";
import { formatDiagnosis } from "./_doctor_text.ts";
import { findDenoKernel, type Processor, readProcessor } from "./_machine.ts";

export type { Processor };

const USAGE = `Usage: deno task doctor [--json]

Says what this machine has and what runs on it.

  --json   for programs: the report as JSON on standard output`;

/** The output of `deno task doctor --json`. */
export interface Diagnosis {
  /** Whether models can be trained on this machine. */
  readonly ready: boolean;
  /** Error of the set-up or of loading; null when ready. */
  readonly problem: string | null;
  /** Versions of the runtime. */
  readonly deno: {
    readonly version: string;
    readonly v8: string;
    readonly typescript: string;
    /** Target triple, such as "x86_64-unknown-linux-gnu". */
    readonly target: string;
  };
  /** The libtorch that is used; null if none could be found or installed. */
  readonly libtorch: {
    readonly path: string;
    readonly version: string;
    /** Where it was found: the variable LIBTORCH, the project's own copy, or Python's. */
    readonly source: LibtorchSource;
    /** CUDA release it was built with, null for a CPU build. */
    readonly cuda: string | null;
    /** cuDNN release, null where there is none. */
    readonly cudnn: string | null;
  } | null;
  /** The built shim; null if it could not be built. */
  readonly shim: {
    readonly path: string;
    /** First line of the compiler's --version. */
    readonly compiler: string;
    /** Version of its C interface; null if it could not be loaded. */
    readonly abi: number | null;
  } | null;
  /** The CPU. */
  readonly processor: Processor;
  /** Threads that operators use on the CPU; null when not ready. */
  readonly threads: number | null;
  /** Main memory. */
  readonly memory: {
    readonly totalBytes: number;
    readonly availableBytes: number;
  };
  /** Speed of matrix products on this CPU; null when not ready. */
  readonly matmul: MatmulSpeed | null;
  /** The CPU, then every CUDA device; empty when not ready. */
  readonly devices: readonly DeviceDiagnosis[];
  /** Notebooks. */
  readonly jupyter: {
    /** Folder of a kernel that runs Deno, or null. */
    readonly kernel: string | null;
  };
}

/** A product of two 1024 x 1024 matrices on the CPU. */
export interface MatmulSpeed {
  /** 1e9 floating-point operations a second. */
  readonly float32GigaflopsPerSecond: number;
  /** 1e9 floating-point operations a second. */
  readonly bfloat16GigaflopsPerSecond: number;
  /** Speed of bfloat16 relative to float32: below 0.8 is slower, above 1.25 faster. */
  readonly bfloat16: "slower" | "similar" | "faster";
}

/** A device and the attention kernels that run on it. */
export interface DeviceDiagnosis {
  /** Its name in this project: "cpu", "cuda:0". */
  readonly device: Device;
  /** Null for a CPU whose model is not known. */
  readonly name: string | null;
  /** CUDA compute capability, such as 9; null for a CPU. */
  readonly capability: number | null;
  /** Bytes of a CUDA device's own memory; null for a CPU. */
  readonly memoryBytes: number | null;
  /** Every kernel in order of preference, tried forward and backward, and why it does not work. */
  readonly attention: Readonly<
    Record<"float32" | "bfloat16", readonly AttentionProbe[]>
  >;
}

/** Examines this machine, after setting up what is missing. */
async function diagnose(
  options: { log?: (line: string) => void } = {},
): Promise<Diagnosis> {
  const { available, total } = Deno.systemMemoryInfo();
  const { deno: version, v8, typescript } = Deno.version;
  const processor = readProcessor();
  let diagnosis: Diagnosis = {
    ready: false,
    problem: null,
    deno: { version, v8, typescript, target: Deno.build.target },
    libtorch: null,
    shim: null,
    processor,
    threads: null,
    memory: { totalBytes: total, availableBytes: available },
    matmul: null,
    devices: [],
    jupyter: { kernel: findDenoKernel(Deno.env.toObject()) },
  };
  try {
    const { libtorch, shim, compiler } = await ensureSetup(
      options.log === undefined ? {} : { log: options.log },
    );
    const { path, version, source, cudaVersion: cuda } = libtorch;
    diagnosis = {
      ...diagnosis,
      libtorch: { path, version, source, cuda, cudnn: null },
      shim: { path: shim, compiler, abi: null },
    };
    const info = buildInfo();
    diagnosis = {
      ...diagnosis,
      ready: true,
      libtorch: {
        path,
        version,
        source,
        cuda: info.cuda,
        cudnn: info.cudnn,
      },
      shim: { path: shim, compiler, abi: info.abi },
      threads: getNumThreads(),
      matmul: measureMatmul(),
      devices: listDevices(processor),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    diagnosis = { ...diagnosis, ready: false, problem: error.message };
  }
  return diagnosis;
}

function listDevices(processor: Processor): DeviceDiagnosis[] {
  const attention = (device: Device) => {
    const probe = (dtype: DType) => probeAttention({ device, dtype });
    return { float32: probe("float32"), bfloat16: probe("bfloat16") };
  };
  const devices: DeviceDiagnosis[] = [{
    device: "cpu",
    name: processor.model,
    capability: null,
    memoryBytes: null,
    attention: attention("cpu"),
  }];
  for (let i = 0; i < cudaDeviceCount(); i++) {
    const device: Device = `cuda:${i}`;
    const { name, capability, memoryBytes } = cudaDeviceInfo(device);
    devices.push({
      device,
      name,
      capability,
      memoryBytes,
      attention: attention(device),
    });
  }
  return devices;
}

function measureMatmul(): MatmulSpeed {
  const float32 = gigaflopsPerSecond("float32");
  const bfloat16 = gigaflopsPerSecond("bfloat16");
  const ratio = bfloat16 / float32;
  return {
    float32GigaflopsPerSecond: float32,
    bfloat16GigaflopsPerSecond: bfloat16,
    bfloat16: ratio < 0.8 ? "slower" : ratio > 1.25 ? "faster" : "similar",
  };
}

/** The fastest of several products: at least one, and as many as fit in a third of a second. */
function gigaflopsPerSecond(dtype: DType): number {
  const size = 1024;
  return scope(() => {
    const x = ones([size, size], { dtype });
    const deadline = performance.now() + 333;
    let bestMs = Infinity;
    for (let i = 0; i < 20 && (i === 0 || performance.now() < deadline); i++) {
      const startMs = performance.now();
      scope(() => void x.matmul(x));
      bestMs = Math.min(bestMs, performance.now() - startMs);
    }
    return 2 * size ** 3 / bestMs / 1e6;
  });
}

/** Runs the command with these arguments and returns its exit code: 0 only if this machine is ready. */
export async function doctor(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown !== undefined) {
    console.error(
      `Cannot run doctor: unknown argument "${unknown}"\n\n${USAGE}`,
    );
    return 2;
  }
  // Progress goes to standard error: standard output is the report.
  const diagnosis = await diagnose({ log: console.error });
  console.log(
    args.includes("--json")
      ? JSON.stringify(diagnosis, null, 2)
      : formatDiagnosis(diagnosis),
  );
  return diagnosis.ready ? 0 : 1;
}

if (import.meta.main) Deno.exit(await doctor(Deno.args));

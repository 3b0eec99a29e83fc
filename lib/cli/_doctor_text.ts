/** The report of `deno task doctor` as text. */
import type { DeviceDiagnosis, Diagnosis, MatmulSpeed } from "./doctor.ts";

const SOURCES = {
  LIBTORCH: "named by LIBTORCH",
  project: "the project's own",
  python: "Python's",
};

/** The report, with one fact per line. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { deno, processor, memory, threads, jupyter, problem } = diagnosis;
  const rows: [name: string, text: string][] = [
    ["Deno", `${deno.version}, ${deno.target}`],
    ["libtorch", describeLibtorch(diagnosis)],
    ["shim", describeShim(diagnosis)],
    ["memory", describeMemory(memory)],
    ["threads", `${threads ?? "not known"}, ${count(processor.cores, "core")}`],
    ["matmul", describeMatmul(diagnosis)],
    ...diagnosis.devices.flatMap(describeDevice),
    ["Jupyter", describeJupyter(jupyter.kernel)],
    ["ready", problem === null ? "yes" : `NO: ${problem}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) =>
    name.padEnd(width) + text.replaceAll("\n", "\n" + " ".repeat(width))
  ).join("\n");
}

function describeLibtorch({ libtorch }: Diagnosis): string {
  if (libtorch === null) return "none";
  const { version, source, path, cuda, cudnn } = libtorch;
  const device = cuda === null
    ? "CPU only"
    : `CUDA ${cuda}, ${cudnn === null ? "no cuDNN" : `cuDNN ${cudnn}`}`;
  return `${version}, ${device}, ${SOURCES[source]}\n${path}`;
}

function describeShim({ shim }: Diagnosis): string {
  if (shim === null) return "not built";
  const loads = shim.abi === null
    ? "cannot be loaded"
    : `ABI version ${shim.abi}`;
  return `${loads}, built with ${shim.compiler}\n${shim.path}`;
}

function describeMemory(memory: Diagnosis["memory"]): string {
  return `${gigabytes(memory.totalBytes)}, ${
    gigabytes(memory.availableBytes)
  } available`;
}

function describeMatmul({ matmul, processor }: Diagnosis): string {
  if (matmul === null) return "not measured";
  const speed = (value: number) =>
    `${value < 100 ? value.toPrecision(3) : Math.round(value)} GFLOP/s`;
  return `float32 ${speed(matmul.float32GigaflopsPerSecond)}, bfloat16 ${
    speed(matmul.bfloat16GigaflopsPerSecond)
  }\n${bfloat16Advice(matmul, processor.instructions)}`;
}

function bfloat16Advice(
  { bfloat16 }: MatmulSpeed,
  instructions: readonly string[],
): string {
  const has = instructions.filter((name) => name.includes("bf16"));
  const why = has.length > 0 ? has.join(", ") : "no bfloat16 instructions";
  const advice = {
    slower: "train with precision 32-true on this CPU",
    similar: "precision 32-true is as fast on this CPU",
    faster: "precision bf16-true or bf16-mixed is faster on this CPU",
  };
  return `${why}: ${advice[bfloat16]}`;
}

function describeDevice(
  device: DeviceDiagnosis,
): [name: string, text: string][] {
  const facts = [
    device.name ?? "a CPU of unknown model",
    device.capability === null
      ? []
      : `capability ${device.capability.toFixed(1)}`,
    device.memoryBytes === null ? [] : gigabytes(device.memoryBytes),
  ].flat();
  return [
    [
      device.device,
      [facts.join(", "), ...describeAttention(device)].join("\n"),
    ],
  ];
}

function describeAttention({ attention }: DeviceDiagnosis): string[] {
  const dtypes = ["float32", "bfloat16"] as const;
  const running = dtypes.map((dtype) => {
    const names = attention[dtype].filter(({ works }) => works)
      .map(({ backend }) => backend);
    return `${dtype} by ${names.join(", ") || "nothing"}`;
  });
  const lines = [`attention in ${running.join("; in ")}`];
  for (const { backend } of attention.float32) {
    // If the reason is the same for both, it is shown once.
    const reasons = new Map<string, string[]>();
    for (const dtype of dtypes) {
      const probe = attention[dtype].find((other) => other.backend === backend);
      if (probe === undefined || probe.reason === null) continue;
      reasons.set(probe.reason, [...reasons.get(probe.reason) ?? [], dtype]);
    }
    for (const [reason, refused] of reasons) {
      const where = refused.length === dtypes.length
        ? ""
        : ` in ${refused.join(", ")}`;
      lines.push(`not ${backend}${where}: ${shorten(reason)}`);
    }
  }
  return lines;
}

function describeJupyter(kernel: string | null): string {
  return kernel === null
    ? "no Deno kernel: `deno task kernel` installs one"
    : `Deno kernel in ${kernel}`;
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Which GPU each trial gets.
 *
 * @module
 */

import type { SweepConfig } from "./config.ts";

/** A place where one trial at a time runs. */
export interface Slot {
  /** What it is, for people. */
  readonly name: string;
  /** What its trials are told. */
  readonly env: Readonly<Record<string, string>>;
}

/** The machine as a sweep sees it. */
export interface Machine {
  /** GPUs as CUDA_VISIBLE_DEVICES names them. */
  readonly gpus: readonly string[];
  /** Cores of the processor. */
  readonly cores: number;
  /** Whether the user chose the number of threads. */
  readonly hasThreads: boolean;
}

/** Looks at this machine. */
export async function inspectMachine(): Promise<Machine> {
  return {
    gpus: await visibleGpus(),
    cores: navigator.hardwareConcurrency,
    hasThreads: Deno.env.get("OMP_NUM_THREADS") !== undefined,
  };
}

/**
 * The places for trials: one a GPU, or as many as asked for. Several on a processor share its cores.
 */
export function planSlots(
  { devices, parallel }: Pick<SweepConfig, "devices" | "parallel">,
  machine: Machine,
): Slot[] {
  const gpus = devices === "auto"
    ? machine.gpus
    : devices === "cpu"
    ? []
    : devices;
  const count = parallel ?? Math.max(1, gpus.length);
  if (gpus.length > 0) {
    return Array.from({ length: count }, (_, i) => {
      const gpu = gpus[i % gpus.length] ?? "";
      return { name: `GPU ${gpu}`, env: { CUDA_VISIBLE_DEVICES: gpu } };
    });
  }
  const threads = Math.max(1, Math.floor(machine.cores / count));
  const env = {
    ...(devices === "cpu" ? { CUDA_VISIBLE_DEVICES: "" } : {}),
    ...(count === 1 || machine.hasThreads
      ? {}
      : { OMP_NUM_THREADS: String(threads) }),
  };
  return Array.from({ length: count }, () => ({ name: "CPU", env }));
}

async function visibleGpus(): Promise<string[]> {
  const chosen = Deno.env.get("CUDA_VISIBLE_DEVICES");
  if (chosen !== undefined) {
    return chosen.split(",").map((gpu) => gpu.trim())
      .filter((gpu) => gpu !== "" && gpu !== "-1");
  }
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", {
      args: ["--query-gpu=index", "--format=csv,noheader"],
      stderr: "null",
    }).output();
    if (!success) return [];
    return new TextDecoder().decode(stdout).split("\n")
      .map((line) => line.trim()).filter((line) => line !== "");
  } catch {
    // No such program: no NVIDIA GPU.
    return [];
  }
}

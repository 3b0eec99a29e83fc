/**
 * Runs parts of the benchmarks in separate processes.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parse } from "@std/yaml";
import { type ModelConfig, modelConfigToYaml } from "../../lib/config/mod.ts";
import type { StepResult, StepSetting } from "./step.ts";

/** Timeout of a process: longer than any measurement takes, to end one that hangs. */
const STEP_LIMIT_MS = 180_000;

/** Options of a step's process in addition to its setting. */
export interface StepOptions {
  /** Compile the kernels anew, as the first process on a machine does. Default: false. */
  readonly isFirst?: boolean;
}

/**
 * Times training steps.
 *
 * @throws {Error} if they do not run; the message is the process's.
 */
export async function runStep(
  setting: StepSetting,
  { isFirst = false }: StepOptions = {},
): Promise<StepResult> {
  const cache = await Deno.makeTempDir({ prefix: "moebius-kernels-" });
  const script = new URL("./step.ts", import.meta.url).href;
  try {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["run", "-A", "--no-check", script, JSON.stringify(setting)],
        env: {
          NO_COLOR: "1",
          BENCH_STARTED_MS: String(Date.now()),
          // The driver's compiler has a cache of its own.
          ...(isFirst
            ? { MOEBIUS_KERNEL_CACHE: cache, CUDA_CACHE_DISABLE: "1" }
            : {}),
        },
        signal: AbortSignal.timeout(STEP_LIMIT_MS),
      },
    ).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    throw new Error(
      lines.find((line) => line.includes("rror:")) ?? lines.at(-1) ??
        "it ended without a word",
    );
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** A measurement for peers.py. */
export interface PeerSetting {
  readonly model: ModelConfig;
  /** Tokens of a sequence. */
  readonly length: number;
  readonly precision: StepSetting["precision"];
  readonly device: "cpu" | "cuda";
  /** Steps that are timed. */
  readonly steps: number;
}

/** What peers.py measured. */
export interface PeerResult {
  readonly name: string;
  /** "eager", or a mode of torch.compile. */
  readonly mode?: string;
  readonly microBatchSize: number;
  readonly accumulationIters: number;
  readonly tokensPerSecond: number;
  readonly peakGib?: number;
  readonly firstStepSeconds?: number;
  /** Of a prompt, where it generated. */
  readonly prefillTokensPerSecond?: number;
}

/**
 * Runs peers.py and yields its lines of JSON as they arrive. Peers that cannot run are reported on stderr.
 *
 * @param specs What to measure, as peers.py names it.
 */
export async function* runPeers(
  python: string,
  setting: PeerSetting,
  specs: readonly string[],
): AsyncGenerator<PeerResult> {
  const model = parse(modelConfigToYaml(setting.model));
  const process = spawn(python, [
    new URL("./peers.py", import.meta.url).pathname,
    JSON.stringify({ ...setting, model }),
    ...specs,
  ], { stdio: ["ignore", "pipe", "pipe"] });
  const started = new Promise<string | null>((resolve) =>
    process.on("error", ({ message }) => resolve(message))
      .on("spawn", () => resolve(null))
  );
  const ended = new Promise<number | null>((resolve) =>
    process.on("close", resolve)
  );
  let errors = "";
  process.stderr.on("data", (text) => errors = (errors + text).slice(-4000));
  const problem = await started;
  if (problem !== null) return console.error(`${python}: ${problem}`);
  for await (const line of createInterface({ input: process.stdout })) {
    if (!line.startsWith("{")) continue;
    const result: PeerResult & { failed?: string } = JSON.parse(line);
    if (result.failed === undefined) yield result;
    else console.error(`${python}: ${result.failed}`);
  }
  if (await ended !== 0) {
    console.error(`${python}: ${errors.trim().split("\n").at(-1)}`);
  }
}

/**
 * What the benchmark runs in processes of their own.
 *
 * @module
 */

import type { StepResult, StepSetting } from "./step.ts";

/** Times training steps; undefined, and a line of why, where they do not run. */
export async function runStep(
  setting: StepSetting,
): Promise<StepResult | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("./step.ts", import.meta.url).href,
      JSON.stringify(setting),
    ],
    env: { BENCH_STARTED_MS: String(Date.now()) },
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  const message = new TextDecoder().decode(stderr).trim().split("\n")[0];
  console.error(`${setting.mode} ${setting.precision}: ${message}`);
  return undefined;
}

/**
 * Runs one of the Python scripts beside this file and gives the JSON of each line it prints; nothing where
 * that Python cannot run it.
 */
export async function runPython(
  python: string,
  script: string,
  args: readonly string[],
): Promise<Record<string, number | string>[]> {
  try {
    const { stdout } = await new Deno.Command(python, {
      args: [new URL(script, import.meta.url).pathname, ...args],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

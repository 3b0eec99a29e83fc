/** Runs trials as separate processes, so that a failing trial does not affect the sweep. */

import { join } from "node:path";

/** The program of a trial and its first arguments; the configuration's file follows as `--config FILE`. */
export type TrialProgram = readonly string[];

const PROJECT = new URL("../../", import.meta.url);

/** Trains like `deno task train`. */
export const DEFAULT_PROGRAM: TrialProgram = [
  Deno.execPath(),
  "run",
  "-A",
  new URL("lib/cli/trial.ts", PROJECT).pathname,
];

/** Writes all output of the trial to a file, even after the sweep has ended. */
const SCRIPT = 'log=$1; shift; exec "$@" >>"$log" 2>&1';

/** A running trial. */
export interface TrialProcess {
  /** Resolves when it has ended. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Asks it to save and end. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a trial. Its standard input is a pipe that closes with the sweep, however that ends. */
export function startTrial(
  program: TrialProgram,
  options: {
    config: string;
    log: string;
    env: Readonly<Record<string, string>>;
  },
): TrialProcess {
  const { config, log, env } = options;
  const process = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, "trial", log, ...program, "--config", config],
    env: { NO_COLOR: "1", ...env },
    // Ctrl-C reaches all processes of a terminal, but only the sweep may end a trial.
    detached: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const signal = (name: Deno.Signal) => {
    try {
      process.kill(name);
    } catch (error) {
      // It has ended in the meantime.
      if (
        !(error instanceof TypeError || error instanceof Deno.errors.NotFound)
      ) throw error;
    }
  };
  const ended = process.status.finally(() =>
    process.stdin.close().catch(() => {})
  );
  return {
    ended,
    stop: () => signal("SIGTERM"),
    kill: () => signal("SIGKILL"),
  };
}

/** Why a trial failed, from its exit status and the end of its log. */
export function describeFailure(
  { code, signal }: Deno.CommandStatus,
  log: string,
): string {
  const said = lastLines(log);
  if (signal === "SIGKILL") {
    return "killed, as the system does when memory runs out (SIGKILL)";
  }
  const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
  const kind = /out of memory/i.test(said) ? "out of memory, " : "";
  return said === "" ? `${kind}${how}` : `${kind}${how}: ${said}`;
}

/** The end of a log as one line of at most 300 characters. */
function lastLines(path: string): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
  const lines = text.slice(-4000).split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  // The message of an error precedes the lines of its stack.
  const message = lines.findLastIndex((line) => !line.startsWith("at "));
  return lines.slice(Math.max(0, message - 1), message + 1).join(" ").slice(
    0,
    300,
  );
}

/**
 * Waits until no process writes to a run's folder: a trial of a sweep that was killed saves and ends by itself.
 *
 * @throws {Error} If it does not.
 */
export async function waitUntilFree(
  runDir: string,
  { timeoutMs }: { timeoutMs: number },
): Promise<void> {
  const path = join(runDir, ".lock");
  const untilMs = performance.now() + timeoutMs;
  while (isLocked(path)) {
    if (performance.now() > untilMs) {
      throw new Error(
        `Cannot go on with the trial in ${runDir}: process ${
          Deno.readTextFileSync(path).trim()
        } still trains there: wait for it or end it`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isLocked(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    return !file.tryLockSync(true);
  } catch {
    // No such file, or a file system without locks.
    return false;
  }
}

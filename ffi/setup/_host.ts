/**
 * What set-up needs from the machine: environment, programs, disk. Everything
 * takes the environment as a value, so that tests can present a machine without
 * a compiler, Python or GPU.
 */
import { delimiter, isAbsolute, join, resolve } from "node:path";

/**
 * Something that set-up cannot do by itself; the message says what to install
 * or change.
 */
export class SetupError extends Error {
  /** Shown before the message. */
  override readonly name = "SetupError";
}

/** The machine as set-up sees it. */
export interface Host {
  /** Environment variables, also handed to every program that set-up starts. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for everything that set-up makes, absolute. */
  readonly stateDir: string;
  /**
   * Receives one line of progress at a time, only when there is something to
   * do.
   */
  readonly log: (line: string) => void;
}

/** A finished program: exit code and all of its text. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Absolute path of a program on the environment's PATH, or undefined. */
export function which(program: string, env: Host["env"]): string | undefined {
  if (program.includes("/")) {
    const path = isAbsolute(program) ? program : resolve(program);
    return isExecutable(path) ? path : undefined;
  }
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, program);
    if (folder !== "" && isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  const info = statOrUndefined(path);
  return info !== undefined && info.isFile &&
    ((info.mode ?? 0o111) & 0o111) !== 0;
}

/** Like `Deno.statSync`, but undefined where nothing (readable) is. */
export function statOrUndefined(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** True if something exists at this path. */
export function exists(path: string): boolean {
  return statOrUndefined(path) !== undefined;
}

/** Deletes a folder and all in it, if it is there. */
export function removeFolder(path: string): void {
  if (exists(path)) Deno.removeSync(path, { recursive: true });
}

/** Runs a program to its end and returns its text. */
export async function run(
  program: string,
  args: readonly string[],
  env: Host["env"],
): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

let cpu: string | undefined;

/**
 * What tells this machine's CPU from another for which code may be compiled
 * differently: model and instruction sets.
 */
export function cpuIdentity(): string {
  return cpu ??= `${Deno.build.arch} ${describeCpu()}`;
}

// Linux describes one core after another; the first is enough, and quick.
function describeCpu(): string {
  if (Deno.build.os !== "linux") return "";
  using file = Deno.openSync("/proc/cpuinfo");
  const bytes = new Uint8Array(8192);
  const text = new TextDecoder().decode(
    bytes.subarray(0, file.readSync(bytes) ?? 0),
  );
  const telling =
    /^(vendor_id|cpu family|model|flags|Features|CPU (implementer|part|variant))\s*:/;
  return (text.split("\n\n")[0] ?? "").split("\n")
    .filter((line) => telling.test(line)).join("\n");
}

/**
 * Bytes that can still be written to the file system that holds this (existing)
 * folder.
 */
export async function freeBytes(folder: string): Promise<number> {
  // Imported only here: loading it takes ten times as long as a set-up that
  // finds everything current.
  const { statfs } = await import("node:fs/promises");
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** True if this machine has an NVIDIA GPU with a driver, natively or in WSL. */
export async function hasNvidiaGpu(env: Host["env"]): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  if (
    exists("/proc/driver/nvidia/version") ||
    exists("/usr/lib/wsl/lib/libcuda.so.1")
  ) return true;
  const smi = which("nvidia-smi", env);
  if (smi === undefined) return false;
  const { code, stdout } = await run(smi, ["-L"], env);
  return code === 0 && stdout.includes("GPU ");
}

/** Seconds since a `performance.now()` reading, as "3.2 s". */
export function secondsSince(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

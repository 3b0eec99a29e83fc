/**
 * The figures of reliability, each as `held` of `of`. The tests take a few samples of each, the
 * benchmark (tests/bench/reliability.ts) all of them.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  findLatestCheckpoint,
  resolveResume,
} from "../../lib/checkpoint/find.ts";
import {
  CheckpointError,
  verifyCheckpoint,
} from "../../lib/checkpoint/manifest.ts";
import { readMetrics } from "../../lib/metrics/mod.ts";
import { corrupt, randomNumbers } from "../checkpoint/_corrupt.ts";
import { type Fault, readLog, type SmallRun } from "./_run.ts";

/** How often something held. */
export interface Figure {
  readonly held: number;
  readonly of: number;
  /** What did not hold, a line each. */
  readonly failures: readonly string[];
  /** What else was seen. */
  readonly note: string;
}

/** The run that nothing happens to. */
export interface Unbroken {
  readonly digest: string;
  /** What it does to its folder, from the first operation to the last: "write /path". */
  readonly operations: readonly string[];
  /** From its first step to its last save, in milliseconds. */
  readonly trainingMs: number;
}

/** Trains the run that all others are compared with. */
export async function trainUnbroken(place: SmallRun): Promise<Unbroken> {
  const dir = join(place.dir, "unbroken");
  let trainingMs = 0;
  const first = await place.train("unbroken", {
    onStart: async () => {
      await training(dir);
      const startedMs = performance.now();
      while (!existsSync(join(dir, "final"))) await pause(2);
      trainingMs = performance.now() - startedMs;
    },
  });
  if (first.code !== 0) throw new Error(first.text);
  const log = join(place.dir, "operations.log");
  const { code, text } = await place.train("logged", { fault: { log } });
  if (code !== 0) throw new Error(text);
  const lines = await readLog(log);
  return {
    digest: await place.digest("unbroken"),
    operations: lines.map((line) => line.slice(line.indexOf(" ") + 1)),
    trainingMs,
  };
}

/** The operation, from 1, by which the checkpoint of a step is published, or the run's last. */
export function publishedAt({ operations }: Unbroken, name: string): number {
  return operations.findIndex((line) =>
    line.startsWith("rename ") && line.endsWith(`/${name}`)
  ) + 1;
}

/** Kills a run at each of these operations, then lets it go on to its end. */
export async function killAtOperations(
  place: SmallRun,
  unbroken: Unbroken,
  options: { at: readonly number[]; does: "kill" | "tear" },
): Promise<Figure> {
  const failures: string[] = [];
  for (const at of options.at) {
    const what = `${options.does} at ${at}: ${unbroken.operations[at - 1]}`;
    const { code } = await place.train("killed", {
      fault: { at, does: options.does },
    });
    const why = code === 137
      ? await goOn(place, unbroken)
      : `it ended with ${code}`;
    if (why !== null) failures.push(`${what}: ${why}`);
    await remove(place, "killed");
  }
  return figure(options.at.length, failures);
}

/** Kills a run after each of these times, counted from its first step, then lets it go on to its end. */
export async function killAtTimes(
  place: SmallRun,
  unbroken: Unbroken,
  { afterMs }: { afterMs: readonly number[] },
): Promise<Figure> {
  const failures: string[] = [];
  const met = new Map<string, number>();
  for (const delayMs of afterMs) {
    await place.train("killed", {
      onStart: async (process) => {
        await training(join(place.dir, "killed"));
        await pause(delayMs);
        kill(process, "SIGKILL");
      },
    });
    const state = await stateOf(join(place.dir, "killed"));
    met.set(state, (met.get(state) ?? 0) + 1);
    const why = await goOn(place, unbroken);
    if (why !== null) failures.push(`after ${delayMs.toFixed(0)} ms: ${why}`);
    await remove(place, "killed");
  }
  const note = [...met].map(([state, count]) => `${count} ${state}`).join(", ");
  return figure(afterMs.length, failures, note);
}

/** Makes the storage fail from these operations on; what was saved before must stay, and the message tell. */
export async function failStorage(
  place: SmallRun,
  unbroken: Unbroken,
  faults: readonly Required<Pick<Fault, "at" | "does">>[],
): Promise<Figure> {
  const failures: string[] = [];
  for (const fault of faults) {
    const what = `${fault.does} at ${fault.at}: ${
      unbroken.operations[fault.at - 1]
    }`;
    const { code, text } = await place.train("killed", { fault });
    const why = code !== 1
      ? `it ended with ${code}: ${text}`
      : await judge(place, unbroken, { fault, text });
    if (why !== null) failures.push(`${what}: ${why}`);
    await remove(place, "killed");
  }
  return figure(faults.length, failures);
}

const CAUSES: Record<string, RegExp> = {
  ENOSPC: /no space left on the device/,
  EIO: /the storage device reported an error/,
  EACCES: /permission denied/,
  EROFS: /the file system is read-only/,
  EDQUOT: /the disk quota is used up/,
};

async function judge(
  place: SmallRun,
  unbroken: Unbroken,
  { fault, text }: {
    fault: Required<Pick<Fault, "at" | "does">>;
    text: string;
  },
): Promise<string | null> {
  const dir = join(place.dir, "killed");
  if (!text.includes(`${dir}`)) return `no path in: ${text}`;
  if (!CAUSES[fault.does]?.test(text)) return `no cause in: ${text}`;
  const before = ["step-00000004", "step-00000008", "final"]
    .filter((name) => publishedAt(unbroken, name) < fault.at).length;
  const { checkpoint, warnings } = await findLatestCheckpoint(dir);
  if (warnings.length > 0) return warnings.join("\n");
  if ((checkpoint?.step ?? 0) < 4 * before) {
    return `only step ${checkpoint?.step} is left`;
  }
  return await goOn(place, unbroken);
}

/** Damages a copy of a finished run's newest checkpoint; it must be passed over by name. */
export async function corruptCheckpoints(
  place: SmallRun,
  { name, times }: { name: string; times: number },
): Promise<Figure> {
  const outDir = join(place.dir, name);
  const final = join(outDir, "final");
  const files = [...Deno.readDirSync(final)].map((entry) => entry.name).sort();
  const random = randomNumbers(1);
  const failures: string[] = [];
  for (let i = 0; i < times; i++) {
    const file = files[i % files.length] ?? "";
    const path = join(final, file);
    const original = Deno.readFileSync(path);
    Deno.writeFileSync(path, corrupt(original, random));
    const why = await passesOver(outDir, file);
    if (why !== null) failures.push(`${i}: ${file}: ${why}`);
    Deno.writeFileSync(path, original);
  }
  const sound = await verifyCheckpoint(final);
  return figure(
    times,
    [...failures, ...sound],
    `over ${files.length} files: ${files.join(", ")}`,
  );
}

async function passesOver(
  outDir: string,
  file: string,
): Promise<string | null> {
  const explicit = await resolveResume(join(outDir, "final"), outDir)
    .catch((error) => error);
  if (!(explicit instanceof CheckpointError)) return "it was not refused";
  if (!explicit.message.includes(file)) return explicit.message;
  const resumed = await resolveResume("auto", outDir);
  if (!resumed?.path.endsWith("step-00000012")) {
    return `${resumed?.path} was taken`;
  }
  return resumed.warnings.join().includes("final") ? null : "no warning";
}

/** Sends a signal to a run after each of these times, counted from its first step. */
export async function interrupt(
  place: SmallRun,
  { afterMs, signal }: {
    afterMs: readonly number[];
    signal: "SIGTERM" | "SIGINT";
  },
): Promise<Figure> {
  const failures: string[] = [];
  const waits: number[] = [];
  let inTime = 0;
  const expected = signal === "SIGTERM" ? 143 : 130;
  for (const delayMs of afterMs) {
    const dir = join(place.dir, "interrupted");
    let sentMs = 0;
    const { code, text } = await place.train("interrupted", {
      flags: ["--max-steps=1000000"],
      onStart: async (process) => {
        await training(dir);
        await pause(delayMs);
        sentMs = performance.now();
        kill(process, signal);
      },
    });
    const waitMs = performance.now() - sentMs;
    waits.push(waitMs);
    if (waitMs <= BESIDE_MS + await longestStepMs(dir)) inTime++;
    const what = `${signal} after ${delayMs.toFixed(0)} ms`;
    const saved = /saved in (\S+):/.exec(text)?.[1];
    if (code !== expected) {
      failures.push(`${what}: ended with ${code}: ${text}`);
    } else if (saved === undefined) failures.push(`${what}: ${text}`);
    else {
      const problems = await verifyCheckpoint(saved);
      if (problems.length > 0) failures.push(`${what}: ${problems}`);
    }
    await remove(place, "interrupted");
  }
  waits.sort((a, b) => a - b);
  const at = (share: number) =>
    (waits[Math.round(share * (waits.length - 1))] ?? 0).toFixed(0);
  return figure(
    afterMs.length,
    failures,
    `from signal to exit: median ${at(0.5)} ms, longest ${
      at(1)
    } ms; ${inTime} of ${afterMs.length} within the run's longest step with its save and ${BESIDE_MS} ms`,
  );
}

/** A turn of the event loop, which signals wait for, and the end of a process. */
const BESIDE_MS = 100;

/** The longest time from one step's end to the next one's, with validating and saving between. */
async function longestStepMs(dir: string): Promise<number> {
  const rows = await readMetrics(join(dir, "metrics.csv"));
  const ends = rows.flatMap(({ loss, time }) => loss === undefined ? [] : time);
  const steps = ends.slice(1).map((end, i) => (end ?? 0) - (ends[i] ?? 0));
  return 1000 * Math.max(0, ...steps);
}

async function training(dir: string): Promise<void> {
  for (;;) {
    const text = await Deno.readTextFile(join(dir, "metrics.csv"))
      .catch(() => "");
    if (text.split("\n").length > 2) return;
    await pause(2);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    // It may have ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Lets the run go on; says what is wrong with what it becomes, or null. */
async function goOn(
  place: SmallRun,
  unbroken: Unbroken,
): Promise<string | null> {
  const { code, text } = await place.train("killed");
  if (code !== 0) return `it did not go on: ${text}`;
  const digest = await place.digest("killed");
  return digest === unbroken.digest ? null : "it became another run";
}

/** Where a killed run was. */
async function stateOf(dir: string): Promise<string> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(dir)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (names.some((name) => /^\.(tmp|old)-/.test(name))) return "in a save";
  if (names.includes("final")) return "after the last save";
  if (names.some((name) => name.startsWith("step-"))) {
    return "between two saves";
  }
  return names.includes("metrics.csv")
    ? "before the first save"
    : "before the first step";
}

async function remove(place: SmallRun, name: string): Promise<void> {
  for await (const entry of Deno.readDir(place.dir)) {
    if (entry.name !== name && !entry.name.startsWith(`${name}-`)) continue;
    await Deno.remove(join(place.dir, entry.name), { recursive: true });
  }
}

function figure(of: number, failures: readonly string[], note = ""): Figure {
  return { held: of - failures.length, of, failures, note };
}

/**
 * The journal of a study: one JSON object per line. A record is flushed to the storage device before the sweep acts
 * on it, and the journal is all that a sweep needs to resume after it was killed.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { diskFileSystem, ensureDirectory } from "../files/atomic.ts";
import { openAppendedFile } from "../metrics/appended_file.ts";
import type { ParameterValue, TrialParameters } from "./space.ts";
import type { CurvePoint, StudyDefinition } from "./study.ts";

/** One line of a journal. */
export type JournalRecord =
  | StudyDefinition & {
    /** A sweep begins, or goes on. */
    readonly event: "study";
    readonly version: 1;
    /** ISO 8601. */
    readonly at: string;
  }
  | {
    /** A trial begins. */
    readonly event: "start";
    readonly at: string;
    readonly trial: number;
    readonly parameters: TrialParameters;
  }
  | {
    /** A trial has ended. */
    readonly event: "finish";
    readonly at: string;
    readonly trial: number;
    readonly state: "complete" | "pruned" | "failed";
    readonly value: number | null;
    readonly reason: string | null;
    /** Seconds it took. */
    readonly seconds: number;
    readonly curve: readonly CurvePoint[];
  };

const number = z.int().min(0);
const time = z.string();
const parameterValue: z.ZodType<ParameterValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(parameterValue),
  ])
);
/** JSON has no NaN and no infinities: as text they survive. */
const loss = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
]);

const distribution = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), value: parameterValue }),
  z.strictObject({
    kind: z.literal("categorical"),
    values: z.array(parameterValue),
    probabilities: z.array(z.number()),
  }),
  z.strictObject({
    kind: z.literal("range"),
    min: z.number(),
    max: z.number(),
    log: z.boolean(),
    step: z.number().nullable(),
  }),
  z.strictObject({
    kind: z.literal("normal"),
    mu: z.number(),
    sigma: z.number(),
    log: z.boolean(),
    step: z.number().nullable(),
  }),
]);

const recordSchema: z.ZodType<JournalRecord> = z.discriminatedUnion("event", [
  z.strictObject({
    event: z.literal("study"),
    version: z.literal(1),
    at: time,
    name: z.string(),
    method: z.enum(["grid", "random", "bayes"]),
    metric: z.strictObject({
      name: z.string(),
      goal: z.enum(["minimize", "maximize"]),
    }),
    space: z.array(z.strictObject({ key: z.string(), distribution })),
    run_cap: z.int().nullable(),
  }),
  z.strictObject({
    event: z.literal("start"),
    at: time,
    trial: number,
    parameters: z.record(z.string(), parameterValue),
  }),
  z.strictObject({
    event: z.literal("finish"),
    at: time,
    trial: number,
    state: z.enum(["complete", "pruned", "failed"]),
    value: loss.nullable(),
    reason: z.string().nullable(),
    seconds: z.number(),
    curve: z.array(z.strictObject({ step: z.number(), value: loss })),
  }),
]);

/** A journal that this process writes. */
export interface Journal extends Disposable {
  /** What was in it when it was opened. */
  readonly records: readonly JournalRecord[];
  /** What the user should know about it. */
  readonly notices: readonly string[];
  /** Writes a record; it is on the storage device when this returns. */
  append(record: JournalRecord): void;
}

/** Name of the journal in a study's folder. */
export const JOURNAL_FILE = "journal.jsonl";

/**
 * Opens the journal of a study to go on with it, and creates it if there is none. A last line that a dying process
 * did not finish is cut off.
 *
 * @throws {Error} If another process writes it.
 * @throws {SyntaxError} If a line before the last is damaged.
 * @throws {StorageError} If it cannot be opened.
 */
export async function openJournal(outDir: string): Promise<Journal> {
  await ensureDirectory(outDir);
  const path = join(outDir, JOURNAL_FILE);
  const file = openAppendedFile(path);
  await diskFileSystem.syncDirectory(outDir);
  let lock: Disposable | undefined;
  try {
    lock = lockFile(path, outDir);
    const { records, byteLength } = parseJournal(Deno.readFileSync(path), path);
    const isTorn = byteLength < file.size;
    if (isTorn) file.truncate(byteLength);
    return {
      records,
      notices: isTorn ? [`Cut an unfinished last line off ${path}`] : [],
      append(record) {
        const line = JSON.stringify(record, nonFiniteAsText) + "\n";
        file.append(new TextEncoder().encode(line));
        file.sync();
      },
      [Symbol.dispose]() {
        lock?.[Symbol.dispose]();
        file[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock?.[Symbol.dispose]();
    file[Symbol.dispose]();
    throw error;
  }
}

/**
 * Reads the journal of a study, also while a sweep writes it; an unfinished last line is passed over.
 *
 * @throws {SyntaxError} If a line before the last is damaged.
 * @throws {Deno.errors.NotFound} If there is none.
 */
export function readJournal(outDir: string): JournalRecord[] {
  const path = join(outDir, JOURNAL_FILE);
  return parseJournal(Deno.readFileSync(path), path).records;
}

/** The whole lines of a journal, and how many bytes they take. */
function parseJournal(
  bytes: Uint8Array,
  path: string,
): { records: JournalRecord[]; byteLength: number } {
  const byteLength = bytes.lastIndexOf("\n".charCodeAt(0)) + 1;
  const text = new TextDecoder().decode(bytes.subarray(0, byteLength));
  const lines = text.split("\n").slice(0, -1);
  const records = lines.map((line, index) => {
    const refuse = (why: string) =>
      new SyntaxError(
        `Cannot read ${path}: line ${
          index + 1
        } is damaged (${why}): remove the line, or choose another out_dir`,
      );
    let content: unknown;
    try {
      content = JSON.parse(line);
    } catch {
      throw refuse("it is no JSON");
    }
    const parsed = recordSchema.safeParse(content);
    if (parsed.success) return parsed.data;
    throw refuse(z.prettifyError(parsed.error));
  });
  return { records, byteLength };
}

function nonFiniteAsText(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value)
    ? String(value)
    : value;
}

/** Keeps a second sweep out; the system drops the lock with the process. */
function lockFile(path: string, outDir: string): Disposable {
  const file = Deno.openSync(path, { read: true, write: true });
  let isHeld: boolean;
  try {
    isHeld = file.tryLockSync(true);
  } catch {
    // Some network file systems have no locks, and sweeping there must work.
    isHeld = true;
  }
  if (!isHeld) {
    file.close();
    throw new Error(
      `Cannot sweep in ${outDir}: another sweep does: wait for it or choose another out_dir`,
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}

/**
 * TensorBoard event files: scalars only, the few protobuf fields they need
 * written by hand. See tensorflow/core/util/event.proto.
 */

import { Buffer } from "node:buffer";
import { hostname } from "node:os";
import { join } from "node:path";
import { StorageError } from "../files/atomic.ts";
import type { MetricsLogger } from "./columns.ts";
import { openAppendedFile } from "./appended_file.ts";
import { formatRecord } from "./_tfrecord.ts";

/** Options of {@linkcode openTensorBoard}. */
export interface TensorBoardOptions {
  /**
   * The first `iter` that will be logged: TensorBoard then drops what older
   * files in the directory have from there on.
   */
  resumeAtIter?: number;
  /** The time in milliseconds since 1970. Default: the clock. */
  now?: () => number;
}

/** An open event file. */
export interface TensorBoard extends MetricsLogger {
  /** The file. */
  readonly path: string;
}

/**
 * Creates an event file in `directory`, which is created if need be.
 *
 * @example
 * ```ts
 * import { openTensorBoard } from "./tensorboard.ts";
 *
 * using board = openTensorBoard("/tmp/moebius-tensorboard");
 * board.log({ iter: 1, loss: 9.01 });
 * ```
 *
 * @throws {StorageError} If the file cannot be created.
 */
export function openTensorBoard(
  directory: string,
  options: TensorBoardOptions = {},
): TensorBoard {
  const { resumeAtIter, now = Date.now } = options;
  try {
    Deno.mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw new StorageError("create", directory, { cause });
  }
  const path = freePath(directory, now());
  const file = openAppendedFile(path);
  const write = (step: number, content: Uint8Array) =>
    file.append(formatRecord(formatEvent(now() / 1000, step, content)));
  write(0, text(EVENT.fileVersion, "brain.Event:2"));
  if (resumeAtIter !== undefined) {
    write(
      resumeAtIter,
      message(
        EVENT.sessionLog,
        integer(SESSION_LOG.status, SESSION_LOG.start),
      ),
    );
  }
  let iter = resumeAtIter ?? 0;
  return {
    path,
    log(row) {
      iter = row.iter ?? iter;
      const values: Uint8Array[] = [];
      for (const [name, value] of Object.entries(row)) {
        if (name === "iter") continue;
        values.push(message(
          SUMMARY.value,
          Buffer.concat([
            text(VALUE.tag, name),
            float32(VALUE.simpleValue, value),
          ]),
        ));
      }
      if (values.length === 0) return;
      write(iter, message(EVENT.summary, Buffer.concat(values)));
    },
    sync: () => file.sync(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Field numbers, as event.proto and summary.proto have them. */
const EVENT = {
  wallTime: 1,
  step: 2,
  fileVersion: 3,
  summary: 5,
  sessionLog: 7,
};
const SUMMARY = { value: 1 };
const VALUE = { tag: 1, simpleValue: 2 };
const SESSION_LOG = { status: 1, start: 1 };

/** How protobuf says that a value is a varint, 8, counted, or 4 bytes. */
const WIRE = { varint: 0, fixed64: 1, counted: 2, fixed32: 5 };

function formatEvent(
  wallTimeSeconds: number,
  step: number,
  content: Uint8Array,
): Uint8Array {
  const wallTime = new Uint8Array(8);
  new DataView(wallTime.buffer).setFloat64(0, wallTimeSeconds, true);
  return Buffer.concat([
    key(EVENT.wallTime, WIRE.fixed64),
    wallTime,
    integer(EVENT.step, step),
    content,
  ]);
}

function key(field: number, wire: number): Uint8Array {
  return new Uint8Array([field << 3 | wire]);
}

/** A whole number, left out where it is 0, as proto3 does. */
function integer(field: number, value: number): Uint8Array {
  if (value === 0) return new Uint8Array();
  return Buffer.concat([key(field, WIRE.varint), varint(value)]);
}

function float32(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return Buffer.concat([key(field, WIRE.fixed32), bytes]);
}

function text(field: number, value: string): Uint8Array {
  return message(field, new TextEncoder().encode(value));
}

function message(field: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([
    key(field, WIRE.counted),
    varint(content.length),
    content,
  ]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return new Uint8Array(bytes);
}

/** A new name in TensorBoard's form, so that it lists files in order. */
function freePath(directory: string, nowMs: number): string {
  const seconds = String(Math.floor(nowMs / 1000)).padStart(10, "0");
  const taken = new Set([...Deno.readDirSync(directory)].map((e) => e.name));
  for (let number = 0;; number++) {
    const name = `events.out.tfevents.${seconds}.${hostname()}.${Deno.pid}` +
      `.${number}`;
    if (!taken.has(name)) return join(directory, name);
  }
}

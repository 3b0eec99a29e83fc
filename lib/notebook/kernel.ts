/**
 * Integration with the Jupyter kernel that this program may run in: it makes sure that outputs arrive, the Stop
 * button works, errors are shown, and the working directory is the project's. Importing this module in a kernel
 * sets all of this up; elsewhere it has no effect.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { raiseOnInterrupt, takeInterrupt } from "../../ffi/mod.ts";
import { OutputEcho, ownConnection } from "./_echo.ts";

/** Name of the kernel, and of the folder that Jupyter finds it in. */
export const KERNEL_NAME = "moebius";

/** One output in several forms, by MIME type; the front end shows the richest one it supports. */
export type DisplayBundle = Readonly<Record<string, unknown>>;

/** Key of the method that returns an object's view when it is the last line of a cell. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Time given to outputs if it cannot be detected when the kernel has sent them. */
const FLUSH_MS = 50;
/** Maximum wait for outputs; beyond this the kernel is assumed to be broken. */
const MOST_FLUSH_MS = 5000;

/** How long a Stop waits for the next operator of a loop that awaits between operators. */
const STOP_MS = 1000;

type Jupyter = typeof Deno.jupyter;

const jupyter: Jupyter | undefined = findJupyter();

/** Whether this program runs in a Jupyter kernel. */
export function isInKernel(): boolean {
  return jupyter !== undefined;
}

function findJupyter(): Jupyter | undefined {
  try {
    return Deno.jupyter;
  } catch {
    // Outside a kernel, accessing the property throws.
    return undefined;
  }
}

/** An output of a cell whose content can be replaced, even after the cell has ended. */
export class CellOutput {
  readonly #id = crypto.randomUUID();
  #isShown = false;

  /** Replaces the shown content. Does nothing outside a kernel. */
  show(data: DisplayBundle): void {
    send(this.#isShown ? "update_display_data" : "display_data", {
      data,
      metadata: {},
      transient: { display_id: this.#id },
    });
    this.#isShown = true;
  }
}

function send(type: string, content: Record<string, unknown>): void {
  // The message is already accepted when the call returns, although its type is a promise.
  void jupyter?.broadcast(type, content);
  settleSoon();
}

/**
 * Shows an error of a promise that nobody awaits, under the cell that ran last; outside a kernel on the terminal.
 */
export function showError(what: string, error: unknown): void {
  // Includes the stack and the causes.
  const detail = error instanceof Error ? Deno.inspect(error) : String(error);
  const text = `${what}: ${detail}\n`;
  if (jupyter === undefined) console.error(text);
  else send("stream", { name: "stderr", text });
}

let echo: OutputEcho | undefined;

/** Waits until all outputs are sent; to be called before an error ends a cell. */
export async function flushOutputs(): Promise<void> {
  if (jupyter === undefined) return;
  if (await echo?.ready(MOST_FLUSH_MS)) await echo?.wait(MOST_FLUSH_MS);
  else await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
}

let isSettling = false;

/**
 * The kernel shows the error of a cell without waiting for what the cell showed before it, and clients
 * drop outputs that arrive later. So as soon as the running code awaits or fails, this thread waits until all
 * outputs are sent, which takes a millisecond or two.
 */
function settleSoon(): void {
  if (isSettling || !echo?.isReady) return;
  isSettling = true;
  queueMicrotask(() => {
    echo?.waitSync(MOST_FLUSH_MS);
    isSettling = false;
  });
}

/** Objects that the running cell has already shown. */
const shownInCell = new Set<unknown>();

/** Marks an object as shown in the running cell, so that it is not shown again as the cell's last line. */
export function markShown(object: object): void {
  if (jupyter !== undefined) shownInCell.add(object);
}

/** Called by a Stop in addition to stopping the cell's operators; each returns whether it stopped something. */
const stoppers = new Set<() => boolean>();

/** Registers a function that every Stop calls, until the result is disposed. */
export function onStop(stop: () => boolean): Disposable {
  stoppers.add(stop);
  return { [Symbol.dispose]: () => void stoppers.delete(stop) };
}

const INSTALLED = Symbol.for("moebius.kernel");

if (jupyter !== undefined && !Reflect.has(globalThis, INSTALLED)) {
  Reflect.set(globalThis, INSTALLED, true);
  // Paths then have the same meaning in a notebook as on the command line.
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  openEcho();
  flushAfterCells();
  settleAfterLines();
  listenToStop();
  showLostErrors();
}

/**
 * The kernel reports a cell as done while its outputs are still being sent, and clients then drop them or
 * show them under the next cell. The kernel waits for this function after each cell.
 */
function flushAfterCells(): void {
  const internal: unknown = Reflect.get(Deno, "internal");
  const parts: unknown = Reflect.get(Deno, internal as symbol);
  const kernel: unknown = Reflect.get(Object(parts), "jupyter");
  const original: unknown = Reflect.get(Object(kernel), "broadcastResult");
  if (typeof original !== "function") return;
  Reflect.set(Object(kernel), "broadcastResult", async (...args: unknown[]) => {
    const [, result] = args;
    if (!shownInCell.has(result)) await Reflect.apply(original, kernel, args);
    shownInCell.clear();
    await flushOutputs();
  });
}

function openEcho(): void {
  const connection = ownConnection();
  if (connection === undefined) return;
  // The mark updates an output that does not exist, so clients ignore it.
  echo = new OutputEcho(connection, (mark) => {
    const transient = { display_id: mark };
    void jupyter?.broadcast("update_display_data", {
      data: {},
      metadata: {},
      transient,
    });
  });
}

/** Makes sure that lines printed by a failing cell are sent before its error. */
function settleAfterLines(): void {
  for (
    const name of ["log", "info", "debug", "warn", "error", "table"] as const
  ) {
    const write = console[name];
    console[name] = (...args: unknown[]) => {
      Reflect.apply(write, console, args);
      settleSoon();
    };
  }
}

/** Jupyter's Stop sends SIGINT. This stops cells that await; operators stop loops of operators. */
function listenToStop(): void {
  raiseOnInterrupt();
  Deno.addSignalListener("SIGINT", () => {
    const stopped = [...stoppers].filter((stop) => stop()).length;
    if (stopped > 0) takeInterrupt();
    // A cell may be between two operators. If nothing runs, the signal must not stop the next cell.
    else setTimeout(takeInterrupt, STOP_MS);
  });
}

/** Shows errors in timers and of promises that nobody awaits, which the kernel does not report. */
function showLostErrors(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    showError("Error in background work", event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    showError("Error in background work", event.error ?? event.message);
  });
}

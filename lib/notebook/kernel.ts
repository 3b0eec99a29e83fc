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

/** One thing in several forms, by MIME type; the front end shows the richest it knows. */
export type DisplayBundle = Readonly<Record<string, unknown>>;

/** What makes an object show itself as the last line of a cell. */
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
    // Outside a kernel even asking throws.
    return undefined;
  }
}

/** An output of a cell whose content can be renewed, also after the cell has ended. */
export class CellOutput {
  readonly #id = crypto.randomUUID();
  #isShown = false;

  /** Shows something in place of what was shown before. Nothing happens outside a kernel. */
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
  // Taken over when it returns, whatever its type says.
  void jupyter?.broadcast(type, content);
  settleSoon();
}

/**
 * Shows an error that nobody awaits, under the cell that ran last; outside a kernel on the terminal.
 */
export function showError(what: string, error: unknown): void {
  // With its stack and its causes.
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

/** What the cell that runs has shown already. */
const shownInCell = new Set<unknown>();

/** Says that an object is on view in the cell that runs: as its last line it is not shown once more. */
export function markShown(object: object): void {
  if (jupyter !== undefined) shownInCell.add(object);
}

/** Called by a Stop in addition to stopping the cell's operators; each returns whether it stopped something. */
const stoppers = new Set<() => boolean>();

/** Asks to be called by every Stop, until it is disposed. */
export function onStop(stop: () => boolean): Disposable {
  stoppers.add(stop);
  return { [Symbol.dispose]: () => void stoppers.delete(stop) };
}

const INSTALLED = Symbol.for("moebius.kernel");

if (jupyter !== undefined && !Reflect.has(globalThis, INSTALLED)) {
  Reflect.set(globalThis, INSTALLED, true);
  // A path means the same in a notebook as on the command line.
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  openEcho();
  flushAfterCells();
  settleAfterLines();
  listenToStop();
  showLostErrors();
}

/**
 * The kernel calls a cell done while its outputs are still on their way, and clients then drop them or
 * show them under the next cell. It waits for this function after each cell.
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
  // A renewal of an output that nobody has: clients pass over it.
  echo = new OutputEcho(connection, (mark) => {
    const transient = { display_id: mark };
    void jupyter?.broadcast("update_display_data", {
      data: {},
      metadata: {},
      transient,
    });
  });
}

/** Lines of a cell that fails must have been sent when its error is. */
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

/** Jupyter's Stop is SIGINT. Cells that wait are reached here, loops of operators by the operators. */
function listenToStop(): void {
  raiseOnInterrupt();
  Deno.addSignalListener("SIGINT", () => {
    const stopped = [...stoppers].filter((stop) => stop()).length;
    if (stopped > 0) takeInterrupt();
    // A cell may be between two operators. If nothing runs, the signal is not for the next cell.
    else setTimeout(takeInterrupt, STOP_MS);
  });
}

/** The kernel says nothing of errors in timers and of promises that nobody awaits. */
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

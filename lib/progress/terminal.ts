/** A live line at the bottom of a terminal, and plain lines for pipes. */

import { formatBarLine, formatLastLine, formatPlainLine } from "./line.ts";
import type { ProgressRenderer } from "./state.ts";

/** Stream for output: `Deno.stderr`, `Deno.stdout`, or a similar object. */
export interface ProgressStream {
  /** Writes bytes and returns how many were taken. */
  writeSync(bytes: Uint8Array): number;
  /** Whether it is a terminal. */
  isTerminal(): boolean;
  /** Columns of the terminal. Default: determined by Deno. */
  columns?(): number;
}

/** Minimum time between two redraws of the live line. */
const REDRAW_MS = 100;

/** Time between two plain lines. */
const PLAIN_LINE_MS = 10_000;

/** Moves the cursor to the first column and clears the line. */
const CLEAR = "\r\x1b[K";

/**
 * A line that is redrawn in place, at most about ten times a second, and is as wide as the terminal. Other
 * lines appear above it.
 */
export function liveRenderer(
  stream: ProgressStream,
  options: { color: boolean },
): ProgressRenderer {
  let drawnMs = -Infinity;
  let line = "";
  return {
    draw(state) {
      if (state.nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = state.nowMs;
      // The last column stays free: a full line would wrap on some terminals.
      const columns = columnsOf(stream) - 1;
      line = formatBarLine(state, { columns, color: options.color });
      write(stream, CLEAR + line);
    },
    log(text) {
      write(stream, `${CLEAR}${text}\n${line}`);
    },
    finish(state, text = formatLastLine(state)) {
      write(stream, `${CLEAR}${text}\n`);
    },
  };
}

/** A line every ten seconds, for pipes, files and CI. */
export function plainRenderer(stream: ProgressStream): ProgressRenderer {
  let drawnMs = -Infinity;
  return {
    draw(state) {
      if (state.nowMs - drawnMs < PLAIN_LINE_MS) return;
      drawnMs = state.nowMs;
      write(stream, formatPlainLine(state) + "\n");
    },
    log: (text) => write(stream, text + "\n"),
    finish: (state, text = formatLastLine(state)) => write(stream, text + "\n"),
  };
}

/** Shows messages, but no progress. */
export function silentRenderer(stream: ProgressStream): ProgressRenderer {
  return {
    draw() {},
    log: (text) => write(stream, text + "\n"),
    finish(_state, text) {
      if (text !== undefined) write(stream, text + "\n");
    },
  };
}

/** Whether a line can be redrawn in place on this stream. */
export function canDrawOver(stream: ProgressStream): boolean {
  if (!stream.isTerminal()) return false;
  const query = { name: "env", variable: "TERM" } as const;
  const mayAsk = Deno.permissions.querySync(query).state === "granted";
  return !mayAsk || Deno.env.get("TERM") !== "dumb";
}

function columnsOf(stream: ProgressStream): number {
  if (stream.columns !== undefined) return stream.columns();
  try {
    return Deno.consoleSize().columns || 80; // Some pseudo-terminals say 0.
  } catch {
    return 80;
  }
}

/** Ignores errors, because a closed output must not stop the work. */
function write(stream: ProgressStream, text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // Nobody is there to be told.
  }
}

/** A sweep on the terminal: a table that is redrawn in place, and plain lines for pipes. */

import { displayWidth } from "../progress/line.ts";
import { formatDuration } from "../progress/mod.ts";
import { canDrawOver, type ProgressStream } from "../progress/terminal.ts";
import type { Study, Trial } from "../sweep/mod.ts";
import {
  formatValue,
  rankedTrials,
  shortKey,
  trialTable,
} from "../sweep/text.ts";

const REDRAW_MS = 200;
/** Moves the cursor up by this many lines and clears everything below. */
const clearLines = (count: number) =>
  count === 0 ? "" : `\x1b[${count}A\r\x1b[J`;

/** Size of the terminal. */
interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Shows a running study. */
export class SweepDisplay {
  readonly #stream: ProgressStream;
  readonly #isLive: boolean;
  readonly #size: () => Size;
  #study: Study | null = null;
  #drawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** State of each trial when it was last printed. */
  readonly #told: string[] = [];

  /** Draws on standard error by default. */
  constructor(
    { stream = Deno.stderr, size = terminalSize }: {
      stream?: ProgressStream;
      size?: () => Size;
    } = {},
  ) {
    this.#stream = stream;
    this.#isLive = canDrawOver(stream);
    this.#size = size;
  }

  /** Shows the new state. */
  update(study: Study): void {
    this.#study = study;
    if (!this.#isLive) return this.#tell(study);
    this.#timer ??= setTimeout(() => this.#draw(), REDRAW_MS);
  }

  /** Shows a line that stays. */
  log(text: string): void {
    this.#write(`${clearLines(this.#drawn)}${text}\n`);
    this.#drawn = 0;
    if (this.#isLive && this.#study !== null) this.#draw();
  }

  /** Draws the last state; no call follows. */
  finish(): void {
    if (this.#isLive && this.#study !== null) this.#draw();
    clearTimeout(this.#timer);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#study === null) return;
    const size = this.#size();
    const lines = liveLines(this.#study, size.rows - 2)
      .map((line) => cut(line, size.columns - 1));
    this.#write(clearLines(this.#drawn) + lines.join("\n") + "\n");
    this.#drawn = lines.length;
  }

  #tell(study: Study): void {
    for (const trial of study.trials) {
      if (this.#told[trial.number] === trial.state) continue;
      this.#told[trial.number] = trial.state;
      this.#write(`${formatTrial(study, trial)}\n`);
    }
  }

  #write(text: string): void {
    try {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) {
        bytes = bytes.subarray(this.#stream.writeSync(bytes));
      }
    } catch {
      // Standard error is closed: there is nobody to show this to.
    }
  }
}

/** A trial in one line: "trial 3: complete, val_loss 4.31, 12s; optimizer.lr 0.003". */
export function formatTrial(study: Study, trial: Trial): string {
  const { metric } = study.definition;
  const parts = [
    trial.state,
    ...(trial.value === null
      ? []
      : [`${metric.name} ${formatValue(trial.value)}`]),
    ...(trial.seconds === null ? [] : [formatDuration(trial.seconds)]),
  ];
  const parameters = Object.entries(trial.parameters)
    .map(([key, value]) => `${shortKey(key)} ${formatValue(value)}`).join(", ");
  const reason = trial.reason === null ? "" : ` (${trial.reason})`;
  return `trial ${trial.number}: ${parts.join(", ")}; ${parameters}${reason}`;
}

/** Trials as lines of aligned columns, with a head. */
export function tableOf(study: Study, trials: readonly Trial[]): string[] {
  const { head, rows } = trialTable(study, trials);
  const widths = head.map((name, i) =>
    Math.max(...[name, ...rows.map((row) => row[i] ?? "")].map(displayWidth))
  );
  return [head, ...rows].map((cells) =>
    cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()
  );
}

/** The running trials, and as many of the best trials as fit. */
function liveLines(study: Study, rows: number): string[] {
  const { name, run_cap, metric } = study.definition;
  const { counts, best } = study;
  const ended = counts.complete + counts.pruned + counts.failed;
  const head = [
    `sweep ${name}  ${ended}${run_cap === null ? "" : `/${run_cap}`} trials`,
    ...(counts.pruned > 0 ? [`${counts.pruned} pruned`] : []),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(best === null ? [] : [
      `best ${metric.name} ${formatValue(best.value)} (trial ${best.number})`,
    ]),
  ].join("  ");
  const shown = rankedTrials(study)
    .filter(({ state }) => state === "running" || state === "complete")
    .slice(0, Math.max(1, Math.min(rows - 2, 15)));
  return [head, ...tableOf(study, shown)];
}

function cut(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  let [width, text] = [0, ""];
  for (const character of line) {
    width += displayWidth(character);
    if (width > columns) break;
    text += character;
  }
  return text;
}

function terminalSize(): Size {
  try {
    const { columns, rows } = Deno.consoleSize();
    // Some pseudo-terminals say 0.
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}

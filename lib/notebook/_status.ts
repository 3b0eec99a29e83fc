/** The status above a figure of a run or a sweep: a bar and the current numbers, as HTML and as a line of text. */

import type { MetricsRow } from "../metrics/columns.ts";
import { formatCount, formatDuration } from "../progress/format.ts";
import { escapeHtml } from "./_html.ts";

/** The status of a run. */
export interface Status {
  /** Name of the run. */
  readonly name: string;
  /** Current activity: "training". */
  readonly state: string;
  /** Optimizer steps done. */
  readonly step: number;
  /** Optimizer steps in total; Infinity if the run is limited by time. */
  readonly steps: number;
  /** The newest value of each metric. */
  readonly latest: MetricsRow;
  /** Further messages; the newest last. */
  readonly messages: readonly string[];
  /** Why it failed, if it did. */
  readonly error?: string;
}

/** The status of ongoing work. */
export interface Progress
  extends Pick<Status, "name" | "state" | "messages" | "error"> {
  /** Current position: "step 3/10". */
  readonly place: string;
  /** Completed share, from 0 to 1. */
  readonly share: number;
  /** Labels and values. */
  readonly numbers: readonly (readonly [label: string, value: string])[];
}

const COLORS: Readonly<Record<string, string>> = {
  training: "#0072b2",
  running: "#0072b2",
  finished: "#009e73",
  failed: "#c0392b",
};
const OTHER_COLOR = "#888888";
const MAX_MESSAGES = 3;

/** Draws a status; its height does not change while the run goes on. */
export function renderStatus(status: Status): { html: string; text: string } {
  const { name, state, step, steps, latest, messages, error } = status;
  const isBounded = Number.isFinite(steps) && steps > 0;
  return renderProgress({
    name,
    state,
    place: Number.isFinite(steps) ? `step ${step}/${steps}` : `step ${step}`,
    share: isBounded ? step / steps : 0,
    numbers: numbersOf(latest, state),
    messages,
    ...(error === undefined ? {} : { error }),
  });
}

/** Draws a name, a bar and numbers. Only the bar is coloured; text has the page's colour, which may be light. */
export function renderProgress(progress: Progress): {
  html: string;
  text: string;
} {
  const { name, state, place, share, numbers, messages, error } = progress;
  const percent = `${Math.floor(Math.min(1, share) * 100)}%`;
  const color = COLORS[state] ?? OTHER_COLOR;
  const items = numbers.map(([label, value]) =>
    `<span style="margin-right:8px;white-space:nowrap">${
      escapeHtml(label)
    }&nbsp;<b>${escapeHtml(value)}</b></span>`
  );
  const notes = messages.slice(-MAX_MESSAGES).map((message) =>
    `<div style="opacity:0.75">${escapeHtml(message)}</div>`
  );
  const failure = error === undefined
    ? ""
    : `<pre style="border-left:4px solid ${color};padding-left:8px;white-space:pre-wrap">${
      escapeHtml(error)
    }</pre>`;
  return {
    html: `<div style="font-size:13px;font-variant-numeric:tabular-nums">` +
      `<div><b>${escapeHtml(name)}</b> ${escapeHtml(state)}, ${place}</div>` +
      `<div style="height:8px;margin:4px 0 6px;background:rgba(128,128,128,0.2);border-radius:4px">` +
      `<div style="height:8px;width:${percent};background:${color};border-radius:4px"></div></div>` +
      `<div>${items.join(" ")}</div>${notes.join("")}${failure}</div>`,
    text: [
      `${name} ${state}, ${place}`,
      ...numbers.map(([label, value]) => `${label} ${value}`),
      ...(error === undefined ? [] : [error]),
    ].join("  "),
  };
}

function numbersOf(row: MetricsRow, state: string): [string, string][] {
  const fixed = (value: number) => value.toFixed(3);
  const shown: [string, number | undefined, (value: number) => string][] = [
    ["loss", row.loss, fixed],
    ["validation", row.val_loss, fixed],
    ["learning rate", row.learning_rate, (value) => value.toExponential(2)],
    ["gradient", row.grad_norm, (value) => value.toPrecision(3)],
    ["tokens/s", row.tokens_per_second, formatCount],
    ["tokens", row.tokens, formatCount],
    ["memory", row.memory_gib, (value) => `${value.toPrecision(3)} GiB`],
    ["time", row.time, formatDuration],
    [
      "left",
      state === "training" ? row.remaining_time : undefined,
      formatDuration,
    ],
  ];
  return shown.flatMap(([label, value, format]): [string, string][] =>
    value === undefined ? [] : [[label, format(value)]]
  );
}

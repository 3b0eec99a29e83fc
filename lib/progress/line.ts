/** Formats a state as one line of text. */

import { formatBytes, formatCount, formatDuration } from "./format.ts";
import type { ProgressState } from "./state.ts";

/** Minimum and maximum width of the bar in columns, including brackets. */
const BAR_COLUMNS = { min: 12, max: 40 };

const GREEN = "\x1b[32m";
const RESET = "\x1b[0m";

/** A part of the line. Parts of the lowest rank are dropped first if there is not enough room. */
interface Part {
  text: string;
  rank: number;
}

/** All known values of the state, without a bar. */
export function formatPlainLine(state: ProgressState): string {
  return partsOf(state).map(({ text }) => text).join("  ");
}

/** The line that remains when the work is done. */
export function formatLastLine(state: ProgressState): string {
  const { remainingSeconds: _, ...rest } = state;
  const seconds = (state.nowMs - state.startedMs) / 1000;
  return `${formatPlainLine(rest)}  in ${formatDuration(seconds)}`;
}

/**
 * The state with a bar, in at most `columns` columns: the least important parts
 * are dropped if there is not enough room.
 */
export function formatBarLine(
  state: ProgressState,
  options: { columns: number; color: boolean },
): string {
  const { columns, color } = options;
  const fraction = fractionOf(state);
  const bar: Part = { text: "", rank: 3 };
  const parts = partsOf(state);
  if (fraction !== undefined) parts.splice(1, 0, bar);
  const widthOfOthers = () =>
    parts.reduce((sum, { text }) => sum + displayWidth(text) + 2, -2);
  const room = () => columns - widthOfOthers();
  const needed = () => parts.includes(bar) ? BAR_COLUMNS.min : 0;
  while (parts.length > 1 && room() < needed()) {
    const lowest = parts.reduce((a, b) => b.rank <= a.rank ? b : a);
    parts.splice(parts.indexOf(lowest), 1);
  }
  const barColumns = Math.min(BAR_COLUMNS.max, room());
  return parts.map((part) =>
    part === bar
      ? formatBar(fraction ?? 0, barColumns, color)
      : cutToWidth(part.text, columns)
  ).join("  ");
}

/** Upper bound of the terminal columns of a text; wide characters count double. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function cutToWidth(text: string, columns: number): string {
  let width = 0;
  let cut = "";
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) return cut;
    cut += character;
  }
  return cut;
}

/** Assumes two columns for characters beyond ASCII: a line that is too short does no harm. */
function widthOf(character: string): number {
  return character < "\x7f" ? 1 : 2;
}

function formatBar(fraction: number, columns: number, color: boolean): string {
  const inside = columns - 2;
  const filled = Math.floor(fraction * inside);
  const head = filled < inside && filled > 0 ? ">" : "";
  const done = "=".repeat(filled - head.length) + head;
  const left = " ".repeat(inside - filled);
  return color ? `[${GREEN}${done}${RESET}${left}]` : `[${done}${left}]`;
}

function fractionOf({ done, total }: ProgressState): number | undefined {
  if (total === undefined || !(total > 0)) return undefined;
  return Math.min(Math.max(done / total, 0), 1);
}

function partsOf(state: ProgressState): Part[] {
  const parts: Part[] = [{ text: oneLine(state.label), rank: 10 }];
  const add = (rank: number, text: string) => parts.push({ text, rank });
  const { total, loss, valLoss, learningRate, mfu, memoryBytes } = state;
  const count = (units: number) => formatUnits(units, state.unit);
  const fraction = fractionOf(state);

  add(9, count(state.done) + (total === undefined ? "" : `/${count(total)}`));
  if (fraction !== undefined) add(4, `${Math.floor(fraction * 100)}%`);
  if (loss !== undefined) add(8, `loss ${loss.toFixed(3)}`);
  if (valLoss !== undefined) add(6, `val ${valLoss.toFixed(3)}`);
  if (learningRate !== undefined) add(2, `lr ${learningRate.toExponential(2)}`);
  const speed = formatSpeed(state);
  if (speed !== undefined) add(5, speed);
  if (mfu !== undefined) add(1, `mfu ${(mfu * 100).toFixed(1)}%`);
  if (memoryBytes !== undefined) add(0, formatBytes(memoryBytes));
  if (state.remainingSeconds !== undefined) {
    add(7, `ETA ${formatDuration(state.remainingSeconds)}`);
  }
  if (state.note !== undefined) add(0, oneLine(state.note));
  return parts;
}

function formatSpeed(state: ProgressState): string | undefined {
  const { tokensPerSecond, unitsPerSecond, unit } = state;
  if (tokensPerSecond !== undefined) {
    return `${formatCount(tokensPerSecond)} tok/s`;
  }
  if (unitsPerSecond === undefined) return undefined;
  if (unit === "byte") return `${formatBytes(unitsPerSecond)}/s`;
  if (unit === "token") return `${formatCount(unitsPerSecond)} tok/s`;
  if (unitsPerSecond < 1) {
    return `${formatDuration(1 / unitsPerSecond)}/${unit}`;
  }
  const rate = unitsPerSecond < 100
    ? unitsPerSecond.toFixed(1) // Always with a digit: "4" would flicker.
    : formatCount(unitsPerSecond);
  return `${rate} ${unit}/s`;
}

function formatUnits(units: number, unit: string): string {
  if (unit === "byte") return formatBytes(units);
  return unit === "token" ? formatCount(units) : String(units);
}

/** Replaces control characters, which would move the cursor away from the line. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** Formats numbers for display. */

/** Shown for an unknown number. */
const UNKNOWN = "?";

/**
 * A time span in its two largest units: "0.4s", "12s", "1m23s", "1h02m",
 * "3d04h".
 */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return UNKNOWN;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return twoUnits(whole, 60, "m", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "m");
  return twoUnits(Math.round(seconds / 3600), 24, "d", "h");
}

/** A count with three digits at most: "950", "1.2k", "172k", "3.0T". */
export function formatCount(count: number): string {
  return withPrefix(count, 1000, ["", "k", "M", "G", "T"]);
}

/** A size with three digits at most: "17 B", "1.5 KiB", "549 MiB". */
export function formatBytes(bytes: number): string {
  return withPrefix(bytes, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);
}

function twoUnits(
  value: number,
  ratio: number,
  large: string,
  small: string,
): string {
  const rest = String(value % ratio).padStart(2, "0");
  return `${Math.floor(value / ratio)}${large}${rest}${small}`;
}

function withPrefix(
  value: number,
  base: number,
  suffixes: readonly string[],
): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  let scaled = value;
  let text = Number.isInteger(value) ? String(value) : value.toFixed(1);
  for (const [i, suffix] of suffixes.entries()) {
    // Decided by the rounded text, so that 999,960 is "1.0M", not "1000k".
    const isLast = i === suffixes.length - 1;
    if (isLast || Math.abs(Number(text)) < Math.min(base, 1000)) {
      return text + suffix;
    }
    scaled /= base;
    text = scaled.toFixed(Math.abs(scaled) < 99.95 ? 1 : 0);
  }
  return text;
}

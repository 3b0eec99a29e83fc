import { strict as assert } from "node:assert";
import {
  formatBytes,
  formatCount,
  formatDuration,
} from "../../lib/progress/format.ts";

function shows<T>(format: (value: T) => string, cases: [T, string][]): void {
  for (const [value, text] of cases) assert.equal(format(value), text);
}

Deno.test("formatDuration() shows the two largest units", () => {
  shows(formatDuration, [
    [0, "0.0s"],
    [0.42, "0.4s"],
    [9.94, "9.9s"],
    [9.96, "10s"],
    [59.4, "59s"],
    [59.6, "1m00s"],
    [83, "1m23s"],
    [3599.4, "59m59s"],
    [3599.6, "1h00m"],
    [3725, "1h02m"],
    [86399, "1d00h"],
    [90_000, "1d01h"],
    [3_000_000, "34d17h"],
    [NaN, "?"],
    [Infinity, "?"],
    [-1, "?"],
  ]);
});

Deno.test("formatCount() shows three digits at most", () => {
  shows(formatCount, [
    [0, "0"],
    [950, "950"],
    [3.27, "3.3"],
    [1000, "1.0k"],
    [1234, "1.2k"],
    [99_940, "99.9k"],
    [99_960, "100k"],
    [171_900, "172k"],
    [999_499, "999k"],
    [999_960, "1.0M"],
    [549_146_880, "549M"],
    [3e12, "3.0T"],
    [3e15, "3000T"],
    [NaN, "?"],
  ]);
});

Deno.test("formatBytes() counts in 1024s", () => {
  shows(formatBytes, [
    [0, "0 B"],
    [17, "17 B"],
    [999, "999 B"],
    [1000, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [100 * 1024 * 1024, "100 MiB"],
    [6.59e9, "6.1 GiB"],
    [Infinity, "?"],
  ]);
});

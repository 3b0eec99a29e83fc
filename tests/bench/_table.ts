/**
 * The benchmark's table.
 *
 * @module
 */

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly precision: string;
  /** Micro-batch, and how many make a step. */
  readonly batch: string;
  readonly tokensPerSecond: number;
  readonly teraflops?: number;
  /** Tokens a second over those of the limit. */
  readonly ofLimit?: number;
  readonly peakGib?: number;
  readonly firstStepSeconds?: number;
}

/** A micro-batch of B, A of which make a step, as text. */
export function batchName(B: number, A: number): string {
  return A === 1 ? `${B}` : `${A} x ${B}`;
}

/** Prints the names of the columns. */
export function printHeader(): void {
  console.log(
    "                               precision   batch    tokens/s  TFLOP/s  of limit  peak GiB  first step",
  );
}

/** Prints a line. */
export function printRow(row: Row): void {
  const cells = [
    row.name.padEnd(30),
    row.precision.padEnd(11),
    row.batch.padEnd(7),
    Math.round(row.tokensPerSecond).toLocaleString("en-US").padStart(9),
    (row.teraflops === undefined ? "" : row.teraflops.toFixed(0)).padStart(8),
    (row.ofLimit === undefined ? "" : `${Math.round(row.ofLimit * 100)}%`)
      .padStart(9),
    (row.peakGib === undefined ? "" : row.peakGib.toFixed(2)).padStart(9),
    (row.firstStepSeconds === undefined
      ? ""
      : `${row.firstStepSeconds.toFixed(1)} s`)
      .padStart(11),
  ];
  console.log(cells.join(" ").trimEnd());
}

/**
 * The benchmark's table.
 *
 * @module
 */

/** Measurements of one way to train. */
export interface Row {
  readonly name: string;
  readonly precision: string;
  /** Sequences computed at once. */
  readonly microBatchSize: number;
  /** Micro-batches that make a step. */
  readonly accumulationIters: number;
  /** Tokens of a sequence. */
  readonly sequenceLength: number;
  readonly tokensPerSecond: number;
  readonly teraflops: number;
  /** Tokens a second over those of the limit. */
  readonly ofLimit?: number;
  /** Calculated memory of weights, gradients and optimizer. */
  readonly stateGib?: number;
  readonly peakGib?: number;
  /** From the start of the process. */
  readonly firstStepSeconds?: number;
}

/** A column: its title, padded to the width of its cells. */
interface Column {
  readonly title: string;
  readonly text: (row: Row) => string | undefined;
}

/** Batches as text: "8", or "16 x 1" where 16 of one sequence make a step. */
export function batchName(
  { microBatchSize: B, accumulationIters: A }: Pick<
    Row,
    "microBatchSize" | "accumulationIters"
  >,
): string {
  return A === 1 ? `${B}` : `${A} x ${B}`;
}

const COLUMNS = {
  name: {
    title: "".padEnd(31),
    text: ({ name }) => name,
  },
  precision: {
    title: "precision ",
    text: ({ precision }) => precision,
  },
  length: {
    title: "length",
    text: ({ sequenceLength }) => `${sequenceLength}`,
  },
  batch: {
    title: "batch ",
    text: batchName,
  },
  tokens: {
    title: " tokens/s",
    text: ({ tokensPerSecond }) =>
      Math.round(tokensPerSecond).toLocaleString("en-US"),
  },
  teraflops: {
    title: "TFLOP/s",
    text: ({ teraflops }) => teraflops.toPrecision(3),
  },
  ofLimit: {
    title: "of limit",
    text: ({ ofLimit }) =>
      ofLimit === undefined ? ofLimit : `${Math.round(ofLimit * 100)}%`,
  },
  state: {
    title: "state GiB",
    text: ({ stateGib }) => stateGib?.toFixed(1),
  },
  peak: {
    title: "peak GiB",
    text: ({ peakGib }) => peakGib?.toFixed(2),
  },
  firstStep: {
    title: "first step",
    text: ({ firstStepSeconds }) =>
      firstStepSeconds === undefined
        ? firstStepSeconds
        : `${firstStepSeconds.toFixed(1)} s`,
  },
} satisfies Record<string, Column>;

/** Prints rows as they arrive, in the given columns. */
export class Table {
  readonly #columns: readonly Column[];

  /** Prints the titles. */
  constructor(columns: readonly (keyof typeof COLUMNS)[]) {
    this.#columns = columns.map((name) => COLUMNS[name]);
    this.#print(this.#columns.map(({ title }) => title));
  }

  /** Prints a line. */
  add(row: Row): void {
    this.#print(this.#columns.map(({ text }) => text(row) ?? ""));
  }

  #print(cells: readonly string[]): void {
    const padded = cells.map((cell, i) => {
      const { title } = this.#columns[i]!;
      // Words to the left, numbers to the right.
      return title.endsWith(" ") || title === ""
        ? cell.padEnd(title.length)
        : cell.padStart(title.length);
    });
    console.log(padded.join("  ").trimEnd());
  }
}

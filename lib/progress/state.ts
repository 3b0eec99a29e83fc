/** The state of some work, which renderers draw. */

/** Changes of the state; omitted values stay as they were. */
export interface ProgressUpdate {
  /** Units done. */
  done?: number;
  /** Total number of units, once known. */
  total?: number;
  /** Training loss, in nats a token. */
  loss?: number;
  /** Validation loss, in nats a token. */
  valLoss?: number;
  /** Learning rate. */
  learningRate?: number;
  /** Tokens a second. */
  tokensPerSecond?: number;
  /** Model FLOPs utilisation: used share of the device's peak FLOP/s, from 0 to 1. */
  mfu?: number;
  /** Peak memory of the device, in bytes. */
  memoryBytes?: number;
  /** Seconds left. Default: estimated from `done` and `total`. */
  remainingSeconds?: number;
  /** A short note about the current work, such as a file's name. */
  note?: string;
}

/** The state of some work at one moment. */
export interface ProgressState extends ProgressUpdate {
  /** Name of the work: "train", "download"... */
  label: string;
  /** The unit that is counted: "step", "file"...; "byte" and "token" are abbreviated. */
  unit: string;
  /** Units done. */
  done: number;
  /** Units per second, smoothed, once measured. */
  unitsPerSecond?: number;
  /** Start of the work, in milliseconds of some clock. */
  startedMs: number;
  /** Time of this state, in milliseconds of the same clock. */
  nowMs: number;
}

/** Draws states. */
export interface ProgressRenderer {
  /** Receives every new state; may skip drawing it. */
  draw(state: ProgressState): void;
  /** Shows a line of text that stays. */
  log(text: string, state: ProgressState): void;
  /** Shows the last state, or `text` instead. No call follows. */
  finish(state: ProgressState, text?: string): void;
}

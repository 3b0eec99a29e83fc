/** What is known about a piece of work: what renderers draw. */

/** What can be told about the work; the rest stays as it was. */
export interface ProgressUpdate {
  /** Units done. */
  done?: number;
  /** Units in all, once that is known. */
  total?: number;
  /** Training loss, in nats a token. */
  loss?: number;
  /** Validation loss, in nats a token. */
  valLoss?: number;
  /** Learning rate. */
  learningRate?: number;
  /** Tokens a second. */
  tokensPerSecond?: number;
  /** Part of the device's peak FLOP/s that is used, from 0 to 1. */
  mfu?: number;
  /** Peak memory of the device, in bytes. */
  memoryBytes?: number;
  /** Seconds left. Default: estimated from `done` and `total`. */
  remainingSeconds?: number;
  /** A word about what is being done, such as a file's name. */
  note?: string;
}

/** A piece of work at one moment. */
export interface ProgressState extends ProgressUpdate {
  /** What is being done: "train", "download"... */
  label: string;
  /** What is counted: "step", "file"...; "byte" and "token" are shown short. */
  unit: string;
  /** Units done. */
  done: number;
  /** Units a second, smoothed, once there is something to tell. */
  unitsPerSecond?: number;
  /** When the work began, in milliseconds of some clock. */
  startedMs: number;
  /** When this was so, in milliseconds of the same clock. */
  nowMs: number;
}

/** Draws a piece of work somewhere. */
export interface ProgressRenderer {
  /** Takes the newest state, as often as it changes; may skip it. */
  draw(state: ProgressState): void;
  /** Shows a line of text that stays. */
  log(text: string, state: ProgressState): void;
  /** Shows the last state, or `text` in its place. Nothing follows. */
  finish(state: ProgressState, text?: string): void;
}

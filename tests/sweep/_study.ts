/** Small sweeps for tests. */

import { join } from "node:path";
import {
  openStudy,
  type Study,
  sweep,
  type SweepInput,
  type SweepOptions,
  type TrialProgram,
} from "../../lib/sweep/mod.ts";

/** Trials of `_trial.ts`. */
export const FAKE_PROGRAM: TrialProgram = [
  Deno.execPath(),
  "run",
  "-A",
  "--no-check",
  new URL("_trial.ts", import.meta.url).pathname,
];

/** A folder for studies. */
export interface Workspace extends AsyncDisposable {
  readonly outDir: string;
  /** A sweep of eight steps a trial that ends in the folder. */
  input(overrides?: Partial<SweepInput>): SweepInput;
  /** Runs it. */
  run(
    overrides?: Partial<SweepInput>,
    options?: SweepOptions,
  ): Promise<Study>;
  /** The study as it is on disk. */
  open(): Study;
  /** How often a trial was started. */
  startsOf(trial: number): number;
}

/** Makes a folder for a study. */
export async function workspace(): Promise<Workspace> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-sweep-" });
  const outDir = join(dir, "study");
  const input = (overrides: Partial<SweepInput> = {}): SweepInput => ({
    name: "test",
    method: "grid",
    parameters: { "optimizer.lr": { values: [1e-1, 1e-2, 1e-3] } },
    config: {
      overrides: { train: { max_steps: 8, min_lr: 0, lr_warmup_steps: 0 } },
    },
    out_dir: outDir,
    devices: "cpu",
    ...overrides,
  });
  return {
    outDir,
    input,
    run: (overrides, options) =>
      sweep(input(overrides), {
        program: FAKE_PROGRAM,
        pollMs: 20,
        ...options,
      }),
    open: () => openStudy(outDir),
    startsOf: (trial) => {
      const name = String(trial).padStart(4, "0");
      const path = join(outDir, "trials", name, "starts.txt");
      return Deno.readTextFileSync(path).trim().split("\n").length;
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** The states of a study's trials, in order. */
export function statesOf(study: Study): string[] {
  return study.trials.map(({ state }) => state);
}

/** Waits for something to become true. */
export async function until(
  condition: () => boolean,
  what: string,
): Promise<void> {
  const untilMs = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`Waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

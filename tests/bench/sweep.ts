/**
 * `deno run -A tests/bench/sweep.ts`: the minima that random search and TPE find on known functions with the
 * same budget, compared with Optuna's if Python has it.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { suggest, type SweepMethod } from "../../lib/sweep/sampler.ts";
import type { TrialParameters } from "../../lib/sweep/space.ts";
import type { Observation, TpeOptions } from "../../lib/sweep/tpe.ts";
import { TEST_FUNCTIONS, type TestFunction } from "../sweep/_functions.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "100" },
    seeds: { type: "string", default: "30" },
    python: { type: "string", default: "python3" },
  },
});
const trials = Number(values.trials);
const seeds = Number(values.seeds);

/** The lowest value of each seed, by name of the sampler. */
type Lowest = Record<string, number[]>;

/** Searches a function; returns the lowest value it met. */
export function search(
  { space, evaluate }: TestFunction,
  method: SweepMethod,
  options: { trials: number; seed: number; tpe?: TpeOptions },
): number {
  const observations: Observation[] = [];
  for (let number = 0; number < options.trials; number++) {
    const parameters: TrialParameters =
      suggest({ ...options, method, space, number, observations }) ?? {};
    const loss = evaluate(parameters);
    observations.push({ parameters, loss, state: "complete", iterations: 1 });
  }
  return Math.min(...observations.map(({ loss }) => loss ?? Infinity));
}

if (import.meta.main) {
  const optuna = await searchWithOptuna();
  console.log(
    `Lowest value after ${trials} trials, median of ${seeds} seeds (quartiles)\n`,
  );
  const names = ["random", "TPE", "TPE multivariate", ...Object.keys(optuna)];
  console.log(`| function | ${names.join(" | ")} |`);
  console.log(`| --- |${" --- |".repeat(names.length)}`);
  const won: Record<string, string> = {};
  for (const [name, tested] of Object.entries(TEST_FUNCTIONS)) {
    const lowest: Lowest = {
      random: searchAll(tested, "random"),
      "TPE": searchAll(tested, "bayes"),
      "TPE multivariate": searchAll(tested, "bayes", { multivariate: true }),
    };
    for (const [peer, results] of Object.entries(optuna)) {
      lowest[peer] = results[name] ?? [];
    }
    const cells = names.map((each) => quartiles(lowest[each] ?? []));
    console.log(`| ${name} | ${cells.join(" | ")} |`);
    won[name] = names.filter((each) => each !== "TPE").map((other) =>
      `${other} ${wins(lowest["TPE"] ?? [], lowest[other] ?? [])}`
    ).join(", ");
  }
  console.log(`\nHow many of ${seeds} seeds TPE ends lower than`);
  for (const [name, text] of Object.entries(won)) {
    console.log(`${name}: ${text}`);
  }
}

function searchAll(
  tested: TestFunction,
  method: SweepMethod,
  tpe?: TpeOptions,
): number[] {
  return Array.from(
    { length: seeds },
    (_, seed) =>
      search(tested, method, { trials, seed, ...(tpe ? { tpe } : {}) }),
  );
}

/** Name of a sampler of Optuna's to name of a function to its lowest values; empty without Optuna. */
async function searchWithOptuna(): Promise<Record<string, Lowest>> {
  const script = new URL("peer_optuna.py", import.meta.url).pathname;
  try {
    const { success, stdout } = await new Deno.Command(values.python, {
      args: [script, String(trials), String(seeds)],
      stderr: "inherit",
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log(`${values.python} has no optuna: it is left out\n`);
  return {};
}

function quartiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number) => {
    const place = (sorted.length - 1) * part;
    const below = sorted[Math.floor(place)] ?? NaN;
    const above = sorted[Math.ceil(place)] ?? NaN;
    return (below + (above - below) * (place % 1)).toPrecision(3);
  };
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`;
}

function wins(a: readonly number[], b: readonly number[]): number {
  return a.filter((value, i) => value < (b[i] ?? -Infinity)).length;
}

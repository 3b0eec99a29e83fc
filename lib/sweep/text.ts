/**
 * Parameters and trials in few characters.
 *
 * @module
 */

import { formatDuration } from "../progress/format.ts";
import type { ParameterValue, TrialParameters } from "./space.ts";
import type { Study, Trial, TrialState } from "./study.ts";

/** "optimizer.init_args.lr 0.001, train.max_norm 1". */
export function describeParameters(parameters: TrialParameters): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${key} ${formatValue(value)}`).join(", ");
}

/** A value; numbers with four digits. */
export function formatValue(value: ParameterValue): string {
  if (typeof value !== "number") {
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(4)));
}

/** "optimizer.init_args.lr" is "optimizer.lr" to people, "model_config.n_expert" is "n_expert". */
export function shortKey(key: string): string {
  return key.replace(".init_args.", ".").replace(/^model_config\./, "");
}

/** Trials as the cells of a table; a star is at the best. */
export function trialTable(
  { definition, best }: Study,
  trials: readonly Trial[],
): { head: string[]; rows: string[][] } {
  const keys = definition.space.map(({ key }) => key);
  return {
    head: [
      "trial",
      "state",
      definition.metric.name,
      "step",
      ...keys.map(shortKey),
      "time",
      "",
    ],
    rows: trials.map((trial) => [
      `${trial.number}${trial.number === best?.number ? "*" : ""}`,
      trial.state,
      trial.value === null ? "" : formatValue(trial.value),
      String(trial.curve.at(-1)?.step ?? ""),
      ...keys.map((key) => formatValue(trial.parameters[key] ?? null)),
      trial.seconds === null ? "" : formatDuration(trial.seconds),
      trial.reason ?? "",
    ]),
  };
}

/** The trials from the one to look at first: those that run, then the best, then those that did not end. */
export function rankedTrials(study: Study): Trial[] {
  const places: readonly TrialState[] = [
    "running",
    "complete",
    "pruned",
    "failed",
  ];
  const loss = ({ value }: Trial) =>
    value === null ? Infinity : study.lossOf(value);
  return study.trials.toSorted((a, b) =>
    places.indexOf(a.state) - places.indexOf(b.state) ||
    // Where both have none, their difference would be NaN.
    (loss(a) === loss(b) ? a.number - b.number : loss(a) - loss(b))
  );
}

/** How many trials ended how: "5 complete, 1 pruned". */
export function describeCounts({ counts }: Pick<Study, "counts">): string {
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`).join(", ");
}

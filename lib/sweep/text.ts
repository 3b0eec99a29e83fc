/**
 * Short texts for parameters and trials.
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

/** Formats a value; numbers with four digits. */
export function formatValue(value: ParameterValue): string {
  if (typeof value !== "number") {
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(4)));
}

/** Shortens keys for display: "optimizer.init_args.lr" to "optimizer.lr"; drops "model_config.". */
export function shortKey(key: string): string {
  return key.replace(".init_args.", ".").replace(/^model_config\./, "");
}

/** Trials as the cells of a table; a star marks the best. */
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

/** The trials in the order of interest: running ones, then the best, then those that were not completed. */
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
    // If neither has a loss, both are infinite, and their difference would be NaN.
    (loss(a) === loss(b) ? a.number - b.number : loss(a) - loss(b))
  );
}

/** Number of trials in each state: "5 complete, 1 pruned". */
export function describeCounts({ counts }: Pick<Study, "counts">): string {
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`).join(", ");
}

/** The view of a run: its figure and status. */

import type { MetricsRow } from "../metrics/columns.ts";
import { trainingFigure } from "../plots/training.ts";
import type { View } from "./page.ts";
import { renderStatus, type Status } from "./_status.ts";

/** The state of a run at one moment. */
export interface RunSnapshot extends Omit<Status, "latest"> {
  /** All rows of metrics so far. */
  readonly rows: readonly MetricsRow[];
}

/** The figure and status of a run. */
export function viewOfRun(snapshot: RunSnapshot): View {
  const { name, rows } = snapshot;
  return {
    figure: trainingFigure([{ name, rows }]),
    status: statusOf(snapshot),
  };
}

/** The status of a run. */
export function statusOf({ rows, ...rest }: RunSnapshot): View["status"] {
  const latest: MetricsRow = {};
  // Validation has its own rows, so the newest value of each metric may be a few rows back.
  const validation = rows.findLast(({ val_loss }) => val_loss !== undefined);
  const step = rows.findLast(({ loss }) => loss !== undefined);
  Object.assign(latest, validation, step);
  if (validation?.val_loss !== undefined) latest.val_loss = validation.val_loss;
  return renderStatus({ ...rest, latest });
}

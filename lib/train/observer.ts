/**
 * Callbacks of a run.
 *
 * @module
 */

import type { Evaluation } from "../evaluate/loss.ts";
import type { MetricsRow } from "../metrics/mod.ts";
import type { ExpertLoad } from "../model/router_statistics.ts";

/** Callbacks for the events of a run. */
export interface TrainObserver {
  /** A row of metrics was written. */
  onMetrics?(row: MetricsRow): void;
  /** Expert load since the last row of metrics. */
  onExpertLoad?(load: ExpertLoad, step: number): void;
  /** Called between two steps; training continues when the promise is fulfilled. */
  betweenSteps?(): Promise<void> | void;
  /** The model was validated. */
  onValidation?(evaluation: Evaluation, step: number): void;
  /** A checkpoint is safely on disk. */
  onCheckpoint?(path: string, step: number): void;
  /** A message for the user. */
  onMessage?(text: string): void;
}

/**
 * What a run tells while it goes on.
 *
 * @module
 */

import type { Evaluation } from "../evaluate/loss.ts";
import type { MetricsRow } from "../metrics/mod.ts";
import type { ExpertLoad } from "../model/router_statistics.ts";

/** What a run tells while it goes on. */
export interface TrainObserver {
  /** A row of metrics was written. */
  onMetrics?(row: MetricsRow): void;
  /** What the experts did since the last row of metrics. */
  onExpertLoad?(load: ExpertLoad, step: number): void;
  /** Between two steps; training goes on when the promise is fulfilled. */
  betweenSteps?(): Promise<void> | void;
  /** The model was validated. */
  onValidation?(evaluation: Evaluation, step: number): void;
  /** A checkpoint is safely on disk. */
  onCheckpoint?(path: string, step: number): void;
  /** Something the user should know. */
  onMessage?(text: string): void;
}

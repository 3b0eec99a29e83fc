/** The view of a study: a table of its trials, and its figures as panels of one figure. */

import type { Figure } from "../plots/figure.ts";
import { type Panel, panelsFigure } from "../plots/panels.ts";
import { type Study, studyFigures } from "../sweep/mod.ts";
import {
  describeCounts,
  formatValue,
  rankedTrials,
  trialTable,
} from "../sweep/text.ts";
import { htmlTable, textTable } from "./_html.ts";
import type { View } from "./page.ts";
import { renderProgress } from "./_status.ts";

/** The status of a running sweep. */
export interface SweepStatus {
  /** Current activity: "running". */
  readonly state: string;
  /** Further messages; the newest last. */
  readonly messages: readonly string[];
  /** Why it failed, if it did. */
  readonly error?: string;
}

/** Rows of the table that are visible without scrolling. */
const ROWS = 8;
const ROW_PX = 28;

const PANELS: Readonly<Record<string, Omit<Panel, "figure">>> = {
  curves: { title: "Learning curves", x: [0, 0.26], y: [0.73, 1] },
  history: { title: "Trials", x: [0.36, 0.62], y: [0.73, 1], showLegend: true },
  // Leaves room for the names of the parameters to the left of the bars.
  importance: { title: "Importance", x: [0.83, 1], y: [0.73, 1] },
  parallel: {
    title: "Parallel coordinates (dark is good)",
    x: [0, 1],
    y: [0.36, 0.6],
  },
  slices: {
    title: "Slices (the later a trial, the darker)",
    x: [0, 1],
    y: [0, 0.23],
  },
};

/** The figures, the table and, for a sweep running here, its status. */
export function viewOfStudy(study: Study, status?: SweepStatus): View {
  const { name, run_cap, metric } = study.definition;
  const { best, counts, trials } = study;
  const ended = trials.length - counts.running;
  const head = renderProgress({
    name,
    state: status?.state ?? `study in ${study.outDir}`,
    place: `${ended}${run_cap === null ? "" : `/${run_cap}`} trials`,
    share: run_cap === null ? 0 : ended / run_cap,
    numbers: [
      ["trials", describeCounts(study) || "none yet"],
      ...(best === null ? [] : [
        [`best ${metric.name}`, formatValue(best.value)] as const,
        ["by trial", String(best.number)] as const,
      ]),
    ],
    messages: status?.messages ?? [],
    ...(status?.error === undefined ? {} : { error: status.error }),
  });
  const table = trialTable(study, rankedTrials(study));
  const height = ROW_PX * (1 + Math.min(run_cap ?? ROWS, ROWS));
  return {
    figure: studyFigure(study),
    status: {
      html:
        `${head.html}<div style="height:${height}px;margin:6px 0;overflow:auto">` +
        `${htmlTable(table.head, table.rows)}</div>`,
      text: `${head.text}\n${textTable(table.head, table.rows)}`,
    },
  };
}

function studyFigure(study: Study): Figure {
  // The figures are plain JSON, but the type in lib/sweep does not express this.
  const figures = studyFigures(study) as Record<string, Figure>;
  const panels = Object.entries(PANELS).flatMap(([name, panel]): Panel[] => {
    const figure = figures[name];
    if (figure === undefined) return [];
    const isEmpty = figure.data.every(({ x }) => String(x) === "");
    return name === "importance" && isEmpty
      ? [{ ...panel, figure, title: "Importance: too few trials" }]
      : [{ ...panel, figure }];
  });
  return panelsFigure(panels, {
    height: 760,
    margin: { l: 64, r: 24, t: 76, b: 52 },
    // Above the panel of trials.
    legend: { orientation: "h", x: 0.36, y: 1.05, yanchor: "bottom" },
  });
}

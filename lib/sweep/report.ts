/**
 * A study as one HTML file that opens anywhere, without a network.
 *
 * @module
 */

import { join } from "node:path";
import { writeFileAtomic } from "../files/atomic.ts";
import { runConfigToYaml } from "../config/mod.ts";
import { PLOT_CONFIG } from "../plots/figure.ts";
import {
  describeCounts,
  describeParameters,
  formatValue,
  trialTable,
} from "./text.ts";
import { studyFigures, type SweepFigure } from "./figures.ts";
import type { Study, Trial } from "./study.ts";

/** Name of the report in a study's folder. */
export const REPORT_FILE = "report.html";
/** Name of the best configuration in a study's folder. */
export const BEST_CONFIG_FILE = "best.yaml";

/** Content security policy: the page must not make network requests. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

const STYLE = `
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ddd; vertical-align: top; white-space: nowrap; }
tr.best { background: #f1e9f8; }
.pruned { color: #b36b00; } .failed { color: #b3261e; } .running { color: #1b7a1b; }
pre { background: #f6f6f6; padding: 1rem; overflow: auto; max-height: 24rem; }
.figure { height: 26rem; }
.table { overflow: auto; }`;

const SCRIPT = `
const figures = JSON.parse(document.getElementById("figures").textContent);
for (const [name, { data, layout }] of Object.entries(figures)) {
  const look = { template: "none", margin: { t: 50, r: 30 }, font: { size: 12 }, ...layout };
  Plotly.newPlot(name, data, look, ${JSON.stringify(PLOT_CONFIG)});
}`;

/**
 * Writes report.html, and best.yaml if a trial ran to its end, into the study's folder.
 *
 * @returns The path of the report.
 */
export async function writeReport(study: Study): Promise<string> {
  const path = join(study.outDir, REPORT_FILE);
  if (study.best !== null) {
    await writeFileAtomic(
      join(study.outDir, BEST_CONFIG_FILE),
      runConfigToYaml(study.bestConfig()),
    );
  }
  const { plotlyScript } = await import("../plots/plotly.ts");
  await writeFileAtomic(path, reportHtml(study, plotlyScript));
  return path;
}

/**
 * The report of a study.
 *
 * @param study The study.
 * @param plotly The text of Plotly's script.
 */
export function reportHtml(study: Study, plotly: string): string {
  const { name, metric, method } = study.definition;
  const { best } = study;
  const figures = studyFigures(study);
  const yaml = best === null ? "" : runConfigToYaml(study.bestConfig());
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Sweep ${escape(name)}</title>
<style>${STYLE}
</style>
<script>${plotly.replaceAll("</script", "<\\/script")}</script>
</head>
<body>
<h1>Sweep ${escape(name)}</h1>
<p>Method ${method}, to ${metric.goal} ${
    escape(metric.name)
  }. ${study.trials.length} trials: ${describeCounts(study)}.</p>
${bestText(study, best)}
${
    Object.keys(figures).map((id) => `<div class="figure" id="${id}"></div>`)
      .join("\n")
  }
<h2>Trials</h2>
<div class="table">${trialsHtml(study)}</div>
${yaml === "" ? "" : `<h2>Best configuration</h2>\n<pre>${escape(yaml)}</pre>`}
<script type="application/json" id="figures">${figuresJson(figures)}</script>
<script>${SCRIPT}
</script>
</body>
</html>
`;
}

function bestText(study: Study, best: Trial | null): string {
  if (best === null) return "<p>No trial ran to its end yet.</p>";
  return `<p><b>Best: trial ${best.number}</b>, ${
    escape(study.definition.metric.name)
  } ${formatValue(best.value)}: ${
    escape(describeParameters(best.parameters))
  }.</p>`;
}

function trialsHtml(study: Study): string {
  const { head, rows } = trialTable(study, study.trials);
  const line = (cells: readonly string[], tag: "td" | "th") =>
    cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("");
  const body = study.trials.map(({ number, state }, i) => {
    const mark = number === study.best?.number ? " best" : "";
    return `<tr class="${state}${mark}">${line(rows[i] ?? [], "td")}</tr>`;
  });
  return `<table><thead><tr>${line(head, "th")}</tr></thead><tbody>\n${
    body.join("\n")
  }\n</tbody></table>`;
}

/** In a page, "<" could end the script that the text stands in. */
function figuresJson(figures: Readonly<Record<string, SweepFigure>>): string {
  return JSON.stringify(figures).replaceAll("<", "\\u003c");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

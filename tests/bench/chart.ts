/**
 * The benchmark as a picture: tokens per second of each way to train, by batch size. Drawn from the file
 * that `deno task bench --save PATH` wrote; it can be drawn again with
 *
 *     deno run -A tests/bench/chart.ts PATH
 *
 * @module
 */

import {
  axis,
  baseLayout,
  type Figure,
  type Layout,
  panelTitle,
  type Trace,
  xTitle,
} from "../../lib/plots/figure.ts";
import { figureSvg } from "../../lib/plots/mod.ts";
import { batchName, type Row } from "./_table.ts";

/** Text colour that is readable on white and on black, because figures have no background on GitHub. */
const INK = "#7d8590";
const GRID = "rgba(125,133,144,0.25)";
const PEERS = ["#d55e00", "#e69f00"];
/** Colours of this project's modes. */
export const OURS = ["#9aa5b1", "#56b4e9", "#0072b2", "#009e73"];

/** Draws PATH.json as PATH.svg. */
export async function writeChart(path: string): Promise<void> {
  const { machine, rows } = JSON.parse(
    await Deno.readTextFile(`${path}.json`),
  );
  const figure = stepsFigure(rows, `${machine.model}, ${machine.device}`);
  await writeSvg(`${path}.svg`, figure);
}

/** Writes a figure formatted and in ASCII, as this repository requires. */
export async function writeSvg(path: string, figure: Figure): Promise<void> {
  const svg = await figureSvg(figure);
  await Deno.writeTextFile(path, svg.replaceAll("\u2212", "-"));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", path] })
    .output();
}

/** Bars of what was measured, and the limit as a line across each group of them. */
export function stepsFigure(rows: readonly Row[], title: string): Figure {
  // That row measures only the first step.
  const shown = rows.filter(({ name }) => !name.endsWith("nothing compiled"));
  const several = new Set(shown.map(batchName)).size > 1;
  const groupOf = (row: Row) => several ? batchName(row) : row.precision;
  const groups = [...new Set(shown.map(groupOf))];
  const names = [...new Set(shown.map(({ name }) => name))];
  const pointsOf = (name: string): [x: number, y: number][] =>
    shown.filter((row) => row.name === name)
      .map((row) => [groups.indexOf(groupOf(row)), row.tokensPerSecond]);
  const bars = (names: readonly string[], colors: readonly string[]) =>
    names.map((name, i): Trace => ({
      type: "bar",
      name,
      x: pointsOf(name).map(([x]) => x),
      y: pointsOf(name).map(([, y]) => y),
      marker: { color: colors[i % colors.length]! },
    }));
  const lines = (names: readonly string[]) =>
    names.map((name): Trace => ({
      type: "scatter",
      mode: "lines",
      name,
      x: pointsOf(name).flatMap(([x]) => [x - 0.45, x + 0.45, null]),
      y: pointsOf(name).flatMap(([, y]) => [y, y, null]),
      line: { color: INK, width: 2, dash: "dot" },
    }));
  const isLimit = (name: string) => name.startsWith("limit");
  const isOurs = (name: string) => name.startsWith("moebius");
  return {
    data: [
      ...bars(names.filter((name) => !isOurs(name) && !isLimit(name)), PEERS),
      ...bars(names.filter(isOurs), OURS),
      ...lines(names.filter(isLimit)),
    ],
    layout: onAnyPage({
      width: 900,
      height: 380,
      bargap: 0.12,
      xaxis: axis({
        tickvals: groups.map((_, i) => i),
        ticktext: groups,
        showgrid: false,
      }),
      yaxis: axis({ rangemode: "tozero", nticks: 6 }),
      annotations: [
        panelTitle(`Tokens a second: ${title}`, 0, 1.02),
        xTitle(several ? "sequences of a micro-batch" : "precision"),
      ],
      legend: { x: 1.02, y: 0.5, yanchor: "middle" },
      margin: { l: 48, r: 232, t: 36, b: 44 },
    }),
  };
}

/** A layout without a background, its texts and lines in colours for light and dark pages. */
export function onAnyPage(layout: Layout): Layout {
  const recoloured = Object.entries(layout).map(([key, value]) => {
    if (key === "annotations") {
      const notes = value as readonly Layout[];
      const font = { size: 12, color: INK };
      return [key, notes.map((note) => ({ ...note, font }))];
    }
    if (!/^[xy]axis/.test(key)) return [key, value];
    return [key, { ...value as Layout, gridcolor: GRID, linecolor: INK }];
  });
  return {
    ...baseLayout(Object.fromEntries(recoloured)),
    font: { ...baseLayout({})["font"] as Layout, color: INK },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
  };
}

if (import.meta.main) {
  for (const path of Deno.args) await writeChart(path.replace(/\.json$/, ""));
}

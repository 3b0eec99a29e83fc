import assert from "node:assert/strict";
import { type Figure, panelsFigure } from "../../lib/plots/mod.ts";

const TWO_AXES: Figure = {
  data: [
    { type: "scatter", x: [1], y: [2] },
    { type: "scatter", x: [3], y: [4], xaxis: "x2" },
  ],
  layout: {
    xaxis: { domain: [0, 0.4], title: { text: "a" } },
    xaxis2: { domain: [0.6, 1], title: { text: "b" } },
    yaxis: { title: { text: "loss" } },
    shapes: [{ type: "line", x0: 0, x1: 1, y0: 0, y1: 1 }],
    annotations: [{ text: "note", x: 1, y: 1, xref: "x2" }],
  },
};

const fields = (value: unknown) => value as Record<string, unknown>;

Deno.test("panelsFigure() gives every figure axes of its own, in its place", () => {
  const { data, layout } = panelsFigure([
    { figure: TWO_AXES, title: "left", x: [0, 0.5], y: [0, 1] },
    {
      figure: TWO_AXES,
      title: "right",
      x: [0.5, 1],
      y: [0.5, 1],
      showLegend: true,
    },
  ]);
  assert.deepEqual(data.map(({ xaxis, yaxis }) => [xaxis, yaxis]), [
    ["x", "y"],
    ["x2", "y"],
    ["x3", "y3"],
    ["x4", "y3"],
  ]);
  assert.deepEqual(data.map(({ showlegend }) => showlegend), [
    false,
    false,
    true,
    true,
  ]);
  const { domain, anchor, title } = fields(layout["xaxis4"]);
  assert.deepEqual([domain, anchor, title], [[0.8, 1], "y3", undefined]);
  assert.deepEqual(fields(layout["yaxis3"])["domain"], [0.5, 1]);
  assert.deepEqual(
    (layout["shapes"] as object[]).map((shape) => fields(shape)["xref"]),
    ["x", "x3"],
  );
  const notes = (layout["annotations"] as object[]).map(fields);
  assert.deepEqual(notes.map(({ text }) => text), [
    ...["a", "b", "loss", "left", "note"],
    ...["a", "b", "loss", "right", "note"],
  ]);
  assert.deepEqual([notes[9]!["xref"], notes[9]!["yref"]], ["x4", "y3"]);
});

Deno.test("panelsFigure() draws no colour bar, which would stand beside the whole", () => {
  const marker = { color: [1, 2], showscale: true };
  const figure: Figure = {
    data: [{ type: "scatter", x: [1, 2], y: [1, 2], marker }],
    layout: { xaxis: {}, yaxis: {} },
  };
  const { data } = panelsFigure([{ figure, title: "", x: [0, 1], y: [0, 1] }]);
  assert.deepEqual(data[0]?.["marker"], { color: [1, 2], showscale: false });
});

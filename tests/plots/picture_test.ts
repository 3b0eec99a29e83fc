import { strict as assert } from "node:assert";
import {
  figurePng,
  figureSvg,
  heatMapFigure,
  svgToPng,
  trainingFigure,
} from "../../lib/plots/mod.ts";
import { withoutHeatMaps } from "../../lib/plots/_static_heat_map.ts";

const rows = Array.from({ length: 30 }, (_, i) => ({
  optimizer_step: i + 1,
  // Not straight: Plotly leaves out points between which there is nothing to see.
  loss: 8 - i / 10 + i % 2,
}));

/** Width and height in the header of a PNG. */
function sizeOf(png: Uint8Array<ArrayBuffer>): [number, number] {
  assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  const view = new DataView(png.buffer);
  return [view.getUint32(16), view.getUint32(20)];
}

Deno.test("figureSvg() draws the lines and the titles of a figure", async () => {
  const svg = await figureSvg(trainingFigure([{ name: "run", rows }]));
  assert.match(svg, /^<svg/);
  assert.match(svg, /Gradient norm/);
  const line = /class="js-line"[^>]*d="([^"]*)"/.exec(svg)?.[1] ?? "";
  assert.ok(line.split("L").length > 20, line);
});

Deno.test("figurePng() draws a picture of the figure's size", async () => {
  const figure = trainingFigure([{ name: "run", rows }]);
  const png = await figurePng(figure, { scale: 2 });
  assert.deepEqual(sizeOf(png), [1800, 860]);
  assert.deepEqual(
    sizeOf(await figurePng(figure, { width: 300, height: 200, scale: 1 })),
    [300, 200],
  );
});

Deno.test("figurePng() draws heat maps, which Plotly cannot without a browser", async () => {
  const figure = heatMapFigure([{
    z: [[0, 1], [2, NaN]],
    x: [10, 20],
    y: ["a", "b"],
  }]);
  const replaced = withoutHeatMaps(figure);
  assert.ok(replaced.data.every((trace) => trace["type"] === "scatter"));
  const [image] = replaced.layout["images"] as Record<string, unknown>[];
  // Cells reach halfway to their neighbours; categories are one apart.
  assert.deepEqual([image?.["x"], image?.["sizex"]], [5, 20]);
  assert.deepEqual([image?.["y"], image?.["sizey"]], [1.5, 2]);
  const cells = atob(String(image?.["source"]).split(",")[1] ?? "");
  // A cell without a number is not drawn.
  assert.equal(cells.match(/<rect/g)?.length, 3);
  assert.match(cells, /#440154/);
  assert.match(cells, /#fde725/);
  const svg = await figureSvg(figure);
  assert.match(svg, /<image/);
  assert.ok((await figurePng(figure)).length > 3000);
});

Deno.test("svgToPng() draws text without fonts of the system", async () => {
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="20"><text x="2" y="15" font-family="sans-serif" font-size="14">${text}</text></svg>`;
  const [empty, full] = await Promise.all([
    svgToPng(svg("")),
    svgToPng(svg("whale")),
  ]);
  assert.ok(full.length > empty.length + 200);
});

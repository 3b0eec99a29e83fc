import { strict as assert } from "node:assert";
import {
  balanceFigure,
  coActivationFigure,
  COLOR_SCALES,
  colorAt,
  expertLoadFigure,
  heatMapFigure,
  layerLoadFigure,
  learningRateFigure,
  trainingFigure,
} from "../../lib/plots/mod.ts";
import { smoothed, thinned } from "../../lib/plots/_series.ts";

function rowsOf(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    optimizer_step: i + 1,
    loss: 8 - i / count,
    learning_rate: 1e-3,
    grad_norm: 1,
    tokens_per_second: 1000,
  }));
}

Deno.test("thinned() keeps few points as they are, and of many the means and the last", () => {
  const line = Array.from({ length: 1001 }, (_, i): [number, number] => [i, i]);
  assert.deepEqual(thinned(line.slice(0, 10), 20), line.slice(0, 10));
  const thin = thinned(line, 101);
  assert.equal(thin.length, 101);
  // The mean of 0 to 9.
  assert.deepEqual(thin[0], [4.5, 4.5]);
  assert.deepEqual(thin.at(-1), [1000, 1000]);
});

Deno.test("thinned() never gives more points than asked for, and leaves out what is no number", () => {
  for (const count of [1, 2, 299, 300, 301, 302, 599, 12_345]) {
    const line = Array.from({ length: count }, (_, i): [number, number] => [
      i,
      1,
    ]);
    assert.ok(thinned(line, 300).length <= 300, `${count}`);
  }
  assert.deepEqual(thinned([[1, NaN], [2, 5], [3, Infinity]]), [[2, 5]]);
});

Deno.test("smoothed() averages as much of the future as of the past", () => {
  const line = [0, 8, 1, 9, 2, 10].map((y, x): [number, number] => [x, y]);
  assert.deepEqual(
    smoothed(line, 1).map(([, y]) => y),
    [0, 3, 6, 4, 7, 6],
  );
  // A line that falls stays where it is.
  const falling = Array.from({ length: 50 }, (_, x): [number, number] => [
    x,
    100 - 2 * x,
  ]);
  assert.deepEqual(smoothed(falling, 7).slice(0, -7), falling.slice(0, -7));
  assert.deepEqual(smoothed([[0, 1], [1, NaN], [2, 3]], 0), [[0, 1], [2, 3]]);
});

Deno.test("trainingFigure() of one run shows training, validation and three panels", () => {
  const rows = [...rowsOf(50), { optimizer_step: 50, val_loss: 7.5 }];
  const { data, layout } = trainingFigure([{ name: "run", rows }]);
  const named = (name: string) => data.find((trace) => trace["name"] === name);
  assert.deepEqual(named("validation")?.["x"], [50]);
  assert.deepEqual(named("validation")?.["y"], [7.5]);
  assert.equal((named("training")?.["x"] as number[]).length, 50);
  assert.deepEqual(
    data.map((trace) => trace["yaxis"] ?? "y").sort(),
    ["y", "y", "y", "y2", "y3", "y4"],
  );
  assert.ok("yaxis4" in layout);
});

Deno.test("trainingFigure() of several runs gives each a colour and a name", () => {
  const runs = ["a", "b"].map((name) => ({ name, rows: rowsOf(5) }));
  const { data } = trainingFigure(runs);
  const lines = data.filter((trace) =>
    trace["name"] === "a" || trace["name"] === "b"
  );
  const colors = new Set(
    lines.map((trace) => (trace["line"] as { color: string }).color),
  );
  assert.equal(colors.size, 2);
});

Deno.test("trainingFigure() before the first row is an empty figure and no error", () => {
  const { data } = trainingFigure([{ name: "run", rows: [] }]);
  assert.ok(data.every((trace) => (trace["x"] as number[]).length === 0));
});

Deno.test("trainingFigure() stays small however long the run is", () => {
  const figure = trainingFigure([{ name: "run", rows: rowsOf(100_000) }]);
  assert.ok(JSON.stringify(figure).length < 40_000);
});

Deno.test("learningRateFigure() marks the suggestion on the line", () => {
  const { data } = learningRateFigure({
    rates: [1e-4, 1e-3, 1e-2],
    losses: [8, 6, 9],
    suggestion: 1e-3,
  });
  assert.deepEqual(data[1]?.["x"], [1e-3]);
  assert.deepEqual(data[1]?.["y"], [6]);
});

Deno.test("expertLoadFigure() shows loads over their mean, a map a layer", () => {
  const { data } = expertLoadFigure([
    { step: 10, counts: [[30, 10], [0, 40]] },
    { step: 20, counts: [[20, 20], [10, 30]] },
  ], [1, 2]);
  assert.equal(data.length, 2);
  assert.deepEqual(data[0]?.["z"], [[1.5, 1], [0.5, 1]]);
  assert.deepEqual(data[1]?.["z"], [[0, 0.5], [2, 1.5]]);
  assert.deepEqual(data[0]?.["x"], [10, 20]);
});

Deno.test("expertLoadFigure() adds neighbours up where there are more than a screen shows", () => {
  const history = Array.from({ length: 1000 }, (_, i) => ({
    step: i + 1,
    counts: [[1, 3]],
  }));
  const [trace] = expertLoadFigure(history).data;
  assert.ok((trace?.["x"] as number[]).length <= 80);
  assert.equal((trace?.["x"] as number[]).at(-1), 1000);
  assert.deepEqual(new Set((trace?.["z"] as number[][])[1]), new Set([1.5]));
});

Deno.test("coActivationFigure() compares with chance and leaves the diagonal empty", () => {
  const mapOf = (pairs: number[][]) =>
    coActivationFigure(pairs).data[0]?.["z"] as (number | null)[][];
  // Experts 0 and 1 always work together, 2 and 3 too: by chance it would be every third time.
  const z = mapOf([[0, 5, 0, 0], [5, 0, 0, 0], [0, 0, 0, 5], [0, 0, 5, 0]]);
  assert.deepEqual(z[0], [null, 3, 0, 0]);
  // By chance, of experts of which one is asked twice as often as the others.
  const asked = [2, 1, 1, 1];
  const byChance = asked.map((a, i) =>
    asked.map((b, j) => i === j ? 0 : 10 * a * b)
  );
  assert.deepEqual(mapOf(byChance)[0], [null, 1, 1, 1]);
  assert.deepEqual(mapOf(byChance)[3], [1, 1, 1, null]);
  // An expert that nobody asks has no colour.
  assert.deepEqual(mapOf([[0, 4, 0], [4, 0, 0], [0, 0, 0]])[2], [
    null,
    null,
    null,
  ]);
});

Deno.test("experts that are columns have no numbers between them", () => {
  for (
    const { layout } of [
      coActivationFigure([[0, 1], [1, 0]]),
      layerLoadFigure([[1, 2], [3, 4]]),
    ]
  ) {
    const { type } = Object(layout["xaxis"]) as { type?: string };
    assert.equal(type, "category");
  }
});

Deno.test("titles of axes stand in their middle, also at the edges of a figure", () => {
  const { layout } = balanceFigure([]);
  const titles = (layout["annotations"] as Record<string, unknown>[])
    .filter(({ text }) => text === "step");
  // Where nothing is said, Plotly takes the left end of a text on the left, and the right end on the right.
  assert.deepEqual(
    titles.map(({ x, xanchor }) => [x, xanchor]),
    [[0.225, "center"], [0.775, "center"]],
  );
});

Deno.test("balanceFigure() shows entropy and load of every run", () => {
  const rows = [{
    optimizer_step: 1,
    router_entropy: 2,
    expert_load_max_over_mean: 1.5,
  }];
  const { data } = balanceFigure([{ name: "a", rows }, { name: "b", rows }]);
  assert.deepEqual(data.map((trace) => trace["y"]), [[2], [1.5], [2], [1.5]]);
});

Deno.test("heatMapFigure() shares one range of colours among its maps", () => {
  const map = (value: number) => ({ z: [[value, 1]], x: [0, 1], y: [0] });
  const { data } = heatMapFigure([map(-3), map(7)]);
  for (const trace of data) {
    assert.equal(trace["zmin"], -3);
    assert.equal(trace["zmax"], 7);
  }
  assert.deepEqual(data.map((trace) => trace["showscale"]), [true, false]);
});

Deno.test("heatMapFigure() says where its last colour is that of larger numbers too", () => {
  const map = { z: [[0, 3]], x: [0, 1], y: [0] };
  const ticksOf = (range: [number, number]) => {
    const bar = heatMapFigure([map], { range }).data[0]?.["colorbar"];
    return Reflect.get(Object(bar), "ticktext");
  };
  assert.deepEqual(ticksOf([0, 2]), ["0", "0.5", "1", "1.5", "2+"]);
  assert.equal(ticksOf([0, 3]), undefined);
});

Deno.test("colorAt() gives the stops of a scale, mixes between them and stays inside", () => {
  const scale = COLOR_SCALES.diverging;
  assert.equal(colorAt(scale, 0), "#2166ac");
  assert.equal(colorAt(scale, 0.5), "#f7f7f7");
  assert.equal(colorAt(scale, 1), "#b2182b");
  assert.equal(colorAt(scale, 7), "#b2182b");
  assert.equal(colorAt([[0, "#000000"], [1, "#ffffff"]], 0.5), "#808080");
});

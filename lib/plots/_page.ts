/** Plotly in a page without a browser. Loaded once, by the first picture. */

// @ts-types="./_jsdom.d.ts"
import { JSDOM, VirtualConsole } from "jsdom";
import type { Figure } from "./figure.ts";
import { ALL_LABELS } from "./_static_heat_map.ts";
import { plotlyScript } from "./plotly.ts";

/** The used functions of Plotly. */
interface Plotly {
  toImage(
    figure: Figure,
    options: {
      format: "svg";
      width: number;
      height: number;
      imageDataOnly: true;
    },
  ): Promise<string>;
}

/**
 * Features that Plotly needs and jsdom lacks: sizes of texts, computed from the number of characters and the
 * font size, and some browser functions that have no effect on SVG.
 */
const BROWSER = `
(() => {
  const measure = (element) => {
    const style = element.style ?? {};
    const size = parseFloat(style.fontSize) || 12;
    const lines = element.querySelectorAll
      ? [...element.querySelectorAll("tspan.line")].map((line) => line.textContent)
      : [];
    const texts = lines.length > 0 ? lines : [element.textContent ?? ""];
    const longest = Math.max(...texts.map((text) => text.length));
    return { width: longest * size * 0.56, height: texts.length * size * 1.2 };
  };
  const box = (element) => {
    // Plotly measures relative to a reference point, which has no size.
    if (element.classList.contains("js-reference-point")) {
      return { x: 0, y: 0, left: 0, top: 0, right: 0, bottom: 0, width: 0, height: 0 };
    }
    const { width, height } = measure(element);
    const anchor = element.getAttribute?.("text-anchor") || element.style?.textAnchor;
    const x = { middle: -width / 2, end: -width }[anchor] ?? 0;
    const y = -0.8 * height;
    return { x, y, left: x, top: y, right: x + width, bottom: y + height, width, height };
  };
  SVGElement.prototype.getBBox = function () { return box(this); };
  SVGElement.prototype.getComputedTextLength = function () { return measure(this).width; };
  Element.prototype.getBoundingClientRect = function () { return box(this); };
  HTMLCanvasElement.prototype.getContext = () => null;
  URL.createObjectURL = () => "";
  window.matchMedia = () => ({
    matches: false, addListener() {}, removeListener() {},
    addEventListener() {}, removeEventListener() {},
  });
})();
`;

let plotly: Plotly | undefined;

/** Renders the figure as SVG. */
export async function plotlySvg(
  figure: Figure,
  { width, height }: { width: number; height: number },
): Promise<string> {
  plotly ??= load();
  return await plotly.toImage(withAllLabels(figure), {
    format: "svg",
    width,
    height,
    imageDataOnly: true,
  });
}

function withAllLabels({ data, layout }: Figure): Figure {
  const axes = Object.entries(layout).flatMap(([key, axis]) =>
    /^[xy]axis\d*$/.test(key)
      ? [[key, { ...Object(axis), ...ALL_LABELS }] as const]
      : []
  );
  return { data, layout: { ...layout, ...Object.fromEntries(axes) } };
}

function load(): Plotly {
  const { window } = new JSDOM("<!doctype html><body></body>", {
    runScripts: "outside-only",
    // Discards Plotly's warnings, which do not concern the user; errors are still thrown.
    virtualConsole: new VirtualConsole(),
  });
  window.eval(BROWSER);
  window.eval(plotlyScript);
  return Reflect.get(window, "Plotly") as Plotly;
}

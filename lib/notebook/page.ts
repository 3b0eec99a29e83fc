/**
 * Figures in a notebook's page.
 *
 * A figure consists of two outputs. The second is a picture with Plotly's JSON, which every front end
 * (including GitHub) shows. The first contains a script, which replaces the picture by an interactive plot
 * in a trusted notebook. Plotly itself is not stored in the notebook; the page loads it from the kernel's
 * folder, which Jupyter serves.
 */

import { CellOutput, type DisplayBundle, KERNEL_NAME } from "./kernel.ts";
import { type Figure, PLOT_CONFIG } from "../plots/figure.ts";
import { figurePng } from "../plots/picture.ts";

/** Name of Plotly's script in the kernel's folder. */
export const PLOTLY_FILE = "plotly.min.js";

// Loaded once per page. Without access to the kernel's folder a page keeps its pictures.
const LOAD = `
const load = () => window.moebiusPlotly ??= new Promise((resolve, reject) => {
  if (window.Plotly) return resolve(window.Plotly);
  const config = document.getElementById("jupyter-config-data");
  const base = config ? JSON.parse(config.textContent).baseUrl : "/";
  const script = document.createElement("script");
  script.src = base + "kernelspecs/${KERNEL_NAME}/${PLOTLY_FILE}";
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { window.moebiusPlotly = undefined; reject(); };
  document.head.append(script);
});
const until = async (find) => {
  for (let i = 0; i < 100; i++) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw undefined;
};`;

/** A script that reports no errors: if it fails, the picture stays. */
function script(body: string): string {
  return `<script>(async () => {${LOAD}${body}})().catch(() => {})</script>`;
}

/** JSON that can be embedded in a script in HTML. */
function inScript(figure: Figure): string {
  return JSON.stringify(figure).replaceAll("<", "\\u003c");
}

/** Draws a figure in the element with this id, or updates the drawing there. */
export function drawingScript(
  id: string,
  figure: Figure,
  sequence: number,
): string {
  return script(`
const figure = ${inScript(figure)};
const plotly = await load().catch(() => undefined);
const div = await until(() => document.getElementById("${id}"));
if (plotly === undefined) div.textContent = "The figure comes at the end: this page cannot draw it";
else if ((div.moebiusSequence ?? 0) < ${sequence}) {
  div.moebiusSequence = ${sequence};
  plotly.react(div, figure.data, figure.layout, ${JSON.stringify(PLOT_CONFIG)});
}`);
}

/** Replaces the picture in the next output by an interactive plot. */
export function interactiveScript(figure: Figure): string {
  const id = `moebius-${crypto.randomUUID()}`;
  return `<span id="${id}"></span>` + script(`
const figure = ${inScript(figure)};
const plotly = await load();
const picture = await until(() => document.getElementById("${id}")
  ?.closest(".jp-OutputArea-child")?.nextElementSibling?.querySelector("img"));
const div = document.createElement("div");
div.style.height = figure.layout.height + "px";
picture.style.display = "none";
picture.before(div);
plotly.newPlot(div, figure.data, figure.layout, ${
    JSON.stringify(PLOT_CONFIG)
  });`);
}

/** A figure with a status above it, as HTML and as text. */
export interface View {
  /** The figure. */
  readonly figure: Figure;
  /** The status above the figure. */
  readonly status: { readonly html: string; readonly text: string };
}

/** Shows the status, and returns the figure as the output that follows. */
export async function showView(
  { figure, status }: View,
): Promise<DisplayBundle> {
  const picture = await pictureBundle(figure, status.text);
  new CellOutput().show(statusBundle(status, interactiveScript(figure)));
  return picture;
}

function statusBundle(
  { html, text }: View["status"],
  script: string,
): DisplayBundle {
  return { "text/html": html + script, "text/plain": text };
}

/** A figure for front ends that draw figures themselves, such as VS Code. */
function figureBundle({ data, layout }: Figure): DisplayBundle {
  return {
    "application/vnd.plotly.v1+json": { data, layout, config: PLOT_CONFIG },
  };
}

/** A figure in a form that every front end can show. */
export async function pictureBundle(
  figure: Figure,
  text: string,
): Promise<DisplayBundle> {
  return {
    ...figureBundle(figure),
    "image/png": (await figurePng(figure)).toBase64(),
    "text/plain": text,
  };
}

/** A live figure: it is updated while work goes on, and ends as a picture that is saved. */
export class LiveFigure {
  readonly #status = new CellOutput();
  readonly #picture = new CellOutput();
  readonly #id = `moebius-${crypto.randomUUID()}`;
  readonly #height: number;
  // VS Code's pages cannot load the kernel's Plotly, so there the whole figure is sent each time. If a
  // front end other than VS Code only inherited the variable, this works too but flickers.
  readonly #isDrawnByPage = Deno.env.get("VSCODE_PID") === undefined;
  #sequence = 0;

  /** Reserves `height` pixels, so that the page does not grow during the work. */
  constructor(height: number) {
    this.#height = height;
  }

  /** Shows the current state. */
  update({ figure, status }: View): void {
    this.#sequence++;
    const drawing = drawingScript(this.#id, figure, this.#sequence);
    this.#status.show(statusBundle(status, drawing));
    if (this.#isDrawnByPage && this.#sequence > 1) return;
    this.#picture.show({
      ...(this.#isDrawnByPage ? {} : figureBundle(figure)),
      "text/html":
        `<div id="${this.#id}" style="height:${this.#height}px"></div>`,
      "text/plain": "",
    });
  }

  /** Shows the last figure as a picture. */
  async finish({ figure, status }: View): Promise<void> {
    this.#picture.show(await pictureBundle(figure, status.text));
    this.#status.show(statusBundle(status, interactiveScript(figure)));
  }
}

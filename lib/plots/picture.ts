/**
 * Renders figures as pictures, without a browser.
 *
 * @module
 */

import type { Figure } from "./figure.ts";
import { withoutHeatMaps } from "./_static_heat_map.ts";

/** Options of {@linkcode figureSvg} and {@linkcode figurePng}. */
export interface PictureOptions {
  /** Width in pixels. Default: the layout's, else 900. */
  readonly width?: number;
  /** Height in pixels. Default: the layout's, else 400. */
  readonly height?: number;
}

/**
 * Draws a figure as SVG. The first call loads Plotly, which takes half a second.
 *
 * @example
 * ```ts
 * import { figureSvg, trainingFigure } from "./mod.ts";
 *
 * const rows = [{ optimizer_step: 1, loss: 8 }, { optimizer_step: 2, loss: 7 }];
 * const svg = await figureSvg(trainingFigure([{ name: "run", rows }]));
 * console.log(svg.length);
 * ```
 */
export async function figureSvg(
  figure: Figure,
  options: PictureOptions = {},
): Promise<string> {
  const { plotlySvg } = await import("./_page.ts");
  const size = (key: "width" | "height", initial: number) => {
    const own = figure.layout[key];
    return options[key] ?? (typeof own === "number" ? own : initial);
  };
  return await plotlySvg(withoutHeatMaps(figure), {
    width: size("width", 900),
    height: size("height", 400),
  });
}

/** Loads in advance what the first picture needs, which takes most of a second. */
export async function preparePictures(): Promise<void> {
  const figure = { data: [], layout: { width: 10, height: 10 } };
  await figurePng(figure);
}

/** Options of {@linkcode figurePng} and {@linkcode svgToPng}. */
export interface PngOptions extends PictureOptions {
  /** Pixels of the picture per pixel of the figure. Default: 1.5. */
  readonly scale?: number;
}

/** Draws a figure as PNG with a bundled font, so that the result is the same on every machine. */
export async function figurePng(
  figure: Figure,
  options: PngOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await svgToPng(await figureSvg(figure, options), options);
}

/** Draws SVG as PNG, with texts in DejaVu Sans. */
export async function svgToPng(
  svg: string,
  { scale = 1.5 }: Pick<PngOptions, "scale"> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { rasterize } = await import("./_rasterize.ts");
  return await rasterize(svg, scale);
}

/**
 * Numbers as colours.
 *
 * @module
 */

/** Colours at positions from 0 to 1, in Plotly's format. */
export type ColorScale = readonly (readonly [at: number, color: string])[];

/** The colour scales that figures use. */
export const COLOR_SCALES = {
  /** For quantities: dark means small. */
  viridis: [
    [0, "#440154"],
    [0.25, "#3b528b"],
    [0.5, "#21918c"],
    [0.75, "#5ec962"],
    [1, "#fde725"],
  ],
  /** For deviations from a middle value: blue is less, red is more. */
  diverging: [
    [0, "#2166ac"],
    [0.25, "#92c5de"],
    [0.5, "#f7f7f7"],
    [0.75, "#f4a582"],
    [1, "#b2182b"],
  ],
} as const satisfies Record<string, ColorScale>;

/** Name of a colour scale. */
export type ColorScaleName = keyof typeof COLOR_SCALES;

/** The colour at a position from 0 to 1, interpolated, as `#rrggbb`. */
export function colorAt(scale: ColorScale, at: number): string {
  const place = Math.min(1, Math.max(0, at));
  const next = Math.max(1, scale.findIndex(([stop]) => stop >= place));
  const [low, from] = scale[next - 1]!;
  const [high, to] = scale[next]!;
  const share = (place - low) / (high - low);
  const mixed = [1, 3, 5].map((start) => {
    const a = parseInt(from.slice(start, start + 2), 16);
    const b = parseInt(to.slice(start, start + 2), 16);
    return Math.round(a + share * (b - a)).toString(16).padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}

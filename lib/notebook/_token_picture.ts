/** Tokens of a text as coloured boxes, in SVG because every front end can show pictures. */

import { escapeHtml } from "./_html.ts";

/** A token to be drawn. */
export interface ColoredToken {
  /** Its text. */
  readonly text: string;
  /** Background colour, in CSS. */
  readonly fill: string;
  /** Colour of a bar under it. */
  readonly bar?: string;
}

const WIDTH = 900;
const MARGIN = 10;
const FONT_SIZE = 14;
// Width of a character of DejaVu Sans Mono.
const CHARACTER = 0.602 * FONT_SIZE;
const LINE = 28;
const LEGEND = 30;

/** Draws tokens in lines, with a legend of the colours above them. */
export function tokenSvg(
  tokens: readonly ColoredToken[],
  legend: readonly { readonly label: string; readonly fill: string }[] = [],
): string {
  const shapes: string[] = [];
  let x = MARGIN;
  for (const { label, fill } of legend) {
    shapes.push(
      `<rect x="${x}" y="8" width="14" height="14" rx="2" fill="${fill}"/>`,
      text(x + 18, 20, label, 12),
    );
    x += 30 + 7.5 * label.length;
  }
  const top = MARGIN + (legend.length > 0 ? LEGEND : 0);
  let line = 0;
  x = MARGIN;
  for (const { text: raw, fill, bar } of tokens) {
    const shown = visible(raw);
    const width = Math.max(1, [...shown].length) * CHARACTER + 3;
    if (x + width > WIDTH - MARGIN) {
      line++;
      x = MARGIN;
    }
    const y = top + line * LINE;
    shapes.push(
      `<rect x="${x.toFixed(1)}" y="${y}" width="${
        (width - 1).toFixed(1)
      }" height="20" rx="3" fill="${fill}"/>`,
      text(x + 1, y + 15, shown, FONT_SIZE),
    );
    if (bar !== undefined) {
      shapes.push(
        `<rect x="${x.toFixed(1)}" y="${y + 21}" width="${
          (width - 1).toFixed(1)
        }" height="3" fill="${bar}"/>`,
      );
    }
    x += width;
    if (raw.includes("\n")) {
      line++;
      x = MARGIN;
    }
  }
  const height = top + (line + 1) * LINE + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">${
    shapes.join("")
  }</svg>`;
}

function text(x: number, y: number, content: string, size: number): string {
  return `<text x="${
    x.toFixed(1)
  }" y="${y}" font-family="DejaVu Sans Mono, monospace" font-size="${size}" fill="#222222" xml:space="preserve">${
    escapeHtml(content)
  }</text>`;
}

/** Replaces line ends and control characters by symbols; spaces are kept. */
function visible(text: string): string {
  return text.replaceAll("\n", "\u21b5").replace(/\p{Cc}/gu, "\u00b7");
}

/** Colours that most people can distinguish; further experts get computed hues. */
const LIGHT_COLORS = [
  "#f4a3a3",
  "#9cd3f2",
  "#b5e3a1",
  "#f5d98c",
  "#cbb5ee",
  "#9be0d2",
  "#f7bde0",
  "#d2c3b2",
] as const;

/** Light colours that differ strongly: each hue is the golden angle after the previous one. */
export function lightColor(index: number): string {
  return LIGHT_COLORS[index] ?? hslToHex((index * 137.508) % 360, 0.7, 0.8);
}

function hslToHex(hue: number, saturation: number, lightness: number): string {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = lightness -
      chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** SVG to PNG by resvg, as WebAssembly: the same on every machine. */

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import wasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };
import sans from "dejavu-fonts-ttf/ttf/DejaVuSans.ttf" with { type: "bytes" };
import mono from "dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf" with {
  type: "bytes",
};

let ready: Promise<void> | undefined;

/** Converts SVG to PNG, with `scale` pixels per unit of the SVG. */
export async function rasterize(
  svg: string,
  scale: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await (ready ??= initWasm(wasm));
  const resvg = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    background: "white",
    font: {
      fontBuffers: [sans, mono],
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
      monospaceFamily: "DejaVu Sans Mono",
    },
  });
  try {
    const image = resvg.render();
    try {
      return new Uint8Array(image.asPng());
    } finally {
      image.free();
    }
  } finally {
    resvg.free();
  }
}

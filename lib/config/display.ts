/**
 * How a configuration is displayed in a notebook: the values that were set, and their sources.
 *
 * @module
 */

import { showValue } from "./problem.ts";
import type { RunConfig } from "./train.ts";

const known = new WeakMap<RunConfig, ReadonlyMap<string, string>>();

/**
 * Where the values of a configuration come from: dotted key to file, flag, "code", "default" or
 * "derived". Undefined for an object that was not checked.
 *
 * @example
 * ```ts
 * import { defineConfig, sourcesOf } from "./mod.ts";
 *
 * const config = defineConfig({ model_name: "moe-quickstart" });
 * console.log(sourcesOf(config)?.get("train.max_norm")); // default
 * ```
 */
export function sourcesOf(
  config: object,
): ReadonlyMap<string, string> | undefined {
  return known.get(config as RunConfig);
}

/** Stores a configuration's sources, so that a notebook displays them with the configuration. */
export function rememberSources(
  config: RunConfig,
  sources: ReadonlyMap<string, string>,
): void {
  known.set(config, sources);
  Object.defineProperty(config, Symbol.for("Jupyter.display"), {
    value: () => display(config, sources),
  });
}

interface Row {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

function display(
  config: RunConfig,
  sources: ReadonlyMap<string, string>,
): Record<string, string> {
  const rows = [...sources].map(([key, source]): Row => ({
    key,
    value: showValue(valueAt(config, key)),
    source,
  }));
  const chosen = rows.filter(({ source }) => source !== "default");
  const rest = rows.filter(({ source }) => source === "default");
  const width = Math.max(...chosen.map(({ key }) => key.length));
  const text = chosen.map(({ key, value, source }) =>
    `${key.padEnd(width)}  ${value}  (${source})`
  );
  return {
    "text/plain": `${
      text.join("\n")
    }\nand ${rest.length} settings with their defaults`,
    "text/html": `${
      table(chosen)
    }<details><summary>${rest.length} settings with their defaults</summary>${
      table(rest)
    }</details>`,
  };
}

function table(rows: readonly Row[]): string {
  const cell = (text: string) =>
    `<td style="text-align:left">${escaped(text)}</td>`;
  const body = rows.map(({ key, value, source }) =>
    `<tr>${cell(key)}<td style="text-align:left"><code>${
      escaped(value)
    }</code></td>${cell(source)}</tr>`
  );
  const head = ["setting", "value", "from"]
    .map((name) => `<th style="text-align:left">${name}</th>`);
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${
    body.join("")
  }</tbody></table>`;
}

function valueAt(config: object, key: string): unknown {
  return key.split(".").reduce<unknown>(
    (section, word) => Reflect.get(Object(section), word),
    config,
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

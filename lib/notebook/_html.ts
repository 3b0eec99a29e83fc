/** Text and tables as HTML, and tables as plain text. */

import type { DisplayBundle } from "./kernel.ts";

/** Escapes text for HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A table in a form that every front end can show. */
export function tableBundle(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): DisplayBundle {
  return {
    "text/html": htmlTable(head, rows),
    "text/plain": textTable(head, rows),
  };
}

/** A table in HTML; cells are text, numbers are right-aligned. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cell = (value: string | number, tag: "td" | "th") => {
    const isNumber = typeof value === "number";
    const text = isNumber ? value.toLocaleString("en-US") : escapeHtml(value);
    const align = isNumber ? "right" : "left";
    return `<${tag} style="text-align:${align}">${text}</${tag}>`;
  };
  const row = (values: readonly (string | number)[], tag: "td" | "th") =>
    `<tr>${values.map((value) => cell(value, tag)).join("")}</tr>`;
  return `<table><thead>${row(head, "th")}</thead><tbody>${
    rows.map((values) => row(values, "td")).join("")
  }</tbody></table>`;
}

/** A table in plain text, with aligned columns. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [head, ...rows].map((row) =>
    row.map((value) =>
      typeof value === "number" ? value.toLocaleString("en-US") : value
    )
  );
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  );
  return lines.map((line, index) =>
    line.map((text, column) =>
      index > 0 && typeof rows[index - 1]?.[column] === "number"
        ? text.padStart(widths[column] ?? 0)
        : text.padEnd(widths[column] ?? 0)
    ).join("  ").trimEnd()
  ).join("\n");
}

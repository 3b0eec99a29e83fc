/**
 * `deno task generate-schemas`: writes configs/schema/, with which editors check and complete YAML.
 *
 * @module
 */

import { jsonSchema, modelJsonSchema } from "./help.ts";

/** The schema files, by name, with their content. */
export const SCHEMA_FILES: ReadonlyMap<string, string> = new Map([
  ["run.json", textOf(jsonSchema())],
  ["model.json", textOf(modelJsonSchema())],
]);

function textOf(schema: object): string {
  return JSON.stringify(schema, null, 2) + "\n";
}

if (import.meta.main) {
  const folder = new URL("../../configs/schema/", import.meta.url);
  Deno.mkdirSync(folder, { recursive: true });
  for (const [name, text] of SCHEMA_FILES) {
    Deno.writeTextFileSync(new URL(name, folder), text);
  }
}

/** The keys of a run; those of `data:` depend on its class. */

import { z } from "zod";
import { type Field, fieldsOf } from "./_fields.ts";
import { type DataName, dataSchemas, runSchema } from "./train.ts";

/** The classes that `data:` can name. */
export const DATA_NAMES = Object.keys(dataSchemas) as DataName[];

/**
 * Every key of a run.
 *
 * @param name The class of its data; without it, the arguments of all classes are listed.
 */
export function runFields(name?: DataName): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [key, field] of fieldsOf(runSchema)) {
    if (key !== "data") {
      fields.set(key, field);
      continue;
    }
    fields.set("data.class_path", {
      key: "data.class_path",
      schema: z.enum(DATA_NAMES),
      description: field.description,
      default: "Corpus",
      reserved: false,
    });
    const arguments_ = name === undefined ? allArguments() : dataFields(name);
    for (const [k, argument] of arguments_) fields.set(k, argument);
  }
  return fields;
}

function dataFields(name: DataName): Map<string, Field> {
  return fieldsOf(dataSchemas[name], "data.init_args.");
}

/** The arguments of all data classes; each description names the class. */
function allArguments(): Map<string, Field> {
  const fields = new Map<string, Field>();
  const owners = new Map<string, DataName[]>();
  for (const name of DATA_NAMES) {
    for (const [key, field] of dataFields(name)) {
      owners.set(key, [...owners.get(key) ?? [], name]);
      const before = fields.get(key)?.description ?? field.description;
      const description = before.includes(field.description)
        ? before
        : `${before}. ${field.description}`;
      fields.set(key, { ...field, description });
    }
  }
  for (const [key, field] of fields) {
    const names = owners.get(key)?.join(", ");
    fields.set(key, {
      ...field,
      description: `${field.description} (${names})`,
    });
  }
  return fields;
}

/** The schemas of `@std/yaml` by name. */

// @ts-types="@types/js-yaml"
import {
  CORE_SCHEMA,
  DEFAULT_SCHEMA,
  FAILSAFE_SCHEMA,
  JSON_SCHEMA,
  type Schema,
  Type,
} from "js-yaml";

/** Name of the set of types that plain scalars can have. */
export type SchemaType = "failsafe" | "json" | "core" | "default";

const INTEGER =
  /^[-+]?(?:0b[01][01_]*|0x[\da-fA-F][\da-fA-F_]*|0[0-7_]*|[1-9][\d_]*)$/;

// std still reads the integers of YAML 1.1 (1_000, 012), js-yaml 4 does not.
const integer = new Type("tag:yaml.org,2002:int", {
  kind: "scalar",
  resolve: (text: unknown) =>
    typeof text === "string" && INTEGER.test(text) && !text.endsWith("_"),
  construct: (text: string) => {
    const sign = text.startsWith("-") ? -1 : 1;
    const digits = text.replace(/^[-+]/, "").replaceAll("_", "");
    if (digits.startsWith("0b")) return sign * parseInt(digits.slice(2), 2);
    if (digits.startsWith("0x")) return sign * parseInt(digits, 16);
    return sign * parseInt(digits, /^0\d/.test(digits) ? 8 : 10);
  },
  predicate: (value: unknown) =>
    typeof value === "number" && value % 1 === 0 && !Object.is(value, -0),
  represent: {
    binary: (value) => withPrefix(value, "0b", 2),
    octal: (value) => withPrefix(value, "0", 8),
    decimal: (value) => String(value),
    hexadecimal: (value) => withPrefix(value, "0x", 16),
  },
  defaultStyle: "decimal",
});

function withPrefix(value: unknown, prefix: string, radix: number): string {
  const digits = Math.abs(Number(value)).toString(radix).toUpperCase();
  return (Number(value) < 0 ? "-" : "") + prefix + digits;
}

const SCHEMAS: Record<SchemaType, Schema> = {
  failsafe: FAILSAFE_SCHEMA,
  json: JSON_SCHEMA.extend({ implicit: [integer] }),
  core: CORE_SCHEMA.extend({ implicit: [integer] }),
  default: DEFAULT_SCHEMA.extend({ implicit: [integer] }),
};

/** The schema that a name stands for. */
export function schemaOf(name: SchemaType = "default"): Schema {
  return SCHEMAS[name];
}

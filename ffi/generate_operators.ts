/**
 * Writes `operators.generated.ts`: the type of every operator, from the schemas of the installed libtorch and
 * shim. Run by `deno task generate-operators` when either has new operators.
 *
 * @module
 */

import { operatorSchemas } from "./call.ts";
import { parseSchema, type Schema, type SchemaValue } from "./schema.ts";

const ARGUMENT_TYPES: Record<string, string> = {
  Tensor: "Tensor",
  Scalar: "Scalar",
  ScalarType: "DType",
  Device: "Device",
  Layout: '"strided"',
  MemoryFormat: "MemoryFormat",
  Generator: "never",
  bool: "boolean",
  float: "number",
  int: "number",
  SymInt: "number",
  str: "string",
};

const RESULT_TYPES: Record<string, string> = {
  ...ARGUMENT_TYPES,
  Scalar: "number",
  ScalarType: "number",
};

const HEADER = `/**
 * Types of libtorch's operators, and of the project's own.
 *
 * Written by \`deno task generate-operators\` from the operators' schemas; changes made by hand are lost.
 *
 * @module
 */

import type { Device, DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** A number where PyTorch takes a Python scalar. A number without a fraction is an integer. */
export type Scalar = number | bigint | boolean;

/** How the elements of a result lie in memory. */
export type MemoryFormat = "contiguous_format" | "preserve_format";

/** Every operator by its name: \`aten("add.Tensor", ...)\`. */
export interface Operators {
`;

/** The declaration of one operator, or undefined if a type of its schema cannot be passed to the shim. */
export function declare(schema: Schema): string | undefined {
  const name = schema.name.replace(/^aten::/, "");
  const positional: string[] = [];
  const named: string[] = [];
  for (const arg of schema.args) {
    const type = argumentType(arg);
    if (type === undefined) return undefined;
    const mark = arg.optional ? "?" : "";
    const key = arg.keywordOnly || !isReserved(arg.name)
      ? arg.name
      : `${arg.name}_`;
    (arg.keywordOnly ? named : positional).push(`${key}${mark}: ${type}`);
  }
  if (named.length > 0) {
    const mark = named.every((part) => part.includes("?:")) ? "?" : "";
    positional.push(`options${mark}: { ${named.join("; ")} }`);
  }
  const results: string[] = [];
  for (const result of schema.returns) {
    const type = valueType(result, RESULT_TYPES, "");
    if (type === undefined) return undefined;
    results.push(type);
  }
  const [only = "void"] = results;
  const result = results.length > 1 ? `[${results.join(", ")}]` : only;
  return `  "${name}": (${positional.join(", ")}) => ${result};`;
}

function argumentType(arg: SchemaValue): string | undefined {
  const type = valueType(arg, ARGUMENT_TYPES, "readonly ");
  if (type === undefined) return undefined;
  // PyTorch takes a number for the second operand of elementwise operators.
  if (arg.type === "Tensor" && arg.name === "other") return "Tensor | number";
  const element = arg.repeats
    ? ARGUMENT_TYPES[arg.type.replace(/[[\]?]/g, "")]
    : undefined;
  return element === undefined ? type : `${element} | ${type}`;
}

/** The TypeScript type of a schema value such as `"int[]?"`, with element types from a table. */
function valueType(
  value: SchemaValue,
  types: Record<string, string>,
  modifier: string,
): string | undefined {
  const match = /^(\w+)(\?)?(\[\])?(\?)?$/.exec(value.type);
  if (match === null) return undefined;
  const [, base = "", first, list, last] = match;
  const element = types[base];
  if (element === undefined) return undefined;
  const optional = list === undefined
    ? first !== undefined
    : last !== undefined;
  const item = list !== undefined && first !== undefined
    ? `(${element} | null)`
    : element;
  const whole = list === undefined ? item : `${modifier}${item}[]`;
  return optional ? `${whole} | null` : whole;
}

function isReserved(name: string): boolean {
  return ["in", "default", "function", "with", "new", "var", "this"].includes(
    name,
  );
}

/** All declarations, sorted by name. Overloads that write to a given output tensor are omitted. */
export function generate(schemas: readonly string[]): string {
  const lines: string[] = [];
  for (const text of schemas) {
    const schema = parseSchema(text);
    if (schema.args.some((arg) => arg.keywordOnly && arg.written)) continue;
    const line = declare(schema);
    if (line !== undefined) lines.push(`  /** \`${text}\` */`, line);
  }
  return `${HEADER}${lines.join("\n")}\n}\n`;
}

if (import.meta.main) {
  const path = new URL("./operators.generated.ts", import.meta.url);
  const source = generate([
    ...operatorSchemas("aten"),
    ...operatorSchemas("moebius"),
  ]);
  await Deno.writeTextFile(path, source);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", path.pathname],
  }).output();
  if (!success) throw new Error(`Cannot format ${path.pathname}`);
  console.log(`Wrote ${path.pathname}`);
}

/** Flat list of a schema's keys, shared by flags, messages, help and loading. */

import { z } from "zod";

/** What a zod schema accepts. */
export type Input<S> = S extends { _zod: { input: infer I } } ? I : never;

/** What a zod schema returns. */
export type Output<S> = S extends { _zod: { output: infer O } } ? O : never;

/** T with everything in it readonly; tuples stay tuples. */
export type DeepReadonly<T> = T extends object
  ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;

/** One key that can be set. */
export interface Field {
  readonly key: string;
  readonly schema: z.ZodType;
  readonly description: string;
  /** Undefined if the key must be given. */
  readonly default: unknown;
  /** Whether the key exists only for compatibility with LitGPT and must keep its default. */
  readonly reserved: boolean;
}

/**
 * Lists the leaves of an object schema.
 *
 * @param schema The schema of a section.
 * @param section The section's dotted name with a final dot; empty at the top level.
 */
export function fieldsOf(
  schema: z.ZodObject,
  section = "",
): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, child] of Object.entries(schema.shape)) {
    if (!(child instanceof z.ZodType)) continue;
    const key = section + name;
    const inner = child instanceof z.ZodPrefault ? child.unwrap() : child;
    if (inner instanceof z.ZodObject) {
      for (const [k, field] of fieldsOf(inner, `${key}.`)) fields.set(k, field);
      continue;
    }
    fields.set(key, {
      key,
      schema: child,
      description: child.description ?? "",
      default: child.safeParse(undefined).data,
      reserved: child.meta()?.deprecated === true,
    });
  }
  return fields;
}

/**
 * Describes a LitGPT key that has no effect in this project. Editors strike it through.
 *
 * @param description What it does in LitGPT.
 */
export function reserved(
  description: string,
): { description: string; deprecated: true } {
  return { description, deprecated: true };
}

interface Node {
  anyOf?: Node[];
  const?: unknown;
  enum?: unknown[];
  exclusiveMaximum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minimum?: number;
  prefixItems?: Node[];
  title?: string;
  type?: string | string[];
}

/**
 * Says in words what a leaf accepts: "an integer >= 1 or null".
 *
 * @param schema The schema of the leaf.
 */
export function allowedBy(schema: z.ZodType): string {
  const node = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return describe(node as Node);
}

/**
 * Lists the words a leaf accepts, if it accepts only certain words.
 *
 * @param schema The schema of the leaf.
 */
export function wordsOf(schema: z.ZodType): string[] {
  const collect = (node: Node): unknown[] => [
    ...(node.enum ?? []),
    ...("const" in node ? [node.const] : []),
    ...(node.anyOf ?? []).flatMap(collect),
  ];
  const node = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return collect(node as Node).filter((word) => typeof word === "string");
}

function describe(node: Node): string {
  if (node.title !== undefined) return node.title;
  if (node.anyOf) return [...new Set(node.anyOf.map(describe))].join(" or ");
  if (Array.isArray(node.type)) {
    return node.type.map((type) => describe({ ...node, type })).join(" or ");
  }
  if (node.enum) return `one of ${node.enum.join(", ")}`;
  if ("const" in node) return String(node.const);
  switch (node.type) {
    case "integer":
      return `an integer${bounds(node)}`;
    case "number":
      return `a number${bounds(node)}`;
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    case "null":
      return "null";
    case "array":
      return node.prefixItems
        ? `a list [${node.prefixItems.map(describe).join(", ")}]`
        : "a list";
    default:
      return "a section of keys";
  }
}

function bounds(node: Node): string {
  const parts: string[] = [];
  const { exclusiveMinimum, exclusiveMaximum } = node;
  const minimum = meaningful(node.minimum);
  const maximum = meaningful(node.maximum);
  if (minimum !== undefined) parts.push(`>= ${minimum}`);
  if (exclusiveMinimum !== undefined) parts.push(`> ${exclusiveMinimum}`);
  if (maximum !== undefined) parts.push(`<= ${maximum}`);
  if (exclusiveMaximum !== undefined) parts.push(`< ${exclusiveMaximum}`);
  return parts.length === 0 ? "" : ` ${parts.join(" and ")}`;
}

// zod gives every integer the bounds of safe integers; they do not help a reader of messages.
function meaningful(bound: number | undefined): number | undefined {
  return Math.abs(bound ?? 0) === Number.MAX_SAFE_INTEGER ? undefined : bound;
}

/**
 * Calls any operator of libtorch or of the project through libtorch's dispatcher.
 *
 * @module
 */

import { throwIfInterrupted } from "./interrupt.ts";
import { checkHandle, cString, native, readText } from "./library.ts";
import type { Operators } from "./operators.generated.ts";
import { parseSchema, type Schema } from "./schema.ts";
import { Tensor } from "./tensor.ts";

/** An argument of an operator. The schema determines the type of a number or an empty list. */
export type Value =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly Value[];

/** A result of an operator. */
export type Result = Tensor | number | boolean | null | Result[];

/** The name of an operator: `"add.Tensor"` of ATen, or `"moebius::swiglu"` of another namespace. */
export type OperatorName = keyof Operators & string;

interface Operator {
  name: string;
  handle: number;
  /** Names of all arguments, in order. */
  argumentNames: string[];
  /** How many of them may be positional. */
  positional: number;
  /** Whether it writes to its first argument and returns it. */
  inPlace: boolean;
  /** Whether it writes to an argument, whose shape may change. */
  writes: boolean;
}

const operators = new Map<string, Operator>();

// One set of buffers serves every call: calls are synchronous and from one thread. A value is 16
// bytes: tag, count, and 8 bytes of payload (struct moe_value). There is room for the longest calls:
// an AdamW update has six tensors for every parameter.
const CAPACITY = 16_384;
// enum moe_value_tag
const DEFAULT = 0, NONE = 1, TENSOR = 2, NUMBER = 3, BOOL = 4, INTEGER = 5;
const STRING = 6, LIST = 7;
const values = new ArrayBuffer(16 * CAPACITY);
const valueBytes = new Uint8Array(values);
const u32 = new Uint32Array(values);
const f64 = new Float64Array(values);
const i64 = new BigInt64Array(values);
const results = new ArrayBuffer(16 * CAPACITY);
const resultBytes = new Uint8Array(results);
const resultU32 = new Uint32Array(results);
const resultF64 = new Float64Array(results);
const text = new Uint8Array(4096);
let used = 0;
let textUsed = 0;
let read = 0;

/**
 * Calls an operator by its name, with the arguments of its schema: positional ones, then, if the schema
 * has keyword-only arguments, an object of them. Missing arguments take the schema's defaults. The types
 * are generated from the schemas (`ffi/operators.generated.ts`).
 *
 * @example
 * ```ts
 * import { aten, randn } from "moebius";
 *
 * const [values, indices] = aten("topk", randn([4, 8]), 2);
 * console.log(values.shape, indices.dtype);
 * ```
 *
 * @throws {TypeError} if an argument cannot be passed to any operator, or a tensor was disposed.
 * @throws {TorchError} if libtorch refuses the call; the message names operator and shapes.
 */
export function aten<Name extends OperatorName>(
  name: Name,
  ...args: Parameters<Operators[Name]>
): ReturnType<Operators[Name]> {
  return call(name, args) as ReturnType<Operators[Name]>;
}

/** The untyped form of {@linkcode aten}, for operators that the generated types do not include. */
export function call(
  name: string,
  args: readonly (Value | Record<string, Value>)[],
): Result | Result[] | undefined {
  const operator = operators.get(name) ?? resolve(name);
  const { symbols, error } = native();
  throwIfInterrupted();
  const [self] = args;
  if (operator.inPlace && !(self instanceof Tensor)) {
    throw new TypeError(
      `Cannot call ${name}: it changes its first argument, which must be a tensor`,
    );
  }
  const count = encodeArguments(operator, args);
  const status = symbols.moe_call(
    operator.handle,
    valueBytes,
    count,
    text,
    resultBytes,
    operator.inPlace ? 0 : CAPACITY,
    error.bytes,
  );
  if (status < 0) throw error.take();
  if (operator.writes) forgetShapes(args);
  if (operator.inPlace) return self as Tensor;
  read = 0;
  if (status === 0) return undefined;
  const first = decode();
  if (read === status) return first;
  const all = [first];
  while (read < status) all.push(decode());
  return all;
}

function resolve(name: string): Operator {
  const separator = name.indexOf("::");
  const space = separator < 0 ? "aten" : name.slice(0, separator);
  const rest = separator < 0 ? name : name.slice(separator + 2);
  const dot = rest.indexOf(".");
  const base = dot < 0 ? rest : rest.slice(0, dot);
  const overload = dot < 0 ? "" : rest.slice(dot + 1);
  const { symbols, error } = native();
  const handle = checkHandle(
    symbols.moe_operator_find(
      cString(`${space}::${base}`),
      cString(overload),
      error.bytes,
    ),
  );
  const schema = readText((buffer, capacity) =>
    symbols.moe_operator_schema(handle, buffer, capacity, error.bytes)
  );
  const operator = describe(name, handle, parseSchema(schema));
  operators.set(name, operator);
  return operator;
}

function describe(name: string, handle: number, schema: Schema): Operator {
  const positional = schema.args.findIndex((arg) => arg.keywordOnly);
  const [first] = schema.args;
  const [result] = schema.returns;
  return {
    name,
    handle,
    argumentNames: schema.args.map((arg) => arg.name),
    positional: positional < 0 ? schema.args.length : positional,
    inPlace: schema.returns.length === 1 && result?.type === "Tensor" &&
      result.written && first?.type === "Tensor" && first.written,
    writes: schema.args.some((arg) => arg.written),
  };
}

/** Drops the cached shapes of tensors among the arguments. */
function forgetShapes(
  args: readonly (Value | Record<string, Value>)[],
): void {
  for (const arg of args) {
    if (arg instanceof Tensor) arg.changed();
    else if (isOptions(arg)) forgetShapes(Object.values(arg));
  }
}

function encodeArguments(
  operator: Operator,
  args: readonly (Value | Record<string, Value>)[],
): number {
  used = 0;
  textUsed = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (i >= operator.positional || isOptions(arg)) {
      encodeOptions(operator, i, arg, args.length);
      break;
    }
    encode(operator, operator.argumentNames[i] as string, arg as Value);
  }
  return used;
}

function isOptions(
  arg: Value | Record<string, Value>,
): arg is Record<string, Value> {
  return typeof arg === "object" && arg !== null && !(arg instanceof Tensor) &&
    !Array.isArray(arg);
}

function encodeOptions(
  operator: Operator,
  position: number,
  options: Value | Record<string, Value>,
  given: number,
): void {
  if (options === undefined) return;
  if (!isOptions(options) || position !== given - 1) {
    throw new TypeError(
      `Cannot call ${operator.name}: it takes ${operator.positional} positional arguments, then an object of named ones (${
        operator.argumentNames.slice(operator.positional).join(", ") || "none"
      })`,
    );
  }
  for (const name of Object.keys(options)) {
    if (operator.argumentNames.indexOf(name) < position) {
      throw new TypeError(
        `Cannot call ${operator.name}: it has no argument "${name}" to be named: expected one of ${
          operator.argumentNames.slice(position).join(", ") || "none"
        }`,
      );
    }
  }
  for (const name of operator.argumentNames.slice(position)) {
    encode(operator, name, options[name]);
  }
}

function put(operator: Operator, tag: number, count: number): number {
  if (used === CAPACITY) {
    throw new RangeError(
      `Cannot call ${operator.name}: more than ${CAPACITY} values in its arguments`,
    );
  }
  u32[4 * used] = tag;
  u32[4 * used + 1] = count;
  return used++;
}

function encode(operator: Operator, name: string, value: Value): void {
  switch (typeof value) {
    case "number":
      f64[2 * put(operator, NUMBER, 0) + 1] = value;
      return;
    case "boolean":
      u32[4 * put(operator, BOOL, 0) + 2] = value ? 1 : 0;
      return;
    case "undefined":
      put(operator, DEFAULT, 0);
      return;
    case "bigint":
      i64[2 * put(operator, INTEGER, 0) + 1] = value;
      return;
    case "string":
      encodeText(operator, value);
      return;
  }
  if (value === null) {
    put(operator, NONE, 0);
  } else if (value instanceof Tensor) {
    if (value.disposed) {
      throw new TypeError(
        `Cannot call ${operator.name}: argument ${name} is a tensor that was disposed`,
      );
    }
    u32[4 * put(operator, TENSOR, 0) + 2] = value.handle;
  } else if (Array.isArray(value)) {
    put(operator, LIST, value.length);
    for (const item of value) encode(operator, name, item);
  } else {
    throw new TypeError(
      `Cannot call ${operator.name}: argument ${name} is ${
        Deno.inspect(value, { depth: 0 })
      }: expected a tensor, number, boolean, string, null or a list of these`,
    );
  }
}

function encodeText(operator: Operator, value: string): void {
  const { written, read } = new TextEncoder().encodeInto(
    value,
    text.subarray(textUsed),
  );
  if (read < value.length) {
    throw new RangeError(
      `Cannot call ${operator.name}: its strings take more than ${text.length} bytes`,
    );
  }
  u32[4 * put(operator, STRING, written) + 2] = textUsed;
  textUsed += written;
}

function decode(): Result {
  const at = read++;
  switch (resultU32[4 * at]) {
    case TENSOR:
      return new Tensor(resultU32[4 * at + 2] as number);
    case NUMBER:
      return resultF64[2 * at + 1] as number;
    case BOOL:
      return resultU32[4 * at + 2] !== 0;
    case LIST: {
      const list: Result[] = [];
      const count = resultU32[4 * at + 1] as number;
      for (let i = 0; i < count; i++) list.push(decode());
      return list;
    }
    default:
      return null;
  }
}

/**
 * The schemas of all operators of a namespace in the loaded libtorch, one per string.
 *
 * @throws {TorchError} if the library cannot be loaded.
 */
export function operatorSchemas(namespace = "aten"): string[] {
  const { symbols, error } = native();
  const name = cString(namespace);
  const text = readText((buffer, capacity) =>
    symbols.moe_operator_list(name, buffer, capacity, error.bytes)
  );
  return text.split("\n").filter((line) => line !== "");
}

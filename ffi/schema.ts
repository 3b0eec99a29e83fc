/**
 * Reads the schemas in which libtorch declares its operators.
 *
 * @module
 */

/** One argument or result of an operator. */
export interface SchemaValue {
  /** Empty for an unnamed result. */
  name: string;
  /** The type without alias annotations and list lengths: `"Tensor"`, `"int[]?"`, `"Scalar"`. */
  type: string;
  /** A list with a length, such as `int[2]`: one element may stand for all. */
  repeats: boolean;
  /** The operator writes to it. */
  written: boolean;
  /** It has a default. */
  optional: boolean;
  /** Only an object of named arguments can give it. */
  keywordOnly: boolean;
}

/** A declared operator. */
export interface Schema {
  /** With namespace and overload: `"aten::add.Tensor"`. */
  name: string;
  args: SchemaValue[];
  returns: SchemaValue[];
}

/**
 * Parses one schema, such as
 * `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor`.
 *
 * @throws {SyntaxError} if it is no schema.
 */
export function parseSchema(text: string): Schema {
  const open = text.indexOf("(");
  const arrow = text.lastIndexOf(") -> ");
  if (open < 0 || arrow < open) {
    throw new SyntaxError(`Cannot parse the schema "${text}"`);
  }
  const args: SchemaValue[] = [];
  let keywordOnly = false;
  for (const part of splitTopLevel(text.slice(open + 1, arrow))) {
    if (part === "*") keywordOnly = true;
    else args.push(parseValue(part, keywordOnly));
  }
  let returned = text.slice(arrow + ") -> ".length).trim();
  // A tuple of results is in parentheses; those of an alias annotation follow a type.
  if (returned.startsWith("(")) returned = returned.slice(1, -1);
  const returns = splitTopLevel(returned).map((part) =>
    parseValue(part, false)
  );
  return { name: text.slice(0, open), args, returns };
}

/** Splits at commas outside brackets: `int[2] stride=[1, 1], Tensor(a!) self`. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    if (character === "(" || character === "[") depth++;
    if (character === ")" || character === "]") depth--;
    if (i === text.length || (character === "," && depth === 0)) {
      const part = text.slice(start, i).trim();
      if (part !== "") parts.push(part);
      start = i + 1;
    }
  }
  return parts;
}

function parseValue(text: string, keywordOnly: boolean): SchemaValue {
  const match = /^([\w.]+)((?:\([^)]*\)|\[\d*\]|\?)*)(?:\s+(\w+))?(=.*)?$/s
    .exec(text);
  if (match === null) {
    throw new SyntaxError(`Cannot parse "${text}" in a schema`);
  }
  const [, base = "", marks = "", name = "", initial] = match;
  const suffix = marks.replace(/\([^)]*\)/g, "");
  const type = base + suffix.replace(/\[\d+\]/g, "[]");
  return {
    name,
    type,
    repeats: /\[\d+\]/.test(suffix),
    written: marks.includes("!"),
    optional: initial !== undefined,
    keywordOnly,
  };
}

/**
 * Parses the schemas in which libtorch declares its operators.
 *
 * @module
 */

/** One argument or result of an operator. */
export interface SchemaValue {
  /** Empty for an unnamed result. */
  name: string;
  /** The type without alias annotations and list lengths: `"Tensor"`, `"int[]?"`, `"Scalar"`. */
  type: string;
  /** Whether it is a list with a length, such as `int[2]`, where one element may stand for all. */
  repeats: boolean;
  /** Whether the operator writes to it. */
  written: boolean;
  /** Whether it has a default. */
  optional: boolean;
  /** Whether it can be passed only in the object of named arguments. */
  keywordOnly: boolean;
}

/** A declared operator. */
export interface Schema {
  /** Name with namespace and overload: `"aten::add.Tensor"`. */
  name: string;
  args: SchemaValue[];
  returns: SchemaValue[];
}

/**
 * Parses one schema, such as
 * `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor`.
 *
 * @throws {SyntaxError} if the text is not a schema.
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
  // Several results are in parentheses; parentheses of an alias annotation come after a type.
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

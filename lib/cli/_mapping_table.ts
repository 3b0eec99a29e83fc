/** Shows how tensors were mapped: tensors that differ only in layer and expert share a row. */

import type { MappedTensor } from "../interop/mod.ts";

/** A table of source name, target name, shape, dtype and number of tensors. */
export function mappingTable(
  mapping: readonly MappedTensor[],
  [from, to]: readonly [string, string],
): string {
  const groups = new Map<
    string,
    { numbers: number[][]; first: MappedTensor }
  >();
  for (const tensor of mapping) {
    const [name = ""] = tensor.from;
    const key = JSON.stringify([
      tensor.from.map(withoutNumbers),
      tensor.to.map(withoutNumbers),
      tensor.shape,
      tensor.dtype,
    ]);
    const group = groups.get(key) ?? { numbers: [], first: tensor };
    group.numbers.push([...name.matchAll(NUMBER)].map(([, n]) => Number(n)));
    groups.set(key, group);
  }
  const rows = [...groups.values()].map(({ numbers, first }) => [
    joined(first.from.map((name) => withRanges(name, numbers))),
    joined(first.to.map((name) => withRanges(name, numbers))),
    `[${first.shape.join(", ")}]`,
    first.dtype,
    String(numbers.length),
  ]);
  return aligned([[from, to, "shape", "dtype", "tensors"], ...rows]);
}

const NUMBER = /\.(\d+)(?=\.)/g;

function withoutNumbers(name: string): string {
  return name.replaceAll(NUMBER, ".#");
}

/** "h.0.mlp.experts.0" becomes "h.0-11.mlp.experts.0-7". */
function withRanges(name: string, numbers: readonly number[][]): string {
  let place = 0;
  return name.replaceAll(NUMBER, () => {
    const all = numbers.map((each) => each[place] ?? 0);
    place++;
    const low = Math.min(...all);
    const high = Math.max(...all);
    return low === high ? `.${low}` : `.${low}-${high}`;
  });
}

/** Joins "q.weight", "k.weight" and "v.weight" to "{q,k,v}.weight". */
function joined(names: readonly string[]): string {
  const [first = "", ...others] = names;
  if (others.length === 0) return first;
  const shared = (from: (name: string) => string) => {
    const [one = "", ...rest] = names.map(from);
    let length = 0;
    while (
      rest.every((other) =>
        length < other.length && other[length] === one[length]
      )
    ) {
      length++;
    }
    return length;
  };
  const start = shared((name) => name);
  const end = shared((name) => [...name.slice(start)].reverse().join(""));
  const middles = names.map((name) => name.slice(start, name.length - end));
  return `${first.slice(0, start)}{${middles.join(",")}}${
    first.slice(first.length - end)
  }`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  ).join("\n");
}

/** Pickles written by hand, operation by operation. */

/** Bytes of a pickle: text is operations, one a character, or what `string()` made. */
export function pickleOf(
  ...parts: readonly (string | Uint8Array)[]
): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === "string"
      ? Uint8Array.from(part, (character) => character.charCodeAt(0))
      : part
  );
  return Uint8Array.from(bytes.flatMap((part) => [...part]));
}

/** A text, as protocol 2 writes it. */
export function string(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const head = new Uint8Array(5);
  head[0] = "X".charCodeAt(0);
  new DataView(head.buffer).setUint32(1, bytes.length, true);
  return pickleOf(head, bytes);
}

/** The operations that put a tensor together, of storage "0" with this many floats. */
export function tensorOf(
  { offset = 0, shape = [2, 3], strides = [3, 1], length = 6, key = "0" }: {
    offset?: number;
    shape?: readonly number[];
    strides?: readonly number[];
    length?: number;
    key?: string;
  } = {},
): Uint8Array {
  const integer = (value: number) => {
    const bytes = new Uint8Array(5);
    bytes[0] = "J".charCodeAt(0);
    new DataView(bytes.buffer).setInt32(1, value, true);
    return bytes;
  };
  return pickleOf(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    string("storage"),
    "ctorch\nFloatStorage\n",
    string(key),
    string("cpu"),
    integer(length),
    "tQ",
    integer(offset),
    "(",
    ...shape.map(integer),
    "t(",
    ...strides.map(integer),
    "t\x89ccollections\nOrderedDict\n)RtR",
  );
}

/** Writes pickles that `torch.load(weights_only=True)` reads: protocol 2, plain containers and tensors. */

import { Buffer } from "node:buffer";
import type { SafetensorsDtype } from "../checkpoint/safetensors_dtypes.ts";

/** A Python float; a plain number may become an int. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** A Python tuple; arrays become lists. */
export class PythonTuple {
  constructor(readonly values: readonly Picklable[]) {}
}

/** A tensor that is a whole storage. */
export class PythonTensor {
  constructor(
    readonly dtype: SafetensorsDtype,
    readonly shape: readonly number[],
    /** Reads its elements; called once. */
    readonly bytes: () => Promise<Uint8Array>,
  ) {}
}

/** Values that can be pickled. Maps become dicts with any keys, objects become dicts with string keys. */
export type Picklable =
  | null
  | boolean
  | number
  | string
  | PythonFloat
  | PythonTuple
  | PythonTensor
  | readonly Picklable[]
  | ReadonlyMap<string | number, Picklable>
  | { readonly [key: string]: Picklable };

const STORAGE_OF: Readonly<Partial<Record<SafetensorsDtype, string>>> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};

/** A pickle, and the tensors whose storages it names "0", "1", ... */
export interface Pickled {
  readonly bytes: Uint8Array;
  readonly tensors: readonly PythonTensor[];
}

/**
 * Pickles a value. A tensor that occurs twice becomes one storage, like tied weights.
 *
 * @throws {TypeError} If a tensor is of a dtype that PyTorch has no storage for.
 */
export function pickle(root: Picklable): Pickled {
  const writer = new Writer();
  writer.code("\x80\x02");
  writer.value(root);
  writer.code(".");
  return { bytes: writer.bytes(), tensors: [...writer.tensors.keys()] };
}

class Writer {
  readonly tensors = new Map<PythonTensor, number>();
  readonly #parts: Uint8Array[] = [];

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  /** Writes operations, one per character. */
  code(text: string): void {
    this.#parts.push(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  }

  value(value: Picklable): void {
    if (value === null) return this.code("N");
    if (typeof value === "boolean") return this.code(value ? "\x88" : "\x89");
    if (typeof value === "number") return this.#integer(value);
    if (typeof value === "string") return this.#text(value);
    if (value instanceof PythonFloat) return this.#float(value.value);
    if (value instanceof PythonTuple) return this.#tuple(value.values);
    if (value instanceof PythonTensor) return this.#tensor(value);
    if (value instanceof Map) return this.#dict(value);
    if (Array.isArray(value)) {
      this.code("](");
      for (const item of value) this.value(item);
      return this.code("e");
    }
    this.#dict(new Map(Object.entries(value)));
  }

  #dict(entries: ReadonlyMap<string | number, Picklable>): void {
    this.code("}(");
    for (const [key, item] of entries) {
      this.value(key);
      this.value(item);
    }
    this.code("u");
  }

  #tuple(values: readonly Picklable[]): void {
    this.code("(");
    for (const value of values) this.value(value);
    this.code("t");
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new TypeError(`Cannot pickle ${value} as an integer`);
    }
    const isShort = value === (value | 0);
    this.code(isShort ? "J" : "\x8a\x08");
    const view = new DataView(new ArrayBuffer(isShort ? 4 : 8));
    if (isShort) view.setInt32(0, value, true);
    else view.setBigInt64(0, BigInt(value), true);
    this.#parts.push(new Uint8Array(view.buffer));
  }

  #float(value: number): void {
    this.code("G");
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, false);
    this.#parts.push(new Uint8Array(view.buffer));
  }

  #text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.code("X");
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, bytes.length, true);
    this.#parts.push(new Uint8Array(view.buffer), bytes);
  }

  #tensor(tensor: PythonTensor): void {
    const { dtype, shape } = tensor;
    const storage = STORAGE_OF[dtype];
    if (storage === undefined) {
      throw new TypeError(`PyTorch has no storage of ${dtype}`);
    }
    const key = this.tensors.get(tensor) ?? this.tensors.size;
    this.tensors.set(tensor, key);
    const length = shape.reduce((product, size) => product * size, 1);
    const strides = shape.map((_, dimension) =>
      shape.slice(dimension + 1).reduce((product, size) => product * size, 1)
    );
    this.code("ctorch._utils\n_rebuild_tensor_v2\n(");
    this.code("(");
    this.#text("storage");
    this.code(`ctorch\n${storage}\n`);
    this.#text(String(key));
    this.#text("cpu");
    this.#integer(length);
    this.code("tQ");
    this.#integer(0);
    this.#tuple(shape);
    this.#tuple(strides);
    this.code("\x89");
    this.code("ccollections\nOrderedDict\n)R");
    this.code("tR");
  }
}

/**
 * Reads Python's pickles as PyTorch writes them, and executes nothing: the only
 * functions that a pickle may name are those that put a tensor together, and
 * here even they are only data.
 *
 * @module
 */

import {
  GLOBALS,
  PickledGlobal,
  type PickleDict,
  PickledStorage,
  PickledTensor,
  type PickleValue,
  STORAGES,
} from "./pickle_values.ts";

/** Newest protocol of pickles that there is. */
const NEWEST_PROTOCOL = 5;
/** Longer integers than any that counts something. */
const MOST_INTEGER_BYTES = 64;

/**
 * Reads a pickle.
 *
 * @param bytes All of it.
 * @param source Names it in errors.
 * @returns The object in it.
 * @throws {SyntaxError} If it is damaged, or names or does anything that is not
 * needed to hold tensors in plain containers; the message says what.
 *
 * @example
 * ```ts
 * import { unpickle } from "./unpickle.ts";
 *
 * // pickle.dumps({"iter_num": 7}, protocol=2)
 * const bytes = Uint8Array.fromHex("80027d5808000000697465725f6e756d4b07732e");
 * console.log(unpickle(bytes, "an example")); // Map { "iter_num" => 7 }
 * ```
 */
export function unpickle(bytes: Uint8Array, source: string): PickleValue {
  return new Unpickler(bytes, source).run();
}

/** An empty place on the stack that says where a tuple, list or dict begins. */
const MARK = Symbol("mark");
type Slot = PickleValue | typeof MARK;

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(bytes: Uint8Array, source: string) {
    this.#bytes = bytes;
    this.#view = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    this.#source = source;
  }

  run(): PickleValue {
    for (;;) {
      const at = this.#at;
      const operation = String.fromCharCode(this.#take(1)[0]!);
      if (operation === ".") {
        const value = this.pop();
        if (this.#stack.length === 0) return value;
        throw this.#wrong("it ends with values left over");
      }
      const perform = OPERATIONS[operation];
      if (perform === undefined) {
        throw this.#wrong(
          `it uses the operation ${
            REFUSED[operation] ?? JSON.stringify(operation)
          } (byte ${at}), which tensors in plain containers never need`,
        );
      }
      perform(this);
    }
  }

  // ---- what operations are made of --------------------------------------------

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pushMark(): void {
    this.#stack.push(MARK);
  }

  /** Takes away the last value, or a mark. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw this.#wrong("it runs empty");
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) {
      throw this.#wrong("it takes a value where there is none");
    }
    return value;
  }

  /** The last value, which stays. */
  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  popToMark(): PickleValue[] {
    const start = this.#stack.lastIndexOf(MARK);
    if (start < 0) throw this.#wrong("it closes something that is not open");
    const values = this.#stack.splice(start) as PickleValue[];
    return values.slice(1);
  }

  protocol(version: number): void {
    if (version <= NEWEST_PROTOCOL) return;
    throw this.#wrong(`it is of protocol ${version}`);
  }

  byte(): number {
    return this.#take(1)[0]!;
  }

  number(kind: "Uint16" | "Int32" | "Uint32"): number {
    const at = this.#at;
    this.#take(kind === "Uint16" ? 2 : 4);
    return this.#view[`get${kind}`](at, true);
  }

  length64(): number {
    const at = this.#at;
    this.#take(8);
    return Number(this.#view.getBigUint64(at, true));
  }

  float(): number {
    const at = this.#at;
    this.#take(8);
    return this.#view.getFloat64(at, false);
  }

  text(length: number): string {
    const bytes = this.#take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(bytes);
    } catch {
      throw this.#wrong("it holds text that is not UTF-8");
    }
  }

  data(length: number): Uint8Array {
    return this.#take(length).slice();
  }

  /** A little-endian integer in two's complement. */
  integer(length: number): number | bigint {
    if (length > MOST_INTEGER_BYTES) {
      throw this.#wrong(`it holds an integer of ${length} bytes`);
    }
    const bytes = this.#take(length);
    if (length === 0) return 0;
    let value = 0n;
    for (const byte of bytes.toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#wrong("it was cut off");
    const line = this.text(end - this.#at);
    this.#at = end + 1;
    return line;
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw this.#wrong(`it refers to value ${index}, which it does not have`);
    }
    this.push(value);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list) || Object.isFrozen(list)) {
      throw this.#wrong("it appends to what is no list");
    }
    for (const value of values) list.push(value);
  }

  set(pairs: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw this.#wrong("it adds to what is no dict");
    if (pairs.length % 2 !== 0) {
      throw this.#wrong("it adds a key without a value");
    }
    for (let index = 0; index < pairs.length; index += 2) {
      dict.set(pairs[index]!, pairs[index + 1]!);
    }
  }

  /** Names a function or class. */
  name(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!GLOBALS.has(full) && !STORAGES.has(full)) {
      throw this.#wrong(
        `it names ${full}; only tensors and plain containers are read, and nothing is executed: if you trust the file, load it in Python and save its tensors alone`,
      );
    }
    this.push(new PickledGlobal(full));
  }

  nameFromStack(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof name !== "string" || typeof module !== "string") {
      throw this.#wrong("it names something by what is no text");
    }
    this.name(module, name);
  }

  /** What would be a function call: each of the few that may be named, as data. */
  reduce(): void {
    const args = this.#tuple(this.pop(), "the arguments of a call");
    const callee = this.pop();
    if (!(callee instanceof PickledGlobal)) {
      throw this.#wrong("it calls what is no function");
    }
    switch (callee.name) {
      case "collections.OrderedDict":
        return this.push(this.#orderedDict(args));
      case "torch._utils._rebuild_tensor_v2":
        return this.push(this.#tensor(args));
      case "torch._utils._rebuild_parameter": {
        const [tensor] = args;
        if (tensor instanceof PickledTensor) return this.push(tensor);
        break;
      }
      case "torch.Size": {
        const [sizes] = args;
        if (Array.isArray(sizes)) return this.push(Object.freeze([...sizes]));
        break;
      }
      case "_codecs.encode": {
        const [text, encoding] = args;
        if (typeof text === "string" && encoding === "latin1") {
          return this.push(
            Uint8Array.from(text, (character) => character.charCodeAt(0)),
          );
        }
      }
    }
    throw this.#wrong(
      `it calls ${callee.name} with arguments it does not take`,
    );
  }

  /** Attributes of an OrderedDict, which PyTorch keeps versions in; left out. */
  build(): void {
    this.drop();
    if (!(this.top() instanceof Map)) {
      throw this.#wrong("it sets attributes of what is no OrderedDict");
    }
  }

  /** What PyTorch stores outside of the pickle. */
  persistent(): void {
    const id = this.#tuple(this.pop(), "the name of a storage");
    const [kind, type, key, , length] = id;
    const dtype = type instanceof PickledGlobal
      ? STORAGES.get(type.name)
      : undefined;
    const isKey = typeof key === "string" || typeof key === "number";
    if (
      kind !== "storage" || dtype === undefined || !isKey || !isCount(length)
    ) {
      throw this.#wrong(
        "it refers to something that is no storage of a tensor",
      );
    }
    this.push(new PickledStorage(dtype, String(key), length));
  }

  #orderedDict(args: readonly PickleValue[]): PickleDict {
    const [pairs = []] = args;
    if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair))) {
      return new Map(
        pairs.map((pair) => pair as [PickleValue, PickleValue]),
      );
    }
    throw this.#wrong("it makes an OrderedDict of what are no pairs");
  }

  #tensor(args: readonly PickleValue[]): PickledTensor {
    const [storage, offset, shape, strides] = args;
    if (
      storage instanceof PickledStorage && isCount(offset) &&
      isCounts(shape) && isCounts(strides) && shape.length === strides.length
    ) return new PickledTensor(storage, offset, shape, strides);
    throw this.#wrong("it holds a tensor that is none");
  }

  #tuple(value: PickleValue, what: string): readonly PickleValue[] {
    if (Array.isArray(value) && Object.isFrozen(value)) return value;
    throw this.#wrong(`${what} are no tuple`);
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) {
      throw this.#wrong("it was cut off");
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(
      `Cannot read ${this.#source}: its pickle is not one that can be read: ${what}`,
    );
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

/** Every operation that is read, by its byte. */
const OPERATIONS: Readonly<
  Record<string, ((pickle: Unpickler) => void) | undefined>
> = {
  // Framing and the memo.
  "\x80": (pickle) => pickle.protocol(pickle.byte()),
  "\x95": (pickle) => pickle.length64(),
  "q": (pickle) => pickle.remember(pickle.byte()),
  "r": (pickle) => pickle.remember(pickle.number("Uint32")),
  "\x94": (pickle) => pickle.memoize(),
  "h": (pickle) => pickle.recall(pickle.byte()),
  "j": (pickle) => pickle.recall(pickle.number("Uint32")),
  "(": (pickle) => pickle.pushMark(),
  "0": (pickle) => pickle.drop(),
  "1": (pickle) => pickle.popToMark(),
  "2": (pickle) => pickle.push(pickle.top()),
  // Plain values.
  "N": (pickle) => pickle.push(null),
  "\x88": (pickle) => pickle.push(true),
  "\x89": (pickle) => pickle.push(false),
  "K": (pickle) => pickle.push(pickle.byte()),
  "M": (pickle) => pickle.push(pickle.number("Uint16")),
  "J": (pickle) => pickle.push(pickle.number("Int32")),
  "\x8a": (pickle) => pickle.push(pickle.integer(pickle.byte())),
  "\x8b": (pickle) => pickle.push(pickle.integer(pickle.number("Uint32"))),
  "G": (pickle) => pickle.push(pickle.float()),
  "X": (pickle) => pickle.push(pickle.text(pickle.number("Uint32"))),
  "\x8c": (pickle) => pickle.push(pickle.text(pickle.byte())),
  "\x8d": (pickle) => pickle.push(pickle.text(pickle.length64())),
  "B": (pickle) => pickle.push(pickle.data(pickle.number("Uint32"))),
  "C": (pickle) => pickle.push(pickle.data(pickle.byte())),
  "\x8e": (pickle) => pickle.push(pickle.data(pickle.length64())),
  // Containers.
  ")": (pickle) => pickle.push(Object.freeze([])),
  "t": (pickle) => pickle.push(Object.freeze(pickle.popToMark())),
  "\x85": (pickle) => pickle.push(Object.freeze([pickle.pop()])),
  "\x86": (pickle) => pushTuple(pickle, 2),
  "\x87": (pickle) => pushTuple(pickle, 3),
  "]": (pickle) => pickle.push([]),
  "a": (pickle) => {
    const value = pickle.pop();
    pickle.append([value]);
  },
  "e": (pickle) => pickle.append(pickle.popToMark()),
  "l": (pickle) => pickle.push(pickle.popToMark()),
  "}": (pickle) => pickle.push(new Map()),
  "d": (pickle) => {
    const pairs = pickle.popToMark();
    pickle.push(new Map());
    pickle.set(pairs);
  },
  "s": (pickle) => {
    const value = pickle.pop();
    const key = pickle.pop();
    pickle.set([key, value]);
  },
  "u": (pickle) => pickle.set(pickle.popToMark()),
  // What stands for tensors.
  "c": (pickle) => {
    const module = pickle.line();
    pickle.name(module, pickle.line());
  },
  "\x93": (pickle) => pickle.nameFromStack(),
  "R": (pickle) => pickle.reduce(),
  "b": (pickle) => pickle.build(),
  "Q": (pickle) => pickle.persistent(),
};

/** Names of operations that are refused because of what they do. */
const REFUSED: Readonly<Record<string, string | undefined>> = {
  "i": "INST",
  "o": "OBJ",
  "\x81": "NEWOBJ",
  "\x92": "NEWOBJ_EX",
  "P": "PERSID",
  "\x82": "EXT1",
  "\x83": "EXT2",
  "\x84": "EXT4",
  "\x97": "NEXT_BUFFER",
};

function pushTuple(pickle: Unpickler, length: number): void {
  const values = Array.from({ length }, () => pickle.pop());
  pickle.push(Object.freeze(values.reverse()));
}

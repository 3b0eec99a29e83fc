/**
 * The tensor: a handle to a libtorch tensor, with PyTorch's names.
 *
 * @module
 */

import { adopt, release, unregister } from "./_ownership.ts";
import {
  type Device,
  type DType,
  DTYPES,
  elementSize,
  type TypedArray,
  typedArray,
} from "./dtype.ts";
import { ErrorBuffer } from "./error.ts";
import { display, inspect } from "./inspect.ts";
import { check, native } from "./library.ts";
import { TensorOperators } from "./tensor_operators.ts";

/** Shape, element type and device of a tensor. */
interface Info {
  dtype: DType;
  device: Device;
  shape: readonly number[];
  strides: readonly number[];
  contiguous: boolean;
}

const MAX_DIMENSIONS = 16;
// Layout written by moe_tensor_info: dtype, device, device index, flags, dimensions, sizes, strides.
const infoBuffer = new BigInt64Array(5 + 2 * MAX_DIMENSIONS);
const REQUIRES_GRAD = 1n, CONTIGUOUS = 2n, LEAF = 4n;

/**
 * A multi-dimensional array that libtorch owns and computes with.
 *
 * It is freed by the {@linkcode scope} it was created in, by `using`, or by `dispose()`. Common operators
 * are methods, with PyTorch's names and meaning; all others are called with {@linkcode aten}. Methods
 * whose name ends in `_` change the tensor and return it.
 *
 * @example
 * ```ts
 * import { tensor } from "moebius";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(x.matmul(x.t()).sum().item()); // 52
 * ```
 */
export class Tensor extends TensorOperators {
  #handle: number;
  #info: Info | undefined;
  /** Whether it lives until it is disposed, independent of scopes. Set by `keep`. */
  persistent = false;

  /** Called only by ffi, with a handle that the new tensor then owns. */
  constructor(handle: number) {
    super();
    this.#handle = handle;
    adopt(this);
  }

  // ---- properties ---------------------------------------------------------------------------

  /** The native handle; 0 once disposed. */
  get handle(): number {
    return this.#handle;
  }

  /** Whether the tensor was freed. */
  get disposed(): boolean {
    return this.#handle === 0;
  }

  /** Sizes of the dimensions. */
  get shape(): readonly number[] {
    return this.#describe().shape;
  }

  /** For each dimension, the number of elements between consecutive indices. */
  get strides(): readonly number[] {
    return this.#describe().strides;
  }

  /** Element type. */
  get dtype(): DType {
    return this.#describe().dtype;
  }

  /** Device of the elements. */
  get device(): Device {
    return this.#describe().device;
  }

  /** Whether the elements lie in row-major order without gaps. */
  get isContiguous(): boolean {
    return this.#describe().contiguous;
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Number of dimensions. */
  get dim(): number {
    return this.shape.length;
  }

  /**
   * Size of one dimension; a negative one counts from the last.
   *
   * @throws {RangeError} if there is no such dimension.
   */
  size(dimension: number): number {
    const size = this.shape.at(dimension);
    if (size === undefined) {
      throw new RangeError(
        `Cannot take size ${dimension} of a tensor with ${this.dim} dimensions`,
      );
    }
    return size;
  }

  /** Whether operators on it are recorded for `backward`. */
  get requiresGrad(): boolean {
    this.#readInfo();
    return (infoBuffer[3]! & REQUIRES_GRAD) !== 0n;
  }

  set requiresGrad(value: boolean) {
    const { symbols, error } = native();
    check(
      symbols.moe_tensor_set_requires_grad(
        this.#live("requiresGrad"),
        value ? 1 : 0,
        error.bytes,
      ),
    );
  }

  /** Whether it was created by the user and not by a recorded operator. */
  get isLeaf(): boolean {
    this.#readInfo();
    return (infoBuffer[3]! & LEAF) !== 0n;
  }

  /** The gradient that `backward` accumulated in a leaf, or null. */
  get grad(): Tensor | null {
    const { symbols, error } = native();
    error.bytes.fill(0, 0, 4);
    const handle = symbols.moe_tensor_grad(this.#live("grad"), error.bytes);
    if (handle !== 0) return new Tensor(handle);
    if (error.bytes[0] !== 0) throw error.take();
    return null;
  }

  set grad(gradient: Tensor | null) {
    const { symbols, error } = native();
    check(
      symbols.moe_tensor_set_grad(
        this.#live("grad"),
        gradient === null ? 0 : gradient.#live("grad"),
        error.bytes,
      ),
    );
  }

  // ---- lifetime -----------------------------------------------------------------------------

  /** Frees the tensor. Doing so twice is harmless. */
  dispose(): void {
    unregister(this);
    release([this]);
  }

  /** Frees the tensor at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Called only by ffi: the handle is freed elsewhere. */
  forget(): void {
    this.#handle = 0;
  }

  /** Called only by ffi: an operator may have changed the shape. */
  changed(): void {
    this.#info = undefined;
  }

  // ---- elements -----------------------------------------------------------------------------

  /**
   * The only element, as a number (0 or 1 for bool). Waits for the device.
   *
   * @throws {TypeError} if there is not exactly one element.
   */
  item(): number {
    if (this.numel !== 1) {
      throw new TypeError(
        `Cannot take the item of ${this}: it has ${this.numel} elements, expected 1`,
      );
    }
    return Number(this.toArray()[0]);
  }

  /**
   * A copy of the elements in row-major order; waits for the device. bfloat16 is converted to float32; other
   * dtypes keep their own typed array.
   */
  toArray(): TypedArray {
    if (this.dtype === "bfloat16") {
      const wide = this.to("float32");
      try {
        return wide.toArray();
      } finally {
        wide.dispose();
      }
    }
    return typedArray(this.dtype, this.toBytes().buffer);
  }

  /** A copy of the elements' bytes in row-major order, for every dtype. Waits for the device. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.numel * elementSize(this.dtype));
    const { symbols, error } = native();
    check(
      symbols.moe_tensor_read(
        this.#live("toBytes"),
        bytes,
        BigInt(bytes.byteLength),
        error.bytes,
      ),
    );
    return bytes;
  }

  /**
   * Like `toArray`, without blocking JavaScript while the device works. The elements are those at the time of
   * the call, so the tensor may be changed or disposed immediately after it.
   */
  async toArrayAsync(): Promise<TypedArray> {
    const copy = this.dtype === "bfloat16" ? this.to("float32") : this.clone();
    // The current scope ends before the device is done.
    copy.persistent = true;
    const { dtype } = copy;
    const bytes = new ArrayBuffer(copy.numel * elementSize(dtype));
    // A separate error buffer, because synchronous calls continue while this one waits.
    const error = new ErrorBuffer();
    try {
      const status = await native().symbols.moe_tensor_read_async(
        copy.handle,
        bytes,
        BigInt(bytes.byteLength),
        error.bytes,
      );
      if (status < 0) throw error.take();
    } finally {
      copy.dispose();
    }
    return typedArray(dtype, bytes);
  }

  /**
   * The elements' memory itself, without a copy. It is valid while the tensor lives; writing to it changes
   * the tensor.
   *
   * @throws {TorchError} if the tensor is not contiguous or not on the CPU.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.numel * elementSize(this.dtype);
    if (length === 0) return new Uint8Array(0);
    const { symbols, error } = native();
    const pointer = symbols.moe_tensor_data(this.#live("bytes"), error.bytes);
    if (pointer === null) throw error.take();
    return new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(pointer, length),
    );
  }

  /**
   * Overwrites all elements with those of a typed array in row-major order. The array must be of the tensor's
   * own type, as `toArray` returns it; for bfloat16, a Uint16Array of the bits.
   *
   * @throws {TypeError} if the array is of another type.
   * @throws {TorchError} if the sizes differ or the tensor is not contiguous.
   */
  write(array: TypedArray): this {
    const { symbols, error } = native();
    const expected = typedArray(this.dtype, new ArrayBuffer(0)).constructor;
    if (array.constructor !== expected) {
      throw new TypeError(
        `Cannot write a ${array.constructor.name} to ${this}: expected a ${expected.name}`,
      );
    }
    check(
      symbols.moe_tensor_write(
        this.#live("write"),
        array,
        BigInt(array.byteLength),
        error.bytes,
      ),
    );
    return this;
  }

  // ---- display ------------------------------------------------------------------------------

  /** `float32[2, 3]`, with the device if it is not the CPU. */
  override toString(): string {
    if (this.disposed) return "disposed tensor";
    const place = this.device === "cpu" ? "" : ` ${this.device}`;
    return `${this.dtype}[${this.shape.join(", ")}]${place}`;
  }

  /** The text that `console.log` shows: dtype, shape, values and statistics. */
  [Symbol.for("Deno.customInspect")](): string {
    return inspect(this);
  }

  /** The view that a notebook shows for a tensor on a cell's last line. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return display(this);
  }

  #live(action: string): number {
    if (this.#handle === 0) {
      throw new TypeError(`Cannot use ${action} of a tensor that was disposed`);
    }
    return this.#handle;
  }

  #readInfo(): void {
    const { symbols, error } = native();
    check(
      symbols.moe_tensor_info(this.#live("shape"), infoBuffer, error.bytes),
    );
  }

  #describe(): Info {
    if (this.#info !== undefined && this.#handle !== 0) return this.#info;
    this.#readInfo();
    const dimensions = Number(infoBuffer[4]);
    const numbers = [...infoBuffer.subarray(5, 5 + 2 * dimensions)].map(Number);
    return this.#info = {
      dtype: DTYPES[Number(infoBuffer[0])]!,
      device: infoBuffer[1] === 0n ? "cpu" : `cuda:${Number(infoBuffer[2])}`,
      shape: numbers.slice(0, dimensions),
      strides: numbers.slice(dimensions),
      contiguous: (infoBuffer[3]! & CONTIGUOUS) !== 0n,
    };
  }
}

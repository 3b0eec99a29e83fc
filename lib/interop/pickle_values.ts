/**
 * The values that are read from a pickle, and the names that it may contain.
 *
 * @module
 */

import type { SafetensorsDtype } from "../checkpoint/safetensors_dtypes.ts";

/** The values of a pickle. A tuple becomes a frozen array, a list an array that is not frozen. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | PickleDict
  | PickledTensor
  | PickledStorage
  | PickledGlobal;

/** A dict or OrderedDict. */
export type PickleDict = Map<PickleValue, PickleValue>;

/** Where the elements of tensors are kept. */
export class PickledStorage {
  /** The storage's file, element type and length. */
  constructor(
    /** Element type. */
    readonly dtype: SafetensorsDtype,
    /** Name of its file in the zip. */
    readonly key: string,
    /** Number of elements. */
    readonly length: number,
  ) {}
}

/** A tensor: a view of a storage. */
export class PickledTensor {
  /** Which elements of the storage belong to the tensor. */
  constructor(
    /** Where its elements are. */
    readonly storage: PickledStorage,
    /** The first one. */
    readonly offset: number,
    /** Sizes. */
    readonly shape: readonly number[],
    /** Elements to skip for the next index of each dimension. */
    readonly strides: readonly number[],
  ) {}
}

/** One of the few functions and classes that may be named. */
export class PickledGlobal {
  /** Stores its name. */
  constructor(
    /** Module and name, `collections.OrderedDict`. */
    readonly name: string,
  ) {}
}

/** Classes that name the element type of a storage. */
export const STORAGES: ReadonlyMap<string, SafetensorsDtype> = new Map(
  Object.entries(
    {
      "torch.DoubleStorage": "F64",
      "torch.FloatStorage": "F32",
      "torch.HalfStorage": "F16",
      "torch.BFloat16Storage": "BF16",
      "torch.LongStorage": "I64",
      "torch.IntStorage": "I32",
      "torch.ShortStorage": "I16",
      "torch.CharStorage": "I8",
      "torch.ByteStorage": "U8",
      "torch.BoolStorage": "BOOL",
    } as const,
  ),
);

/** What a pickle may name beside storages; each is interpreted in `reduce`. */
export const GLOBALS: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
  "torch.Size",
  "_codecs.encode",
]);

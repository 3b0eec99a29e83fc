/**
 * Lists of tensors under names: comparing them with what a model needs, writing
 * them, and telling what became of each.
 *
 * @module
 */

import type { TensorToWrite } from "../checkpoint/safetensors_writer.ts";
import type { ModelTensor } from "../model/tensors.ts";
import {
  byteLengthOf,
  readStored,
  type StoredTensor,
} from "./stored_tensor.ts";

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, StoredTensor>;

/** How a tensor was mapped. */
export interface MappedTensor {
  /** Its names in the source; several tensors were joined. */
  readonly from: readonly string[];
  /** Its names in the target; for several names, the tensor was split. */
  readonly to: readonly string[];
  /** Sizes as a whole. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: string;
}

/** Called as bytes are written. */
export type OnBytes = (bytes: number, totalBytes: number) => void;

const DTYPES = ["F32", "BF16", "F16", "F64"];
const MOST_SHOWN = 8;

/**
 * Checks tensors against those of a model.
 *
 * @throws {RangeError} If one is missing, of another shape, of a dtype that no
 * weight has, or not part of the model; every key is named, up to eight.
 */
export function checkTensors(
  tensors: NamedTensors,
  expected: readonly ModelTensor[],
  source: string,
): void {
  const problems: string[] = [];
  const names = new Set(expected.map(({ name }) => name));
  for (const { name, shape } of expected) {
    const found = tensors.get(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (found.shape.join() !== shape.join()) {
      problems.push(
        `${name} is [${found.shape.join(", ")}], expected [${
          shape.join(", ")
        }]`,
      );
    } else if (!DTYPES.includes(found.dtype)) {
      problems.push(`${name} is of type ${found.dtype}`);
    }
  }
  for (const name of tensors.keys()) {
    if (!names.has(name)) problems.push(`${name} is not part of the model`);
  }
  refuse(`${source} does not hold the model of its configuration`, problems);
}

/**
 * Does nothing if there are no problems.
 *
 * @throws {RangeError} Otherwise, naming the first eight.
 */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length - MOST_SHOWN;
  const list = problems.slice(0, MOST_SHOWN).map((line) => `\n- ${line}`);
  throw new RangeError(
    `${what}:${list.join("")}${more > 0 ? `\n- and ${more} more` : ""}`,
  );
}

/** Entries for the safetensors writer, each of which is read only when it is written. */
export function tensorsToWrite(
  tensors: NamedTensors,
  onBytes: (bytes: number) => void,
): TensorToWrite[] {
  return [...tensors].map(([name, tensor]) => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    bytes: async () => {
      const bytes = await readStored(tensor);
      onBytes(bytes.byteLength);
      return bytes;
    },
  }));
}

/** Bytes of all tensors. */
export function totalBytes(tensors: NamedTensors): number {
  return tensors.values().reduce(
    (sum, tensor) => sum + byteLengthOf(tensor),
    0,
  );
}

/** Adds up what is written. */
export function counter(
  total: number,
  onBytes: OnBytes = () => {},
): (bytes: number) => void {
  let done = 0;
  return (bytes) => onBytes(done += bytes, total);
}

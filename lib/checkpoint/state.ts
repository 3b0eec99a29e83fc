/**
 * Tensors to and from safetensors files.
 *
 * @module
 */

import {
  aten,
  type DType,
  MappedFile,
  noGrad,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import {
  readSafetensorsHeader,
  type SafetensorsEntry,
  SafetensorsError,
} from "./safetensors.ts";
import type { TensorToWrite } from "./safetensors_writer.ts";

/** A tensor, or a part of one, under the name it has in a file. */
export interface NamedTensor {
  /** Its name in the file. */
  readonly name: string;
  /** Sizes under that name. */
  readonly shape: readonly number[];
  /** The tensor that it is, or is a part of. */
  readonly tensor: Tensor;
  /** Selects its part of that tensor. */
  readonly part: (whole: Tensor) => Tensor;
  /** Whether it repeats the values of an entry before it. */
  readonly alias?: boolean;
}

/** What safetensors files call the dtypes of tensors; their other dtypes have no tensors. */
const NAMES = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  bool: "BOOL",
} as const satisfies Record<DType, SafetensorsEntry["dtype"]>;

const DTYPES = new Map<string, DType>(
  Object.entries(NAMES)
    .map(([dtype, name]) => [name, dtype as DType]),
);

/**
 * Entries for `writeSafetensors`. Nothing is copied before it is written; tensors of a device are
 * fetched one at a time.
 */
export function tensorsToWrite(
  tensors: Iterable<NamedTensor>,
): TensorToWrite[] {
  return [...tensors].map(({ name, shape, tensor, part }) => ({
    name,
    shape,
    dtype: NAMES[tensor.dtype],
    bytes: () =>
      scope(() => {
        const selected = part(tensor).detach();
        // The tensor outlives the write, and so do the bytes of its parts.
        return selected.device === "cpu" && selected.isContiguous
          ? selected.bytes()
          : selected.toBytes();
      }),
  }));
}

/**
 * Copies tensors of a file into those of the program, converting dtype and device. Everything is
 * checked before anything is copied.
 *
 * @throws {SafetensorsError} if the file is damaged, or its names or shapes are not those expected.
 */
export async function loadTensors(
  path: string,
  targets: Iterable<NamedTensor>,
): Promise<void> {
  const header = await readSafetensorsHeader(path);
  const { matches, problems } = match(header.tensors, targets);
  if (problems.length > 0) {
    const shown = problems.slice(0, 5).join("; ");
    const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
    throw new SafetensorsError(
      `Cannot load ${path}: it does not fit the model: ${shown}${more}`,
    );
  }
  using file = new MappedFile(path);
  for (
    const { target: { name, tensor, part, alias }, entry, dtype } of matches
  ) {
    noGrad(() =>
      scope(() => {
        const source = file.tensor(entry.offset, entry.shape, dtype);
        const target = part(tensor);
        if (!alias) {
          target.copy_(source);
        } else if (!equal(target, source)) {
          throw new SafetensorsError(
            `Cannot load ${path}: ${name} differs from the tensor it is tied to: train without tied embeddings`,
          );
        }
      })
    );
  }
}

function equal(target: Tensor, source: Tensor): boolean {
  const same = source.to(target.device).to(target.dtype);
  return aten("equal", target.detach(), same);
}

/** A tensor of the program, and where its elements are in a file. */
interface Match {
  readonly target: NamedTensor;
  readonly entry: SafetensorsEntry;
  readonly dtype: DType;
}

/** Matches the targets with a file's tensors; mismatches and tensors left over are problems. */
function match(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  targets: Iterable<NamedTensor>,
): { matches: Match[]; problems: string[] } {
  const matches: Match[] = [];
  const problems: string[] = [];
  const names = new Set<string>();
  for (const target of targets) {
    const { name, shape } = target;
    names.add(name);
    const entry = entries.get(name);
    const dtype = DTYPES.get(entry?.dtype ?? "");
    if (entry === undefined) {
      problems.push(`${name} is missing`);
    } else if (entry.shape.join() !== shape.join()) {
      problems.push(
        `${name} is [${entry.shape.join(", ")}], expected [${
          shape.join(", ")
        }]`,
      );
    } else if (dtype === undefined) {
      problems.push(`${name} is of type ${entry.dtype}, which has no tensor`);
    } else {
      matches.push({ target, entry, dtype });
    }
  }
  for (const name of entries.keys()) {
    if (!names.has(name)) problems.push(`${name} is not part of it`);
  }
  return { matches, problems };
}

/**
 * Writes models that `AutoModelForCausalLM.from_pretrained` can open.
 *
 * @module
 */

import { join } from "node:path";
import {
  layoutSafetensors,
  type TensorToWrite,
  writeLayout,
} from "../checkpoint/safetensors_writer.ts";
import {
  convert,
  dtypeName,
  type ExportDtype,
  targetDtype,
} from "./_dtypes.ts";
import { checkTarget, publishFolder } from "./_publish.ts";
import type { CheckpointSource } from "./checkpoint_source.ts";
import {
  huggingFaceConfigText,
  toHuggingFaceConfig,
} from "./hugging_face_config.ts";
import { huggingFaceNames } from "./hugging_face_names.ts";
import { modelCard } from "./model_card.ts";
import { counter, type MappedTensor, type OnBytes } from "./named_tensors.ts";
import {
  byteLengthOf,
  readStored,
  type StoredTensor,
  takeRows,
} from "./stored_tensor.ts";
import { tensorByteLength } from "../checkpoint/safetensors_dtypes.ts";

/** Options of {@linkcode exportHuggingFace}. */
export interface HuggingFaceExportOptions {
  /** The folder to write. */
  readonly outDir: string;
  /** Largest file of weights, in bytes. Default: 5e9. */
  readonly maxShardBytes?: number;
  /** Element type of the weights. Default: their own. */
  readonly dtype?: ExportDtype;
  /** Replace an existing folder. Default: false. */
  readonly overwrite?: boolean;
  /** Called as bytes are written. */
  readonly onBytes?: OnBytes;
}

/** The result of an export. */
export interface Exported {
  /** The folder. */
  readonly path: string;
  /** How each tensor was mapped. */
  readonly mapping: readonly MappedTensor[];
  /** Names of the files. */
  readonly files: readonly string[];
  /** Messages for the user. */
  readonly notices: readonly string[];
}

const SHARD_BYTES = 5e9;

interface Part {
  readonly name: string;
  readonly tensor: StoredTensor;
  readonly dtype: StoredTensor["dtype"];
  readonly bytes: number;
}

/**
 * Writes `config.json`, `model.safetensors` (or shards with an index),
 * `generation_config.json`, the tokenizer's files and a model card.
 *
 * @throws {RangeError} If transformers has no model that computes the same function; the message lists
 * every reason, and nothing is written.
 * @throws {StorageError} If the folder exists or cannot be written.
 */
export async function exportHuggingFace(
  source: CheckpointSource,
  options: HuggingFaceExportOptions,
): Promise<Exported> {
  const { outDir, maxShardBytes = SHARD_BYTES, overwrite = false } = options;
  const { config, tied, tokenizer } = source;
  const { parts, mapping } = partsOf(source, options.dtype);
  const [first] = parts;
  const { bosId, eosId } = tokenizer ?? {};
  const dtype = dtypeName(first?.dtype ?? "F32");
  const json = toHuggingFaceConfig(config, { tied, dtype, bosId, eosId });
  await checkTarget(outDir, overwrite);

  const shards = shardsOf(parts, maxShardBytes);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = counter(total, options.onBytes);
  const files: string[] = [];
  const notices = tokenizer === undefined
    ? [
      "The checkpoint holds no tokenizer.json: put the files of its tokenizer beside the model",
    ]
    : [];
  await publishFolder(outDir, async (draft) => {
    const writeJson = async (name: string, value: unknown) => {
      files.push(name);
      await draft.writeText(name, JSON.stringify(value, null, 2) + "\n");
    };
    for (const [name, shard] of shards) {
      files.push(name);
      const layout = layoutSafetensors(
        shard.map((part) => entryOf(part, count)),
        {
          format: "pt",
        },
      );
      await writeLayout(join(draft.path, name), layout);
    }
    if (shards.size > 1) {
      await writeJson("model.safetensors.index.json", {
        metadata: { total_size: total },
        weight_map: Object.fromEntries(
          [...shards].flatMap(([file, shard]) =>
            shard.map(({ name }) => [name, file])
          ),
        ),
      });
    }
    files.push("config.json");
    await draft.writeText("config.json", huggingFaceConfigText(json));
    await writeJson("generation_config.json", {
      do_sample: true,
      ...(bosId === undefined ? {} : { bos_token_id: bosId }),
      ...(eosId === undefined ? {} : { eos_token_id: eosId }),
    });
    files.push("README.md");
    await draft.writeText("README.md", modelCard(source, { dtype, json }));
    for (const { name, read } of source.tokenizerFiles) {
      if (files.includes(name)) continue;
      files.push(name);
      await draft.writeBytes(name, await read());
    }
  }, { overwrite });
  return { path: outDir, mapping, files: files.sort(), notices };
}

/** The tensors under their new names, in the order of the model. */
function partsOf(
  { config, weights, tied }: CheckpointSource,
  wanted: ExportDtype | undefined,
): { parts: Part[]; mapping: MappedTensor[] } {
  const parts: Part[] = [];
  const mapping: MappedTensor[] = [];
  for (const { name, parts: there } of huggingFaceNames(config)) {
    if (tied && name === "lm_head.weight") continue;
    const whole = weights.get(name)!;
    const dtype = targetDtype(whole.dtype, wanted);
    let row = 0;
    for (const { name, rows } of there) {
      const tensor = there.length === 1 ? whole : takeRows(whole, row, rows);
      row += rows;
      const bytes = tensorByteLength(dtype, tensor.shape) ??
        byteLengthOf(tensor);
      parts.push({ name, tensor, dtype, bytes });
    }
    mapping.push({
      from: [name],
      to: there.map(({ name }) => name),
      shape: whole.shape,
      dtype,
    });
  }
  return { parts, mapping };
}

/** The names of the files and their tensors: a single file, or several if the limit requires it. */
function shardsOf(
  parts: readonly Part[],
  maxBytes: number,
): ReadonlyMap<string, readonly Part[]> {
  const shards: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    if (shards.length === 0 || part.bytes > room) {
      shards.push([]);
      room = maxBytes;
    }
    shards.at(-1)!.push(part);
    room -= part.bytes;
  }
  const number = (value: number) => String(value).padStart(5, "0");
  return new Map(
    shards.map((shard, index) => [
      shards.length === 1
        ? "model.safetensors"
        : `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`,
      shard,
    ]),
  );
}

function entryOf(
  { name, tensor, dtype }: Part,
  count: (bytes: number) => void,
): TensorToWrite {
  return {
    name,
    dtype,
    shape: tensor.shape,
    bytes: async () => {
      const bytes = convert(await readStored(tensor), tensor.dtype, dtype);
      count(bytes.byteLength);
      return bytes;
    },
  };
}

/**
 * Reads models of transformers: a folder with `config.json` and one or several safetensors files, or
 * `pytorch_model.bin`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { isPlainFileName } from "../checkpoint/manifest.ts";
import { readSafetensorsHeader } from "../checkpoint/safetensors.ts";
import { tokenizerFilesIn } from "./_tokenizer_files.ts";
import { fromHuggingFaceConfig } from "./hugging_face_config.ts";
import { huggingFaceNames } from "./hugging_face_names.ts";
import type { ImportPlan } from "./import_plan.ts";
import { modelTensors } from "../model/tensors.ts";
import {
  checkTensors,
  type MappedTensor,
  type NamedTensors,
  refuse,
} from "./named_tensors.ts";
import { joinRows, type StoredTensor } from "./stored_tensor.ts";
import { openTorchFile } from "./torch_file.ts";

/** Files that hold all weights, and indexes that list the files of weights. */
const WEIGHTS = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];
const OUTPUT = "lm_head.weight";
const EMBEDDING = "model.embed_tokens.weight";

const indexSchema = z.looseObject({
  weight_map: z.record(z.string(), z.string()),
});

/** Whether a folder contains a model of transformers. */
export function isHuggingFace(dir: string): boolean {
  return existsSync(join(dir, "config.json")) && weightsOf(dir) !== undefined;
}

/** Files of weights, in order of preference: a repository often has the same weights in several formats. */
const WEIGHT_FILES = [
  /^model[^/]*\.safetensors$/,
  /^pytorch_model[^/]*\.bin$/,
  /^(lit_model\.pth|[^/]+\.yaml)$/,
];

/**
 * Whether a file of a hub's repository is needed for an import.
 *
 * @param path The file.
 * @param paths All files of the repository.
 */
export function isImported(path: string, paths: readonly string[]): boolean {
  const weights = WEIGHT_FILES.find((kind) =>
    paths.some((each) => kind.test(each))
  );
  return /^[^/]+\.(json|jinja)$/.test(path) || path === "merges.txt" ||
    path === "tokenizer.model" || (weights?.test(path) ?? false);
}

/**
 * Reads a model of transformers and verifies all of it.
 *
 * @param dir Its folder.
 * @param name Name of the model. Default: the folder's name.
 * @throws {RangeError} If there is no such model here, or tensors are missing or
 * do not fit.
 * @throws {SyntaxError} If a file cannot be read.
 * @throws {SafetensorsError} If the weights are damaged.
 */
export async function readHuggingFace(
  dir: string,
  { name = basename(resolve(dir)) }: { name?: string } = {},
): Promise<ImportPlan> {
  const file = join(dir, "config.json");
  const { kind, config, tied } = fromHuggingFaceConfig(await readJson(file), {
    source: file,
    name,
  });
  const found = new Map(await readWeights(dir));
  for (const key of found.keys()) {
    // Rotary frequencies: old files contain them, but every model computes them itself.
    if (key.endsWith(".rotary_emb.inv_freq")) found.delete(key);
  }
  const notices: string[] = [];
  const embedding = found.get(EMBEDDING);
  if (tied && embedding !== undefined) found.set(OUTPUT, embedding);

  const weights = new Map<string, StoredTensor>();
  const mapping: MappedTensor[] = [];
  const problems: string[] = [];
  for (const { name, parts } of huggingFaceNames(config)) {
    const from = parts.map((part) => part.name);
    const missing = from.filter((key) => !found.has(key));
    problems.push(...missing.map((key) => `${key} is missing`));
    if (missing.length > 0) continue;
    const tensors = from.map((key) => found.get(key)!);
    const tensor = tensors.length === 1 ? tensors[0]! : joinRows(tensors);
    weights.set(name, tensor);
    const { shape, dtype } = tensor;
    const source = tied && name === OUTPUT ? [EMBEDDING] : from;
    mapping.push({ from: source, to: [name], shape, dtype });
  }
  const known = new Set(
    huggingFaceNames(config).flatMap(({ parts }) =>
      parts.map(({ name }) => name)
    ),
  );
  problems.push(
    ...[...found.keys()].filter((key) => !known.has(key))
      .map((key) =>
        `${key} is not part of a ${kind} model of this config.json`
      ),
  );
  refuse(`${dir} does not hold the model of its config.json`, problems);
  checkTensors(weights, modelTensors(config), dir);
  return {
    source: dir,
    format: `Hugging Face, ${kind}`,
    config,
    tied,
    weights,
    mapping,
    training: null,
    tokenizerFiles: tokenizerFilesIn(dir),
    notices,
  };
}

function weightsOf(dir: string): string | undefined {
  return WEIGHTS.find((name) => existsSync(join(dir, name)));
}

async function readWeights(dir: string): Promise<NamedTensors> {
  const name = weightsOf(dir);
  if (name === undefined) {
    throw new RangeError(
      `Cannot import ${dir}: it has none of ${WEIGHTS.join(", ")}`,
    );
  }
  if (!name.endsWith(".index.json")) return await readFile(join(dir, name));
  const path = join(dir, name);
  const parsed = indexSchema.safeParse(await readJson(path));
  if (!parsed.success) {
    throw new SyntaxError(`Cannot read ${path}: it has no weight_map`);
  }
  const { weight_map } = parsed.data;
  const tensors = new Map<string, StoredTensor>();
  for (const file of new Set(Object.values(weight_map))) {
    if (!isPlainFileName(file)) {
      throw new SyntaxError(
        `Cannot read ${path}: ${JSON.stringify(file)} is no name of a file`,
      );
    }
    if (!existsSync(join(dir, file))) {
      throw new RangeError(
        `Cannot import ${dir}: ${file} is missing, which ${name} names`,
      );
    }
    for (const [key, tensor] of await readFile(join(dir, file))) {
      if (weight_map[key] === file) tensors.set(key, tensor);
    }
  }
  refuse(
    `Cannot import ${dir}: ${name} names tensors that are not there`,
    Object.keys(weight_map).filter((key) => !tensors.has(key))
      .map((key) => `${key} is missing in ${weight_map[key]}`),
  );
  return tensors;
}

async function readFile(path: string): Promise<NamedTensors> {
  if (path.endsWith(".bin")) {
    const file = await openTorchFile(path);
    if (!(file.root instanceof Map)) {
      throw new RangeError(
        `Cannot read ${path}: it holds no dictionary of tensors`,
      );
    }
    return new Map(
      [...file.root].map(([key, value]) => [
        String(key),
        file.tensor(value, String(key)),
      ]),
    );
  }
  const { tensors } = await readSafetensorsHeader(path);
  return new Map(
    [...tensors].map(([key, { dtype, shape, offset, byteLength }]) => [
      key,
      { dtype, shape, extents: [{ path, offset, byteLength }] },
    ]),
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`Cannot read ${path}: it is not JSON`, {
      cause: error,
    });
  }
}

/**
 * Detects the format of a model to import, and plans the import.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isHuggingFace, readHuggingFace } from "./hugging_face_source.ts";
import type { ImportPlan } from "./import_plan.ts";
import {
  LITGPT_WEIGHTS,
  type LitGptOptions,
  readLitGpt,
} from "./litgpt_source.ts";

/** Options of {@linkcode planImport}. */
export interface PlanOptions extends LitGptOptions {
  /** What the files are, where a folder holds both. Default: told by the files. */
  readonly format?: "litgpt" | "hf";
  /** What a Hugging Face model is called. Default: its folder's name. */
  readonly name?: string;
}

/**
 * Reads a model of LitGPT or Hugging Face and checks all of it; nothing is
 * written.
 *
 * @param path A folder, or LitGPT's `lit_model.pth`.
 * @param options What to read of it.
 * @returns What `writeImport` writes.
 * @throws {RangeError} If it is no model, or one that moebius does not have.
 *
 * @example
 * ```ts ignore
 * const plan = await planImport("checkpoints/mistralai/Mixtral-8x7B-v0.1");
 * await writeImport(plan, { outDir: "out/mixtral" });
 * ```
 */
export async function planImport(
  path: string,
  options: PlanOptions = {},
): Promise<ImportPlan> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat === undefined) {
    throw new RangeError(`Cannot import ${path}: no such file or directory`);
  }
  if (stat.isFile) return await readLitGpt(path, options);
  const isLitGpt = existsSync(join(path, LITGPT_WEIGHTS));
  const format = options.format ?? (isLitGpt ? "litgpt" : "hf");
  if (format === "litgpt" && isLitGpt) return await readLitGpt(path, options);
  if (format === "hf" && isHuggingFace(path)) {
    return await readHuggingFace(path, options);
  }
  const inside = [...Deno.readDirSync(path)].map(({ name }) => name).sort()
    .filter((name) => existsSync(join(path, name, LITGPT_WEIGHTS)));
  throw new RangeError(
    `Cannot import ${path}: ${
      inside.length > 0
        ? `it contains checkpoints, give one of them: ${
          inside.map((name) => join(path, name)).join(", ")
        }`
        : `expected ${LITGPT_WEIGHTS} with model_config.yaml (LitGPT), or config.json with model.safetensors (Hugging Face)`
    }`,
  );
}

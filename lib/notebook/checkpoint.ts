/**
 * Opens checkpoints in a notebook.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureSetup } from "../../ffi/mod.ts";
import { requireCheckpoint } from "../checkpoint/find.ts";
import { readManifest } from "../checkpoint/manifest.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import { loadRunConfig, type RunConfig } from "../config/mod.ts";
import { countParameters } from "../model/count.ts";
import type { GPT, GPTOptions } from "../model/gpt.ts";
import { loadModel } from "../model/load.ts";
import { formatBytes } from "../progress/format.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { placeRun } from "../train/device.ts";
import { tableBundle } from "./_html.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";

/** An open checkpoint; made by {@linkcode openCheckpoint}. */
export class Checkpoint implements Disposable {
  /** Its folder. */
  readonly dir: string;
  /** Optimizer steps done. */
  readonly step: number;
  /** Configuration of its run. */
  readonly config: RunConfig;
  /** The model, with its weights. */
  readonly model: GPT;
  /** Its tokenizer. */
  readonly tokenizer: Tokenizer;

  /** Called only by {@linkcode openCheckpoint}. */
  constructor(
    parts: Pick<Checkpoint, "dir" | "step" | "config" | "model" | "tokenizer">,
  ) {
    this.dir = parts.dir;
    this.step = parts.step;
    this.config = parts.config;
    this.model = parts.model;
    this.tokenizer = parts.tokenizer;
  }

  /** Frees the model. */
  [Symbol.dispose](): void {
    this.model[Symbol.dispose]();
  }

  /** The view in a notebook: path, run and content. */
  [DISPLAY](): DisplayBundle {
    const { total, active } = countParameters(this.config.model_config, {
      tieEmbeddings: this.config.train.tie_embeddings,
    });
    const files = [...Deno.readDirSync(this.dir)]
      .filter(({ isFile }) => isFile).map(({ name }) => name).sort();
    const rows = [
      ["folder", this.dir],
      ["step", this.step],
      ["parameters", total],
      ["active parameters", active],
      ["precision", `${this.model.dtypes.weights} on ${this.model.device}`],
      ...files.map((name) => [
        name,
        formatBytes(Deno.statSync(join(this.dir, name)).size),
      ]),
    ];
    return tableBundle(["checkpoint", ""], rows);
  }
}

/**
 * Opens a checkpoint of `train` or `deno task train`: model, tokenizer and configuration.
 *
 * @throws {CheckpointError} if there is no checkpoint, or it is damaged.
 *
 * @example
 * ```ts ignore
 * using checkpoint = await openCheckpoint("out/quickstart/final");
 * ```
 */
export async function openCheckpoint(
  path: string,
  options: GPTOptions = {},
): Promise<Checkpoint> {
  const dir = await requireCheckpoint(path, { action: "open" });
  const { step } = await readManifest(dir);
  const { config } = loadRunConfig({
    file: join(dir, CHECKPOINT_FILES.config),
  });
  await ensureSetup();
  const { device, precision, attention } = placeRun(config);
  const hasTokenizer = existsSync(join(dir, "tokenizer.json"));
  const tokenizer = await loadTokenizer(
    hasTokenizer ? dir : config.tokenizer_dir ?? dir,
  );
  const model = await loadModel(dir, {
    device,
    precision,
    attention,
    tieEmbeddings: config.train.tie_embeddings,
    ...options,
  });
  return new Checkpoint({ dir, step, config, model, tokenizer });
}

/**
 * `deno task import`: converts a model of LitGPT or Hugging Face to a checkpoint.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { countParameters } from "../model/count.ts";
import { downloadRepository } from "../hub/mod.ts";
import { isImported, planImport, writeImport } from "../interop/mod.ts";
import { createProgress, formatBytes } from "../progress/mod.ts";
import {
  type Command,
  onlyWord,
  readArguments,
  runCommand,
} from "./_command.ts";
import { mappingTable } from "./_mapping_table.ts";

const options = z.object({
  out_dir: z.string().optional()
    .describe("Where the checkpoint goes; out/import/NAME unless given"),
  format: z.enum(["litgpt", "hf"]).optional()
    .describe("litgpt or hf; unless given, what the files are"),
  weights_only: z.boolean().default(false)
    .describe("Take the weights of a training checkpoint alone"),
  config: z.string().optional()
    .describe("The run's YAML, if not hyperparameters.yaml beside the weights"),
  revision: z.string().default("main")
    .describe("Branch, tag or commit of a model of the hub"),
  overwrite: z.boolean().default(false)
    .describe("Replace a checkpoint that is there already"),
});

const command: Command<typeof options> = {
  usage: "import DIR|FILE|HF-NAME [options]",
  summary:
    "Makes a checkpoint of LitGPT's lit_model.pth or of a Hugging Face model (Llama, Mistral, Mixtral, Qwen2, Qwen3, Qwen3-MoE).",
  options,
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options, words } = read;
  const source = onlyWord(
    words,
    "one DIR, FILE or HF-NAME, such as checkpoints/mine/lit_model.pth or mistralai/Mixtral-8x7B-v0.1",
  );
  const path = existsSync(source)
    ? source
    : await download(source, options.revision);
  const name = nameOf(source);
  const plan = await planImport(path, {
    name,
    weightsOnly: options.weights_only,
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.config === undefined ? {} : { runConfig: options.config }),
  });
  console.log(mappingTable(plan.mapping, ["there", "here"]));
  const { total } = countParameters(plan.config, { tieEmbeddings: plan.tied });
  console.log(
    `\nRead     ${plan.format}: ${total.toLocaleString("en-US")} parameters${
      plan.tied ? ", tied embeddings" : ""
    }`,
  );
  for (const notice of plan.notices) console.log(`Note     ${notice}`);

  using progress = createProgress({ label: "import", unit: "byte" });
  const outDir = options.out_dir ?? `out/import/${name}`;
  const written = await writeImport(plan, {
    outDir,
    overwrite: options.overwrite,
    onBytes: (done, total) => progress.update({ done, total }),
  });
  progress.finish();
  for (const warning of written.warnings) console.log(`Note     ${warning}`);
  console.log(
    `Saved    ${written.path}, ${formatBytes(written.bytes)}: ${
      plan.training === null
        ? `deno task generate ${written.path}, or deno task train --initial-checkpoint-dir ${written.path}`
        : `deno task train --config ${written.path}/hyperparameters.yaml --resume ${written.path}`
    }`,
  );
  return 0;
}

/** Name of a model: the last part of its path or repository name. */
function nameOf(source: string): string {
  const path = resolve(source);
  const isFile = /\.(pth|pt|ckpt|bin)$/.test(path);
  return basename(isFile ? dirname(path) : path);
}

async function download(name: string, revision: string): Promise<string> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) {
    throw new RangeError(
      `Cannot import ${name}: no such file or directory, and not the OWNER/NAME of a model either`,
    );
  }
  using progress = createProgress({ label: "download", unit: "byte" });
  const dir = await downloadRepository({ type: "model", name, revision }, {
    include: isImported,
    onProgress: ({ bytes, totalBytes }) =>
      progress.update({ done: bytes, total: totalBytes }),
    onNotice: (text) => progress.log(text),
  });
  progress.finish();
  return dir;
}

if (import.meta.main) await runCommand(main);

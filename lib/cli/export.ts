/**
 * `deno task export`: a checkpoint for LitGPT or Hugging Face.
 *
 * @module
 */

import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { checkUpload, uploadDirectory } from "../hub/mod.ts";
import {
  type Exported,
  exportHuggingFace,
  exportLitGpt,
  readCheckpoint,
} from "../interop/mod.ts";
import { createProgress } from "../progress/mod.ts";
import {
  type Command,
  onlyWord,
  readArguments,
  runCommand,
  UsageError,
} from "./_command.ts";
import { mappingTable } from "./_mapping_table.ts";

const options = z.object({
  format: z.enum(["hf", "litgpt"]).optional()
    .describe("hf (transformers, vLLM, llama.cpp) or litgpt"),
  out_dir: z.string().optional()
    .describe("The folder to write; out/export/NAME-FORMAT unless given"),
  dtype: z.enum(["float32", "bfloat16"]).optional()
    .describe("Numbers of the weights, for hf; their own unless given"),
  max_shard_size: z.string().default("5GB")
    .describe("Largest file of weights, for hf"),
  weights_only: z.boolean().default(false)
    .describe("Leave out the training, for litgpt"),
  push_to_hub: z.string().optional()
    .describe("Upload it as the model OWNER/NAME of HF_ENDPOINT, for hf"),
  private: z.boolean().default(false)
    .describe("Only its owner sees a model that --push-to-hub creates"),
  overwrite: z.boolean().default(false)
    .describe("Replace a folder that is there already"),
});

const command: Command<typeof options> = {
  usage: "export CHECKPOINT_DIR --format hf|litgpt [options]",
  summary:
    "Writes a checkpoint as a model of transformers, also to a hub, or as one that LitGPT reads and trains on.",
  options,
};

const UNITS = { KB: 1e3, MB: 1e6, GB: 1e9 } as const;

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options, words } = read;
  const dir = onlyWord(
    words,
    "one CHECKPOINT_DIR, such as out/quickstart/final",
  );
  const { format, dtype, overwrite, push_to_hub: name } = options;
  if (format === undefined) {
    throw new UsageError("Expected --format hf or --format litgpt");
  }
  if (name !== undefined && format !== "hf") {
    throw new UsageError(
      "--push-to-hub uploads models of transformers: expected --format hf",
    );
  }
  if (options.private && name === undefined) {
    throw new UsageError("--private needs --push-to-hub OWNER/NAME");
  }
  if (name !== undefined && !name.includes("/")) {
    throw new UsageError(
      `--push-to-hub is ${name}: expected OWNER/NAME, such as me/${name}`,
    );
  }
  if (name !== undefined) await checkUpload({ type: "model", name });
  const maxShardBytes = bytesOf(options.max_shard_size);
  const outDir = options.out_dir ?? `out/export/${nameOf(dir)}-${format}`;
  const source = await readCheckpoint(dir);
  using progress = createProgress({ label: "export", unit: "byte" });
  const common = {
    outDir,
    overwrite,
    onBytes: (done: number, total: number) => progress.update({ done, total }),
  };
  const exported = format === "hf"
    ? await exportHuggingFace(source, {
      ...common,
      maxShardBytes,
      ...(dtype === undefined ? {} : { dtype }),
    })
    : await exportLitGpt(source, {
      ...common,
      weightsOnly: options.weights_only,
    });
  progress.finish();
  console.log(mappingTable(exported.mapping, ["here", "there"]));
  console.log("");
  for (const notice of exported.notices) console.log(`Note     ${notice}`);
  console.log(`Saved    ${exported.path}: ${exported.files.join(", ")}`);
  if (name !== undefined) await upload(exported, name, options.private);
  return 0;
}

async function upload(
  { path }: Exported,
  name: string,
  isPrivate: boolean,
): Promise<void> {
  using progress = createProgress({ label: "upload", unit: "byte" });
  try {
    const { url } = await uploadDirectory({ type: "model", name }, path, {
      private: isPrivate,
      onProgress: ({ bytes, totalBytes }) =>
        progress.update({ done: bytes, total: totalBytes }),
      onNotice: (text) => progress.log(text),
    });
    progress.finish();
    console.log(`Uploaded ${url}`);
  } catch (error) {
    progress.log(`${path} is whole: with --overwrite the command goes on`);
    throw error;
  }
}

/** Name of a model: quickstart-final for `out/quickstart/final`. */
function nameOf(dir: string): string {
  const path = resolve(dir);
  return `${basename(dirname(path))}-${basename(path)}`;
}

function bytesOf(size: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([KMG]B)?$/.exec(size) ?? [];
  if (digits !== undefined && Number(digits) > 0) {
    return Number(digits) * (UNITS[unit as keyof typeof UNITS] ?? 1);
  }
  throw new UsageError(
    `--max-shard-size is ${size}: expected a size such as 5GB or 200MB`,
  );
}

if (import.meta.main) await runCommand(main);

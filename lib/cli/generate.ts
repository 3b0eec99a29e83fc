/**
 * `deno task generate`: continues a prompt.
 *
 * @module
 */

import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import { loadModelConfig } from "../config/mod.ts";
import { generateText } from "../generate/generate.ts";
import { loadModel } from "../model/load.ts";
import {
  type Command,
  integer,
  number,
  readArguments,
  runCommand,
  UsageError,
} from "./_command.ts";
import {
  checkpointTokenizer,
  placeCheckpoint,
  placementOptions,
} from "./_checkpoint.ts";

const options = z.object({
  prompt: z.string().default("Once upon a time")
    .describe("Text to continue"),
  max_new_tokens: integer.default(50).describe("Most tokens to add"),
  temperature: number.default(0.8).describe(
    "0 takes the likeliest token always",
  ),
  top_k: integer.default(50).describe(
    "Only so many likeliest tokens; 0 is all",
  ),
  top_p: number.default(1)
    .describe("Only the likeliest tokens with this probability together"),
  num_samples: integer.default(1).describe("How many texts to generate"),
  seed: integer.default(1234).describe("The same seed gives the same text"),
  stop: z.array(z.string()).default([])
    .describe("A text that ends the text; may be given more than once"),
  tokenizer_dir: z.string().optional()
    .describe("Where the tokenizer is, if not in the checkpoint"),
  ...placementOptions,
});

const command: Command<typeof options> = {
  usage: "generate CHECKPOINT_DIR [options]",
  summary: "Continues a prompt with the model of a checkpoint.",
  options,
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const { options, words } = read;
  const [dir, ...others] = words;
  if (dir === undefined || others.length > 0) {
    throw new UsageError(
      "Expected one CHECKPOINT_DIR, such as out/quickstart/final",
    );
  }
  const config = loadModelConfig(`${dir}/model_config.yaml`);
  const tokenizer = await checkpointTokenizer(dir, options.tokenizer_dir);
  await ensureSetup();
  using model = await loadModel(dir, placeCheckpoint(config, options));
  for (let sample = 0; sample < options.num_samples; sample++) {
    const startedMs = performance.now();
    let firstMs: number | undefined;
    let tokens = 0;
    await write(options.prompt);
    const pieces = generateText(model, tokenizer, options.prompt, {
      maxNewTokens: options.max_new_tokens,
      temperature: options.temperature,
      topK: options.top_k === 0 ? null : options.top_k,
      topP: options.top_p,
      stop: options.stop,
      seed: options.seed + sample,
      onToken: () => {
        firstMs ??= performance.now();
        tokens++;
      },
    });
    for (const piece of pieces) await write(piece);
    await write("\n");
    const prefill = ((firstMs ?? startedMs) - startedMs) / 1000;
    const decode = (performance.now() - (firstMs ?? startedMs)) / 1000;
    console.error(
      `${tokens} tokens: first after ${prefill.toFixed(2)} s, then ${
        (Math.max(tokens - 1, 0) / decode).toFixed(1)
      } tokens/s`,
    );
  }
  return 0;
}

async function write(text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    bytes = bytes.subarray(await Deno.stdout.write(bytes));
  }
}

if (import.meta.main) await runCommand(main);

/**
 * `deno task generate`: continues a prompt.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import { loadModelConfig } from "../config/mod.ts";
import { encodePrompt, generateTexts } from "../generate/generate.ts";
import { loadModel } from "../model/load.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";
import {
  type Command,
  integer,
  number,
  positive,
  readArguments,
  runCommand,
} from "./_command.ts";
import {
  checkpointDir,
  checkpointTokenizer,
  placeCheckpoint,
  placementOptions,
} from "./_checkpoint.ts";

const options = z.object({
  prompt: z.string().default("Once upon a time")
    .describe("Text to continue"),
  max_new_tokens: positive.default(50).describe("Most tokens to add"),
  temperature: number.pipe(z.number().min(0)).default(0.8).describe(
    "0 takes the likeliest token always",
  ),
  top_k: integer.pipe(z.int().min(0)).default(50).describe(
    "Only so many likeliest tokens; 0 is all",
  ),
  top_p: number.pipe(z.number().min(0).max(1)).default(1)
    .describe("Only the likeliest tokens with this probability together"),
  num_samples: positive.default(1)
    .describe("How many texts to generate, computed together"),
  seed: integer.default(1234).describe("The same seed gives the same text"),
  stop: z.array(z.string().min(1)).default([])
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
  const dir = await checkpointDir(words);
  const config = loadModelConfig(join(dir, CHECKPOINT_FILES.modelConfig));
  const tokenizer = await checkpointTokenizer(dir, options.tokenizer_dir);
  await ensureSetup();
  using model = await loadModel(dir, placeCheckpoint(config, options));
  const samples = options.num_samples;
  const texts = Array.from({ length: samples }, () => options.prompt);
  const startedMs = performance.now();
  let firstMs: number | undefined;
  let tokens = 0;
  const pieces = generateTexts(model, tokenizer, options.prompt, {
    samples,
    maxNewTokens: options.max_new_tokens,
    temperature: options.temperature,
    topK: options.top_k === 0 ? null : options.top_k,
    topP: options.top_p,
    stop: options.stop,
    seed: options.seed,
    onToken: () => {
      firstMs ??= performance.now();
      tokens++;
    },
  });
  let shown = 0;
  for (const { sample, text } of pieces) {
    texts[sample] += text;
    // The first text is streamed; the others are computed at the same time and shown when complete.
    await write(texts[0]!.slice(shown));
    shown = texts[0]!.length;
  }
  const endMs = performance.now();
  await write(`${texts[0]!.slice(shown)}\n`);
  for (const text of texts.slice(1)) await write(`\n${text}\n`);
  const prompt = encodePrompt(tokenizer, options.prompt);
  console.error(
    describeSpeed({
      prompt: samples * prompt.length,
      prefillSeconds: ((firstMs ?? endMs) - startedMs) / 1000,
      // The first token of each sample is computed by the pass over the prompt.
      decoded: Math.max(0, tokens - samples),
      decodeSeconds: (endMs - (firstMs ?? endMs)) / 1000,
      tokens,
      samples,
    }),
  );
  return 0;
}

function describeSpeed(
  { prompt, prefillSeconds, decoded, decodeSeconds, tokens, samples }: {
    prompt: number;
    prefillSeconds: number;
    decoded: number;
    decodeSeconds: number;
    tokens: number;
    samples: number;
  },
): string {
  const speed = (count: number, seconds: number) =>
    seconds > 0 ? `${(count / seconds).toFixed(1)} tokens/s` : "no time";
  const where = samples === 1 ? "" : ` in ${samples} samples`;
  return `${tokens} tokens${where}: prefill ${prompt} tokens in ${
    prefillSeconds.toFixed(2)
  } s (${speed(prompt, prefillSeconds)}), decode ${
    speed(decoded, decodeSeconds)
  }`;
}

async function write(text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    bytes = bytes.subarray(await Deno.stdout.write(bytes));
  }
}

if (import.meta.main) await runCommand(main);

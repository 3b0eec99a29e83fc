/**
 * `deno task evaluate`: the loss of a checkpoint on held-out text.
 *
 * @module
 */

import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import { loadModelConfig, loadRunConfig } from "../config/mod.ts";
import { evaluateLoss } from "../evaluate/loss.ts";
import { loadModel } from "../model/load.ts";
import { createProgress } from "../progress/mod.ts";
import { openDataset, openText } from "../train/dataset.ts";
import {
  type Command,
  integer,
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
  data: z.string().optional()
    .describe(
      "File or folder of text; the data of the checkpoint's run unless given",
    ),
  split: z.enum(["train", "val"]).default("val")
    .describe("Part of the run's data: val or train"),
  batch_size: integer.default(8).describe("Sequences computed at once"),
  max_batches: integer.optional().describe("Stop after so many batches"),
  json: z.boolean().default(false).describe("Print the result as JSON"),
  ...placementOptions,
});

const command: Command<typeof options> = {
  usage: "evaluate CHECKPOINT_DIR [options]",
  summary:
    "Measures loss and perplexity of a checkpoint. The same command gives the same numbers.",
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
  const { config: run } = loadRunConfig({
    file: `${dir}/hyperparameters.yaml`,
  });
  const model_config = loadModelConfig(`${dir}/model_config.yaml`);
  await ensureSetup();
  const tokenizer = await checkpointTokenizer(dir, undefined);
  using dataset = options.data === undefined
    ? await openDataset({
      ...run,
      model_config,
      tokenizer_dir: tokenizer.source,
    })
    : await openText(options.data, tokenizer, {
      maxVocab: model_config.padded_vocab_size,
    });
  using model = await loadModel(dir, placeCheckpoint(model_config, options));
  using progress = createProgress({ label: "evaluate", unit: "batch" });
  const evaluation = await evaluateLoss(model, dataset.shards, {
    batchSize: options.batch_size,
    sequenceLength: run.train.max_seq_length,
    split: options.data === undefined ? options.split : "train",
    ...(options.max_batches === undefined
      ? {}
      : { maxBatches: options.max_batches }),
    onBatch: (done, total) => progress.update({ done, total }),
  });
  progress.finish();
  const { loss, perplexity, tokens } = evaluation;
  console.log(
    options.json
      ? JSON.stringify(evaluation)
      : `Loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(2)} over ${
        tokens.toLocaleString("en-US")
      } tokens`,
  );
  return 0;
}

if (import.meta.main) await runCommand(main);

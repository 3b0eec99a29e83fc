/**
 * `deno task follow OUT_DIR`: watches a run that another process trains, such as a notebook.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hasEnded } from "../checkpoint/ended.ts";
import { loadRunConfig, plannedSteps } from "../config/mod.ts";
import { followMetrics, type MetricsRow } from "../metrics/mod.ts";
import { createProgress, type ProgressUpdate } from "../progress/mod.ts";
import { onlyWord, readArguments, runCommand, UsageError } from "./_command.ts";

const COMMAND = {
  usage: "follow OUT_DIR",
  summary:
    "Shows how far a run is that another process trains, until it has ended.",
  options: z.object({}),
};

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(COMMAND, argv);
  if (read === null) return 0;
  const dir = onlyWord(read.words, "one OUT_DIR, such as out/quickstart");
  if (!existsSync(join(dir, "config.yaml"))) {
    throw new UsageError(`Cannot follow ${dir}: there is no run in it`);
  }
  const { config } = loadRunConfig({ file: join(dir, "config.yaml") });
  const total = plannedSteps(config.train);
  using progress = createProgress({
    label: "train",
    unit: "step",
    ...(total === null ? {} : { total }),
  });
  const path = join(dir, "metrics.csv");
  let step = 0;
  const until = () => hasEnded(dir, step);
  for await (const rows of followMetrics(path, { until })) {
    step = rows.at(-1)?.optimizer_step ?? step;
    progress.update(updateOf(rows));
  }
  progress.finish();
  return 0;
}

function updateOf(rows: readonly MetricsRow[]): ProgressUpdate {
  const newest = (name: keyof MetricsRow) =>
    rows.findLast((row) => row[name] !== undefined)?.[name];
  const update = {
    done: newest("optimizer_step"),
    loss: newest("loss"),
    valLoss: newest("val_loss"),
    learningRate: newest("learning_rate"),
    tokensPerSecond: newest("tokens_per_second"),
    remainingSeconds: newest("remaining_time"),
  };
  return Object.fromEntries(
    Object.entries(update).filter(([, value]) => value !== undefined),
  );
}

if (import.meta.main) await runCommand(main);

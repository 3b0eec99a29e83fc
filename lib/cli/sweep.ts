/**
 * `deno task sweep`: runs many trainings and finds the best.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { ensureSetup } from "../../ffi/mod.ts";
import { BEST_CONFIG_FILE, REPORT_FILE } from "../sweep/report.ts";
import {
  loadSweep,
  type Study,
  sweep,
  type SweepConfig,
  type SweepInput,
} from "../sweep/mod.ts";
import { describeCounts, rankedTrials } from "../sweep/text.ts";
import {
  type Command,
  onlyWord,
  positive,
  readArguments,
  runCommand,
} from "./_command.ts";
import { onSignals } from "./_signals.ts";
import { formatTrial, SweepDisplay, tableOf } from "./_sweep_display.ts";

const options = z.object({
  out_dir: z.string().optional()
    .describe("Folder of the study; out/sweep/NAME unless given"),
  run_cap: positive.optional().describe("Trials at most"),
  parallel: positive.optional()
    .describe("Trials at once; one a GPU unless given, or one on a CPU"),
  new: z.boolean().default(false)
    .describe("Begin anew: an earlier study in the folder is moved aside"),
});

const command: Command<typeof options> = {
  usage: "sweep FILE.yaml [options]",
  summary:
    "Trains with many configurations and finds the best. The same command goes on with a sweep that was interrupted.",
  options,
};

/** Number of best trials shown at the end. */
const SHOWN = 5;

async function main(argv: readonly string[]): Promise<number> {
  const read = readArguments(command, argv);
  if (read === null) return 0;
  const file = onlyWord(
    read.words,
    "one FILE.yaml, such as configs/sweep/quickstart.yaml",
  );
  const { new: isNew, ...given } = read.options;
  const over = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<SweepInput>;
  const config = loadSweep(file, over);
  // Prepared once here, because trials starting at the same time would all do it.
  await ensureSetup();
  using signals = onSignals(["SIGINT", "SIGTERM"]);
  const display = new SweepDisplay();
  let study: Study;
  try {
    study = await sweep(config, {
      isNew,
      signal: signals.signal,
      onUpdate: (study) => display.update(study),
      onMessage: (text) => display.log(text),
    });
  } finally {
    display.finish();
  }
  if (signals.signal.aborted) {
    const { running, complete, pruned, failed } = study.counts;
    console.log(
      `Interrupted: ${
        complete + pruned + failed
      } ended, ${running} saved; go on with: deno task sweep ${
        argv.filter((word) => word !== "--new").join(" ")
      }`,
    );
    return signals.exitCode;
  }
  summarize(config, study);
  return study.best === null ? 1 : 0;
}

function summarize({ out_dir }: SweepConfig, study: Study): void {
  const { best } = study;
  console.log(`\n${study.trials.length} trials: ${describeCounts(study)}`);
  if (best === null) {
    console.log(`No trial ran to its end; their logs are in ${out_dir}/trials`);
  } else {
    const ranked = rankedTrials(study)
      .filter(({ state }) => state === "complete");
    console.log(tableOf(study, ranked.slice(0, SHOWN)).join("\n"));
    console.log(`\nBest     ${formatTrial(study, best)}`);
    console.log(
      `Train    deno task train --config ${join(out_dir, BEST_CONFIG_FILE)}`,
    );
  }
  console.log(`Report   ${join(out_dir, REPORT_FILE)}`);
}

if (import.meta.main) await runCommand(main);

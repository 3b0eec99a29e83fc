/**
 * One trial of a sweep: trains like `deno task train`, without the baseline and the sample at the end. It is started
 * by a sweep, and when its standard input closes, because the sweep is gone, it saves and ends.
 *
 * @module
 */

import { buildInfo, ensureSetup } from "../../ffi/mod.ts";
import { loadRunConfig } from "../config/mod.ts";
import { openDataset } from "../train/dataset.ts";
import { placeRun } from "../train/device.ts";
import type { TrainObserver } from "../train/observer.ts";
import { describeModel, Trainer } from "../train/trainer.ts";
import { runCommand } from "./_command.ts";
import { onSignals } from "./_signals.ts";

const ORPHANED = 1;

const observer: TrainObserver = {
  onValidation: ({ loss }, step) =>
    console.log(`step ${step}: val loss ${loss.toFixed(4)}`),
  onMessage: (text) => console.log(text),
};

async function main(argv: readonly string[]): Promise<number> {
  const { config, notices } = loadRunConfig({ argv });
  using signals = onSignals(["SIGTERM"]);
  const orphaned = onStdinClosed();
  for (const notice of notices) console.log(notice);
  await ensureSetup();
  const placement = placeRun(config);
  console.log(`${placement.description}, libtorch ${buildInfo().torch}`);
  console.log(describeModel(config));
  using dataset = await openDataset(config);
  using trainer = await Trainer.open(config, { dataset, placement, observer });
  const { reason, step } = await trainer.fit({
    signal: AbortSignal.any([signals.signal, orphaned]),
  });
  console.log(`Step ${step}: ${reason}`);
  if (reason !== "interrupted") return 0;
  return signals.exitCode || ORPHANED;
}

/** A signal that is aborted when standard input is closed. */
function onStdinClosed(): AbortSignal {
  const controller = new AbortController();
  const drain = async () => {
    const buffer = new Uint8Array(64);
    while (await Deno.stdin.read(buffer) !== null);
  };
  drain().finally(() => controller.abort());
  return controller.signal;
}

if (import.meta.main) await runCommand(main);

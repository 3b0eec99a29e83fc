/** Checks whether a sweep can resume the study in its folder, and moves the study aside for a new one. */

import { existsSync } from "node:fs";

import { ConfigError, loadRunConfig, type RunConfig } from "../config/mod.ts";
import type { SweepConfig } from "./config.ts";
import { JOURNAL_FILE, type JournalRecord } from "./journal.ts";
import type { TrialParameters } from "./space.ts";
import { type Study, trialPaths } from "./study.ts";
import { type BaseConfig, trialConfig } from "./trial_config.ts";

/** The configuration of a trial in its own folder. */
export function ownConfig(
  base: BaseConfig,
  parameters: TrialParameters,
  outDir: string,
): RunConfig {
  const own = { out_dir: outDir, resume: "auto", "log.progress": false };
  const config = trialConfig(base, parameters, own);
  // There may be many trials: by default each keeps only its newest checkpoint.
  return config.log.keep_last === null
    ? trialConfig(base, parameters, { ...own, "log.keep_last": 1 })
    : config;
}

/**
 * Refuses to go on with a study if its trials would not be comparable.
 *
 * @throws {ConfigError} If they would not.
 */
export function refuseOtherStudy(
  study: Study,
  config: SweepConfig,
  records: readonly JournalRecord[],
): void {
  const head = records.findLast((record) => record.event === "study");
  if (head === undefined) return;
  const instead = "begin anew (--new, isNew), or choose another out_dir";
  for (
    const [key, before, given] of [
      ["parameters", head.space, config.space],
      ["metric", head.metric, config.metric],
    ] as const
  ) {
    if (JSON.stringify(before) === JSON.stringify(given)) continue;
    throw new ConfigError([{
      key,
      message:
        `differs from that of the study in ${config.out_dir}, which has ${study.trials.length} trials: ${instead}`,
      source: JOURNAL_FILE,
    }]);
  }
  const [first] = study.trials;
  if (first === undefined) return;
  const paths = trialPaths(config.out_dir, 0);
  const before = loadRunConfig({ file: paths.config }).config;
  const given = ownConfig(config.config, first.parameters, paths.run);
  const [key] = differences(before, given);
  if (key === undefined) return;
  throw new ConfigError([{
    key: `config, ${key}`,
    message:
      `differs from that of the study in ${config.out_dir}, so that its trials cannot be compared with new ones: ${instead}`,
    source: paths.config,
  }]);
}

/** Gives the folder of a study another name; says which, or null if there is none. */
export function moveAside(outDir: string): string | null {
  if (!existsSync(outDir)) return null;
  let number = 1;
  while (existsSync(`${outDir}-${number}`)) number++;
  const target = `${outDir}-${number}`;
  Deno.renameSync(outDir, target);
  return target;
}

/** The dotted keys at which two configurations differ. */
function differences(a: unknown, b: unknown, key = ""): string[] {
  if (!isSection(a) || !isSection(b)) {
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [key];
  }
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) =>
    differences(a[name], b[name], key === "" ? name : `${key}.${name}`)
  );
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Resuming with settings that differ from those of the checkpoint.
 *
 * @module
 */

import { join } from "node:path";
import { CheckpointError } from "../checkpoint/manifest.ts";
import { loadRunConfig, type RunConfig, showValue } from "../config/mod.ts";
import { CHECKPOINT_FILES } from "../checkpoint/names.ts";

/** Settings that a resumed run must not change, because its weights or data would no longer match. */
const FIXED = [
  /^model_config\./,
  /^train\.(max_seq_length|tie_embeddings)$/,
  /^data\.init_args\.seed$/,
];

/** Exceptions: keys within the fixed sections that change neither the weights nor their meaning. */
const FREE = [
  /^model_config\.(name|hf_config|block_size)\b/,
  /^model_config\.router_(aux_loss_coef|z_loss_coef|bias_update_rate)$/,
];

/** Keys of names, locations and display, which do not affect what is trained. */
const ABOUT_PLACES =
  /^(model_name|out_dir|resume|initial_checkpoint_dir|log\.progress)$/;

/**
 * Describes in one line the differences between a checkpoint's settings and those of the run that resumes from
 * it; null if there are none.
 *
 * @throws {CheckpointError} if a setting differs that must not.
 */
export function describeChanges(
  path: string,
  config: RunConfig,
): string | null {
  const file = join(path, CHECKPOINT_FILES.config);
  const before = leavesOf(loadRunConfig({ file }).config);
  const now = leavesOf(config);
  const changes = [...new Set([...before.keys(), ...now.keys()])]
    .filter((key) =>
      before.get(key) !== now.get(key) && !ABOUT_PLACES.test(key)
    )
    .map((key) => ({
      key,
      text: `${key} ${before.get(key) ?? "unset"} -> ${
        now.get(key) ?? "unset"
      }`,
    }));
  const refused = changes.filter(({ key }) =>
    matches(FIXED, key) && !matches(FREE, key)
  );
  if (refused.length > 0) {
    const list = refused.map(({ text }) => text).join(", ");
    throw new CheckpointError(
      `Cannot resume from ${path} with other settings: ${list}: set them back, or start a new run from its weights with --initial-checkpoint-dir ${path}`,
    );
  }
  if (changes.length === 0) return null;
  return `Resumed with other settings: ${
    changes.map(({ text }) => text).join(", ")
  }`;
}

function matches(patterns: readonly RegExp[], key: string): boolean {
  return patterns.some((pattern) => pattern.test(key));
}

/** Dotted keys with their values as text. */
function leavesOf(config: RunConfig): Map<string, string> {
  const leaves = new Map<string, string>();
  const add = (value: unknown, key: string) => {
    const isSection = typeof value === "object" && value !== null &&
      !Array.isArray(value);
    if (!isSection) leaves.set(key, showValue(value));
    else {
      for (const [name, child] of Object.entries(value)) {
        add(child, key === "" ? name : `${key}.${name}`);
      }
    }
  };
  add(config, "");
  return leaves;
}

/** Normalizes LitGPT's ways of writing a configuration to dotted keys, each with a value and its source. */

import type { Entry } from "./_resolve.ts";

/** Dotted key to value. */
export type Entries = Map<string, Entry>;

/** The keys that hold keys. */
const SECTIONS: ReadonlySet<string> = new Set([
  "model_config",
  "data",
  "data.init_args",
  "train",
  "eval",
  "log",
  "optimization",
  "optimizer",
  "optimizer.init_args",
  "checkpointing",
]);

/** Keys that have another name here. */
const RENAMED: ReadonlyMap<string, string> = new Map(Object.entries({
  data: "data.class_path",
  optimizer: "optimizer.class_path",
  "model_config.moe_aux_loss_weight": "model_config.router_aux_loss_coef",
  "checkpointing.keep_last_local": "log.keep_last",
}));

/** Keys of training scripts built on LitGPT that are accepted without effect, with the reason. */
export const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "model_config.moe_router_stats": "router statistics are always measured",
    "checkpointing.upload_to_hf": "nothing is uploaded",
    "checkpointing.hf_repo_id": "nothing is uploaded",
  }),
);

/**
 * The key that another spelling stands for: "optimizer.lr" is "optimizer.init_args.lr".
 *
 * @param key A dotted key.
 */
export function canonicalKey(key: string): string {
  const argument = /^(data|optimizer)\.(?!class_path$|init_args(?:\.|$))(.+)$/
    .exec(key);
  if (argument) return `${argument[1]}.init_args.${argument[2]}`;
  return RENAMED.get(key) ?? key;
}

/**
 * Whether a key holds keys instead of a value.
 *
 * @param key A canonical key.
 */
export function isSection(key: string): boolean {
  return SECTIONS.has(key);
}

/**
 * Flattens the nested sections of a YAML file or of an object.
 *
 * @param layer Sections of keys.
 * @param source Where it comes from, for messages.
 * @param section The section's dotted name with a final dot; empty at the top level.
 */
export function entriesOf(
  layer: object,
  source: string,
  section = "",
): Entries {
  const entries: Entries = new Map();
  for (const [name, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const written = section + name;
    if (isSection(written) && (value === null || isObject(value))) {
      for (
        const [key, entry] of entriesOf(value ?? {}, source, `${written}.`)
      ) {
        entries.set(key, entry);
      }
      continue;
    }
    const key = canonicalKey(written);
    entries.set(key, { value: canonicalValue(key, value), source });
  }
  return entries;
}

/**
 * The value that another spelling stands for: "litgpt.data.TextFiles" is "TextFiles".
 *
 * @param key A canonical key.
 * @param value Its value.
 */
export function canonicalValue(key: string, value: unknown): unknown {
  if (key === "resume" && value === null) return false;
  if (typeof value !== "string") return value;
  if (key === "data.class_path") {
    return value.replace(/^litgpt\.data\.(?:\w+\.)?/, "");
  }
  if (key === "optimizer.class_path" && value === "AdamW") {
    return "torch.optim.AdamW";
  }
  return value;
}

/**
 * Merges one layer over another. If the upper layer names another class of data or optimizer, the lower
 * layer's arguments of that section are dropped.
 *
 * @param below The lower layer; it is modified.
 * @param above The upper layer, whose values take precedence.
 */
export function putOver(below: Entries, above: Entries): Entries {
  for (const section of ["data", "optimizer"]) {
    const name = above.get(`${section}.class_path`)?.value;
    const before = below.get(`${section}.class_path`)?.value;
    if (name === undefined || name === before) continue;
    dropSection(below, `${section}.init_args`);
  }
  for (const [key, entry] of above) below.set(key, entry);
  return below;
}

/**
 * Removes a section.
 *
 * @param entries The entries to remove it from.
 * @param section Its dotted name.
 */
export function dropSection(entries: Entries, section: string): void {
  for (const key of [...entries.keys()]) {
    if (key === section || key.startsWith(`${section}.`)) entries.delete(key);
  }
}

/** Whether a value is an object of keys, and not a list, a date or null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof Date);
}

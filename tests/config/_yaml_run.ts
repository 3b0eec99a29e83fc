import assert from "node:assert/strict";
import {
  ConfigError,
  type LoadedRun,
  loadRunConfig,
} from "../../lib/config/mod.ts";

/** The sections of a run that is right as it stands. */
const GOOD_RUN = new Map([
  ["model_name", "moe-quickstart"],
  ["data", "Corpus"],
  [
    "train",
    "{global_batch_size: 8, micro_batch_size: 4, lr_warmup_steps: 2, max_steps: 10}",
  ],
]);

const SMALL = {
  n_layer: 2,
  n_embd: 64,
  n_head: 4,
  vocab_size: 512,
  block_size: 64,
  norm_class_name: "RMSNorm",
  bias: false,
  rotary_percentage: 1,
} as const;

/** Small models that tests change a little. */
export const BASE_MODELS = {
  moe: {
    ...SMALL,
    mlp_class_name: "LLaMAMoE",
    moe_intermediate_size: 64,
    n_expert: 8,
    n_expert_per_token: 2,
  },
  dense: { ...SMALL, mlp_class_name: "LLaMAMLP" },
  litgpt: {},
} as const;

/** Calls a function with the path of a file that exists for as long. */
export function withFile<Result>(
  text: string,
  use: (file: string) => Result,
): Result {
  const file = Deno.makeTempFileSync({ prefix: "run_", suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, text);
    return use(file);
  } finally {
    Deno.removeSync(file);
  }
}

/** Loads a YAML text as `--config`, with flags behind it. */
export function loadYaml(
  text: string,
  flags: readonly string[] = [],
): LoadedRun {
  return withFile(
    text,
    (file) => loadRunConfig({ argv: ["--config", file, ...flags] }),
  );
}

/** Loads a run that is right but for these sections, with flags behind it. */
export function loadGood(
  sections = "",
  flags: readonly string[] = [],
): LoadedRun {
  const rest = [...GOOD_RUN].filter(([name]) =>
    !new RegExp(`^${name}:`, "m").test(sections)
  );
  const good = rest.map(([name, value]) => `${name}: ${value}\n`).join("");
  return loadYaml(`${good}${sections}\n`, flags);
}

/** The error that a call must throw. */
export function refusal(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  assert.fail("Expected a ConfigError");
}

/**
 * Checks that the files a run starts from exist, before anything is loaded.
 *
 * @module
 */

import { existsSync } from "node:fs";
import type { LoadedRun } from "./load.ts";
import { ConfigError, type Problem, showValue } from "./problem.ts";
import type { RunConfig } from "./train.ts";

/**
 * Checks that a run's inputs exist: tokenizer, data, and the checkpoint that it starts from. Inputs on a hub
 * and inputs that will be downloaded are not checked.
 *
 * @throws {ConfigError} If an input is missing; the message names the input and its key.
 */
export function checkPaths(
  { config, sources }: Pick<LoadedRun, "config" | "sources">,
): void {
  const problems = pathsOf(config)
    .filter(([, path]) => !existsSync(path))
    .map(([key, path]): Problem => ({
      key,
      message: `${showValue(path)} does not exist, expected ${EXPECTED[key]}`,
      source: sources.get(key) ?? "default",
    }));
  if (problems.length > 0) throw new ConfigError(problems);
}

const EXPECTED = {
  tokenizer_dir: "a folder with a Hugging Face tokenizer.json, or gpt2",
  "data.init_args.train_data_path": "a folder or a file of text",
  "data.init_args.val_data_path": "a folder or a file of text",
  "data.init_args.data_path": "a folder of tokens",
  initial_checkpoint_dir: "the folder of a checkpoint",
  resume: "the folder of a checkpoint, true or auto",
};

type PathKey = keyof typeof EXPECTED;

function pathsOf(config: RunConfig): [PathKey, string][] {
  const { data, tokenizer_dir, initial_checkpoint_dir, resume } = config;
  const paths: [PathKey, string | null][] = [
    ["tokenizer_dir", tokenizer_dir === "gpt2" ? null : tokenizer_dir],
    ["initial_checkpoint_dir", initial_checkpoint_dir],
    [
      "resume",
      typeof resume === "boolean" || resume === "auto" ? null : resume,
    ],
  ];
  switch (data.class_path) {
    case "TextFiles": {
      const { train_data_path, val_data_path } = data.init_args;
      paths.push(
        ["data.init_args.train_data_path", train_data_path],
        ["data.init_args.val_data_path", val_data_path],
      );
      break;
    }
    case "LitData":
    case "TokenFiles":
      paths.push(["data.init_args.data_path", data.init_args.data_path]);
  }
  return paths.filter((entry): entry is [PathKey, string] =>
    entry[1] !== null && !entry[1].startsWith("hf://")
  );
}

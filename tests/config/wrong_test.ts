// Every way of being wrong that we could think of (wrong/*.yaml): each must be refused by one ConfigError with one problem
// that names the key and says what would be right.

import { parse } from "@std/yaml";
import assert from "node:assert/strict";
import { BASE_MODELS, loadGood, loadYaml, refusal } from "./_yaml_run.ts";

interface Wrong {
  /** Sections put over a run that is right. */
  readonly yaml?: string;
  /** Keys put over a model that is right. */
  readonly model?: Readonly<Record<string, unknown>>;
  /** The model that is right; by default moe. */
  readonly base?: keyof typeof BASE_MODELS;
  /** The whole file, instead of a run that is right. */
  readonly file?: string;
  /** Flags, separated by spaces. */
  readonly flags?: string;
  /** The key that the problem must be about; FILE is the YAML file. */
  readonly key: string;
  /** What the message must say. */
  readonly says: string | readonly string[];
}

const FOLDER = new URL("wrong/", import.meta.url);
const TABLES = [...Deno.readDirSync(FOLDER)].map(({ name }) => ({
  name: name.replace(".yaml", "").replaceAll("_", " "),
  cases: parse(Deno.readTextFileSync(new URL(name, FOLDER))) as Wrong[],
}));

for (const { name, cases } of TABLES) {
  Deno.test({
    name:
      `loadRunConfig() refuses ${cases.length} of ${cases.length} wrong ${name}`,
    // Without ffi nothing can load libtorch, without run nothing can look for it.
    permissions: { read: true, write: true, env: true, ffi: false, run: false },
    fn() {
      for (const wrong of cases) checkRefused(wrong);
    },
  });
}

const ALL = TABLES.flatMap(({ cases }) => cases);
const TYPOS = ALL.filter(({ says }) =>
  [says].flat().some((words) => words.startsWith("did you mean"))
);

Deno.test(`loadRunConfig() suggests the right word for ${TYPOS.length} of ${TYPOS.length} typos among ${ALL.length} mistakes`, () => {
  assert.ok(ALL.length >= 60 && TYPOS.length >= 20);
  for (const wrong of TYPOS) checkRefused(wrong);
});

Deno.test("loadRunConfig() reports every problem at once, with its source", () => {
  const yaml = `
train: {micro_batch_size: four, epocs: 3}
precision: 16-true
seeds: 3
`;
  const flags = ["--max-tokens", "many", "--frobnicate"];
  const error = refusal(() => loadGood(yaml, flags));
  assert.deepEqual(error.problems.map((problem) => problem.key).sort(), [
    "--frobnicate",
    "precision",
    "seeds",
    "train.epocs",
    "train.max_tokens",
    "train.micro_batch_size",
  ]);
  const sources = new Map(
    error.problems.map((each) => [each.key, each.source]),
  );
  assert.equal(sources.get("train.max_tokens"), "--max-tokens");
  assert.match(sources.get("precision") ?? "", /\.yaml$/);
  assert.match(error.message, /: 6 problems found\n/);
});

Deno.test("loadRunConfig() does not complain about what follows from another problem", () => {
  // With the typo, micro_batch_size is 4, which does not divide 6.
  const yaml =
    "train: {global_batch_size: 6, micro_batch_sise: 3, max_steps: 10}";
  const error = refusal(() => loadGood(yaml));
  assert.deepEqual(error.problems.map((problem) => problem.key), [
    "train.micro_batch_sise",
  ]);
});

function checkRefused(wrong: Wrong): void {
  const what = JSON.stringify(wrong);
  const flags = wrong.flags?.split(" ") ?? [];
  const error = refusal(() =>
    wrong.file === undefined
      ? loadGood(sectionsOf(wrong), flags)
      : loadYaml(wrong.file, flags)
  );
  const [problem] = error.problems;
  assert.equal(error.problems.length, 1, `${what}\n${error.message}`);
  const key = wrong.key === "FILE" ? problem?.source : wrong.key;
  assert.equal(problem?.key, key, `${what}\n${error.message}`);
  for (const words of [wrong.says].flat()) {
    assert.ok(error.message.includes(words), `${what}\n${error.message}`);
  }
}

function sectionsOf(wrong: Wrong): string {
  if (wrong.model === undefined) return wrong.yaml ?? "";
  const model = { ...BASE_MODELS[wrong.base ?? "moe"], ...wrong.model };
  return `model_config: ${JSON.stringify(model)}`;
}

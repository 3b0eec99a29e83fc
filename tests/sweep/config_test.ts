import { parse } from "@std/yaml";
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/config/mod.ts";
import {
  defineSweep,
  type Distribution,
  loadSweep,
  type SweepConfig,
  type SweepInput,
} from "../../lib/sweep/mod.ts";

interface Wrong {
  readonly yaml: string;
  readonly key: string;
  readonly says: string;
}

const GOOD: SweepInput = {
  method: "random",
  parameters: { "optimizer.lr": { values: [0.1, 0.01] } },
  run_cap: 3,
};

const cases = parse(
  Deno.readTextFileSync(new URL("wrong.yaml", import.meta.url)),
) as Wrong[];

function withFile<T>(text: string, use: (file: string) => T): T {
  const file = Deno.makeTempFileSync({ prefix: "sweep_", suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, text);
    return use(file);
  } finally {
    Deno.removeSync(file);
  }
}

function refusal(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return assert.fail("Expected a ConfigError");
}

/** The distribution of one parameter, as it is written. */
function distribution(
  key: string,
  spec: Record<string, unknown>,
): Distribution | undefined {
  return defineSweep({ ...GOOD, parameters: { [key]: spec } }).space[0]
    ?.distribution;
}

Deno.test(`loadSweep() refuses ${cases.length} of ${cases.length} wrong sweeps, each with one problem that names the key`, () => {
  assert.ok(cases.length >= 15);
  for (const { yaml, key, says } of cases) {
    const given = parse(yaml) as Record<string, unknown>;
    const text = JSON.stringify({ ...GOOD, ...given });
    const error = refusal(() => withFile(text, loadSweep));
    assert.equal(error.problems.length, 1, `${yaml}\n${error.message}`);
    assert.equal(error.problems[0]?.key, key, `${yaml}\n${error.message}`);
    assert.ok(error.message.includes(says), `${yaml}\n${error.message}`);
  }
});

Deno.test("loadSweep() reports all problems at once, with the file", () => {
  const text = `
method: grid
parameters:
  optimizer.lr: {min: 1, max: 2}
  train.max_stpes: {values: [1, 2]}
  train.max_norm: {values: [-1]}
early_terminate: {type: ashaa}
`;
  const error = refusal(() => withFile(text, loadSweep));
  assert.deepEqual(error.problems.map(({ key }) => key), [
    "parameters.optimizer.lr",
    "parameters.train.max_stpes",
    "parameters.train.max_norm",
    "early_terminate.type",
  ]);
  assert.ok(error.problems.every(({ source }) => source.endsWith(".yaml")));
});

Deno.test("loadSweep() says what is wrong with a file", () => {
  assert.match(
    refusal(() => loadSweep("nowhere.yaml")).message,
    /cannot be read/,
  );
  for (
    const [text, says] of [
      ["[1, 2]", "holds no keys and values"],
      ["", "holds no keys and values"],
      ["a: [", "is not valid YAML"],
    ] as const
  ) {
    assert.ok(
      refusal(() => withFile(text, loadSweep)).message.includes(says),
      text,
    );
  }
});

Deno.test("defineSweep() reads the distributions of Weights & Biases", () => {
  const range = { kind: "range", log: false, step: null } as const;
  const lr = "optimizer.lr";
  assert.deepEqual(distribution(lr, { value: 0.1 }), {
    kind: "constant",
    value: 0.1,
  });
  assert.deepEqual(distribution(lr, { min: 1, max: 2 }), {
    ...range,
    min: 1,
    max: 2,
  });
  assert.deepEqual(
    distribution(lr, {
      min: Math.log(0.01),
      max: Math.log(0.1),
      distribution: "log_uniform",
    }),
    {
      ...range,
      min: Math.exp(Math.log(0.01)),
      max: Math.exp(Math.log(0.1)),
      log: true,
    },
  );
  assert.deepEqual(
    distribution(lr, { min: 0.1, max: 0.5, distribution: "q_uniform", q: 0.1 }),
    { ...range, min: 0.1, max: 0.5, step: 0.1 },
  );
  assert.deepEqual(
    distribution(lr, { mu: -5, sigma: 1, distribution: "log_normal" }),
    { kind: "normal", mu: -5, sigma: 1, log: true, step: null },
  );
  assert.deepEqual(
    distribution("optimizer.betas", {
      values: [[0.9, 0.95], [0.9, 0.99]],
      probabilities: [0.75, 0.25],
    }),
    {
      kind: "categorical",
      values: [[0.9, 0.95], [0.9, 0.99]],
      probabilities: [0.75, 0.25],
    },
  );
  // What min and max alone mean, the key decides: it takes whole numbers only.
  assert.deepEqual(distribution("model_config.n_layer", { min: 1, max: 4 }), {
    ...range,
    min: 1,
    max: 4,
    step: 1,
  });
});

Deno.test("defineSweep() takes nested and dotted parameters alike", () => {
  const values = { values: [0.1, 0.2] };
  const keys = (parameters: SweepInput["parameters"]) =>
    defineSweep({ ...GOOD, parameters }).space.map(({ key }) => key);
  const expected = [
    "optimizer.init_args.lr",
    "optimizer.init_args.weight_decay",
  ];
  assert.deepEqual(
    keys({
      optimizer: { parameters: { lr: values, weight_decay: values } },
    }),
    expected,
  );
  assert.deepEqual(
    keys({
      "optimizer.lr": values,
      "optimizer.init_args.weight_decay": values,
    }),
    expected,
  );
});

Deno.test("defineSweep() says what of a sweep is impossible or without effect", () => {
  const notices = (input: Partial<SweepInput>): readonly string[] =>
    defineSweep({ ...GOOD, ...input }).notices;
  assert.deepEqual(notices({}), []);
  const foreign = JSON.stringify({ ...GOOD, program: "train.py" });
  assert.match(
    withFile(foreign, loadSweep).notices[0] ?? "",
    /^program \(.*\.yaml\) has no effect/,
  );
  assert.match(
    notices({
      parameters: {
        "model_config.n_expert": { values: [2, 8] },
        "model_config.n_expert_per_token": { min: 1, max: 4 },
      },
    })[0] ?? "",
    /^1 of 4 corners of the search space are impossible/,
  );
  assert.match(
    notices({
      config: { overrides: { eval: { interval: 500 } } },
      early_terminate: { type: "asha", min_iter: 3 },
    })[0] ?? "",
    /^early_terminate \(code\) ends no trial: it begins with value 3 of val_loss, and with eval\.interval 500 a trial has 2/,
  );
});

Deno.test("configs/sweep holds sweeps that can be run", () => {
  const folder = new URL("../../configs/sweep/", import.meta.url);
  const sweeps: SweepConfig[] = [...Deno.readDirSync(folder)].map(({ name }) =>
    loadSweep(new URL(name, folder).pathname)
  );
  assert.ok(sweeps.some(({ name }) => name === "quickstart"));
  for (const { notices } of sweeps) assert.deepEqual(notices, []);
});

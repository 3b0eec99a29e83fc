/** Reads the numbers that LitGPT computed. */

import { strict as assert } from "node:assert";
import { parse } from "@std/yaml";
import {
  type Device,
  type DType,
  MappedFile,
  scope,
  setNumThreads,
  type Tensor,
} from "../../ffi/mod.ts";
import { readSafetensorsHeader } from "../../lib/checkpoint/safetensors.ts";
import { loadTensors } from "../../lib/checkpoint/state.ts";
import {
  deriveModelConfig,
  type ModelConfig,
  modelSchema,
} from "../../lib/config/model.ts";
import { GPT, type GPTOptions } from "../../lib/model/gpt.ts";
import type { OperatorTable } from "../../lib/operators/mod.ts";
import { AdamW } from "../../lib/optimizer/adamw.ts";

// Models this small are computed faster by one thread, and much faster on a busy machine.
setNumThreads(1);

/** Where the model computes: on a GPU for `deno task test:gpu`. */
const DEVICE = Deno.env.has("MOEBIUS_TEST_ON_GPU") ? "cuda" : "cpu";
const FOLDER = new URL("../golden/", import.meta.url).pathname;
const DTYPES: Record<string, DType> = {
  F32: "float32",
  BF16: "bfloat16",
  I64: "int64",
};

/** Every tensor of a file, by name; where the model computes, or on `device`. */
export async function readTensors(
  path: string,
  device: Device = DEVICE,
): Promise<Map<string, Tensor>> {
  const { tensors } = await readSafetensorsHeader(FOLDER + path);
  using file = new MappedFile(FOLDER + path);
  return new Map(
    [...tensors].map(([name, { offset, shape, dtype }]) => [
      name,
      file.tensor(offset, shape, DTYPES[dtype]!).to(device),
    ]),
  );
}

/** The configuration of a case; not checked, since one of them is smaller than what is allowed. */
export async function readConfig(name: string): Promise<ModelConfig> {
  const text = await Deno.readTextFile(`${FOLDER}${name}/model_config.yaml`);
  return deriveModelConfig(modelSchema.parse(parse(text)));
}

/** The model of a case with its weights. */
export async function readModel(
  name: string,
  options: GPTOptions = {},
): Promise<GPT> {
  const config = await readConfig(name);
  // GPUs have no flash attention in float32.
  const isWide = !options.precision?.startsWith("bf16");
  const model = new GPT(config, {
    device: DEVICE,
    attention: DEVICE !== "cpu" && isWide ? "math" : "flash",
    tieEmbeddings: name === "tied",
    ...options,
  });
  await loadTensors(
    `${FOLDER}${name}/weights.safetensors`,
    model.weights.named,
  );
  return model;
}

/** A JSON table. */
export async function readTable<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(FOLDER + name));
}

/** How far apart numbers may be: `atol + rtol * |expected|`. */
export interface Tolerance {
  rtol: number;
  atol: number;
}

/** Compares elementwise; `skip` names flat indices that are not compared. */
export function assertClose(
  actual: Tensor,
  expected: Tensor,
  { rtol, atol }: Tolerance,
  what: string,
  skip: ReadonlySet<number> = new Set(),
): void {
  assert.deepEqual(actual.shape, expected.shape, `${what}: shape`);
  const left = actual.toArray();
  const right = expected.toArray();
  for (let i = 0; i < left.length; i++) {
    if (skip.has(i)) continue;
    const [a, b] = [Number(left[i]), Number(right[i])];
    if (!(Math.abs(a - b) <= atol + rtol * Math.abs(b))) {
      assert.fail(`${what}: element ${i} is ${a}, expected ${b}`);
    }
  }
}

/** Trains on a case's batches as LitGPT did, and compares the loss before each update. */
export function assertTrains(
  model: GPT,
  expected: ReadonlyMap<string, Tensor>,
  { tolerance, operators }: {
    tolerance: Tolerance;
    operators?: OperatorTable;
  },
): void {
  using optimizer = new AdamW(model.weights.parameters, {
    betas: [0.9, 0.95],
    weightDecay: 0.1,
    maxNorm: 1,
    ...(operators && { operators }),
  });
  optimizer.lr.fill_(1e-3);
  const stream = expected.get("stream")!;
  const [steps = 0, , length = 0] = stream.shape;
  assert.equal(steps, 20);
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const batch = stream.select(0, step);
      const loss = model.forwardBackward(
        batch.narrow(1, 0, length - 1),
        batch.narrow(1, 1, length - 1),
      );
      optimizer.step();
      const wanted = expected.get("losses")!.select(0, step);
      assertClose(loss, wanted, tolerance, `loss of step ${step}`);
    });
  }
}

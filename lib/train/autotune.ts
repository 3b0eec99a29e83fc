/**
 * Chooses between implementations by timing them on the device; the choices are stored on disk.
 *
 * @module
 */

import { dirname } from "node:path";
import {
  arange,
  aten,
  attend,
  type AttentionBackend,
  backward,
  buildInfo,
  cudaDeviceInfo,
  type Device,
  type DType,
  randn,
  scope,
  stateDirectory,
  synchronize,
  type Tensor,
  TorchError,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../config/mod.ts";
import {
  type CrossEntropyOptions,
  fusedLinearCrossEntropy,
  type OutputLayer,
} from "../operators/linear_cross_entropy.ts";

/** Times of alternatives by their names. */
export type Milliseconds = Readonly<Record<string, number | null>>;

/** What was chosen and why. */
export interface Choice<Name extends string> {
  /** The fastest. */
  readonly name: Name;
  /** Milliseconds of each, the median of several runs; null where memory ran out. */
  readonly milliseconds: Milliseconds;
}

/** An implementation of something. */
export interface Alternative<Name extends string> {
  readonly name: Name;
  /** Does the work once. */
  readonly run: () => void;
}

const REPETITIONS = 7;

/** The file of choices: one JSON object, whose keys name the choice, the device and libtorch's version. */
function choicesPath(): string {
  return `${stateDirectory()}/autotune.json`;
}

/**
 * The fastest of several implementations on a device. The result is stored on disk under `key`, the device and
 * libtorch's version, so that it is measured only once.
 */
export function chooseFastest<Name extends string>(
  key: string,
  alternatives: readonly Alternative<Name>[],
  { device, path = choicesPath() }: { device: Device; path?: string },
): Choice<Name> {
  const where = device === "cpu" ? "CPU" : cudaDeviceInfo(device).name;
  const fullKey = `${where}, libtorch ${buildInfo().torch}: ${key}`;
  const remembered = readChoices(path);
  const known = remembered[fullKey];
  const names = alternatives.map(({ name }) => name);
  if (known !== undefined && names.every((name) => name in known)) {
    return { name: leastOf(names, known), milliseconds: known };
  }
  const milliseconds: Record<string, number | null> = {};
  for (const { name, run } of alternatives) {
    milliseconds[name] = medianMs(run, device);
  }
  writeChoices(path, { ...readChoices(path), [fullKey]: milliseconds });
  return { name: leastOf(names, milliseconds), milliseconds };
}

function leastOf<Name extends string>(
  names: readonly Name[],
  milliseconds: Milliseconds,
): Name {
  const time = (name: Name) => milliseconds[name] ?? Infinity;
  return names.reduce((best, name) => time(name) < time(best) ? name : best);
}

function medianMs(run: () => void, device: Device): number | null {
  const times: number[] = [];
  try {
    // The first two rounds are warm-up: initialization must not be timed.
    for (let i = -2; i < REPETITIONS; i++) {
      synchronize(device);
      const startedMs = performance.now();
      scope(run);
      synchronize(device);
      if (i >= 0) times.push(performance.now() - startedMs);
    }
  } catch (error) {
    if (error instanceof TorchError && error.kind === "out of memory") {
      return null;
    }
    throw error;
  }
  return times.sort((a, b) => a - b)[Math.floor(REPETITIONS / 2)]!;
}

type Choices = Record<string, Milliseconds>;

function readChoices(path: string): Choices {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // The file is missing or unreadable: measure again.
    return {};
  }
}

function writeChoices(path: string, choices: Choices): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${Deno.pid}`;
  Deno.writeTextFileSync(temporary, JSON.stringify(choices, null, 2) + "\n");
  Deno.renameSync(temporary, path);
}

/** What a step's alternatives are timed on. */
export interface TuneOptions {
  readonly device: Device;
  readonly dtype: DType;
  readonly batchSize: number;
  readonly sequenceLength: number;
}

/** The fastest attention kernel for a model's shapes, forward and backward together. */
export function tuneAttention(
  config: ModelConfig,
  backends: readonly AttentionBackend[],
  { device, dtype, batchSize: B, sequenceLength: T }: TuneOptions,
): Choice<AttentionBackend> {
  const { n_head: H, n_query_groups: G, head_size: D } = config;
  return scope(() => {
    const make = (heads: number) => {
      const input = randn([B, heads, T, D], { device, dtype });
      input.requiresGrad = true;
      return input;
    };
    const [q, k, v] = [make(H), make(G), make(G)];
    const run = (backend: AttentionBackend) => () => {
      const scale = 1 / Math.sqrt(D);
      const y = attend(q!, k!, v!, { backend, causal: true, scale });
      backward(y, { gradients: [y.detach()] });
      for (const input of [q, k, v]) input!.grad = null;
    };
    return chooseFastest(
      `attention ${dtype} ${[B, H, G, T, D].join(" x ")}`,
      backends.map((name) => ({ name, run: run(name) })),
      { device },
    );
  });
}

/** Candidate numbers of parts into which the logits of a micro-batch are split. */
const LOSS_PARTS = ["1", "2", "4", "8"] as const;

/** The fastest number of parts for the loss, and a loss function that uses it. */
export function tuneLoss(
  config: ModelConfig,
  { device, dtype, batchSize: B, sequenceLength: T }: TuneOptions,
): Choice<string> & { operator: typeof fusedLinearCrossEntropy } {
  const { n_embd: C, padded_vocab_size: V } = config;
  const N = B * T;
  const inParts = (parts: string): typeof fusedLinearCrossEntropy =>
  (
    x_NC: Tensor,
    targets_N: Tensor,
    layer: OutputLayer,
    options: CrossEntropyOptions = {},
  ) => {
    const chunkRows = Math.ceil(x_NC.size(0) / Number(parts) / 64) * 64;
    return fusedLinearCrossEntropy(x_NC, targets_N, layer, {
      ...options,
      chunkRows,
    });
  };
  return scope(() => {
    const leaf = (shape: number[]) => {
      const tensor = randn(shape, { device, dtype });
      tensor.requiresGrad = true;
      return tensor;
    };
    const [x, weight] = [leaf([N, C]), leaf([V, C])];
    const targets = aten("remainder.Scalar", arange(0, N, { device }), V);
    const choice = chooseFastest(
      `loss ${dtype} ${[N, C, V].join(" x ")}`,
      LOSS_PARTS.map((name) => ({
        name,
        run: () => {
          const loss = inParts(name)(x!, targets, {
            weight: weight!,
            bias: null,
          });
          backward(loss);
          x!.grad = null;
          weight!.grad = null;
        },
      })),
      { device },
    );
    return { ...choice, operator: inParts(choice.name) };
  });
}

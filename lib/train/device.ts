/**
 * Where and how a run computes: resolves "auto" for this machine.
 *
 * @module
 */

import {
  type AttentionBackend,
  type AttentionProbe,
  cudaDeviceCount,
  cudaDeviceInfo,
  type Device,
  probeAttention,
} from "../../ffi/mod.ts";
import type { RunConfig } from "../config/mod.ts";
import { dtypesOf, type Precision } from "../model/precision.ts";
import {
  fusedOperators,
  type OperatorTable,
  plainOperators,
} from "../operators/mod.ts";
import {
  type Milliseconds,
  tuneAttention,
  tuneLoss,
  type TuneOptions,
} from "./autotune.ts";

/** Where and how a run computes. */
export interface Placement {
  /** Where tensors are. */
  readonly device: Device;
  /** The types in which weights are stored and multiplied. */
  readonly precision: Precision;
  /** The attention kernel, which has been tested on the device. */
  readonly attention: AttentionBackend;
  /** The operators that the model uses. */
  readonly operators: OperatorTable;
  /** One line for the user: device, precision, attention kernel and why. */
  readonly description: string;
}

/** The device that a setting names: `"auto"` is a GPU if there is one. */
export function resolveDevice(setting: string): Device {
  if (setting === "auto") return cudaDeviceCount() > 0 ? "cuda:0" : "cpu";
  if (setting === "cpu") return "cpu";
  const index = Number(setting.split(":")[1] ?? 0);
  if (index >= cudaDeviceCount()) {
    throw new RangeError(
      `Cannot use device ${setting}: this machine has ${cudaDeviceCount()} CUDA devices that libtorch can use: use --device cpu or see \`deno task doctor\``,
    );
  }
  return `cuda:${index}`;
}

/**
 * The precision that a setting names: null is bf16-mixed where the device multiplies bfloat16 in
 * hardware, else 32-true.
 */
export function resolvePrecision(
  setting: Precision | null,
  device: Device,
): Precision {
  if (setting !== null) return setting;
  const fast = device === "cpu"
    ? cpuMultipliesBfloat16()
    : cudaDeviceInfo(device).capability >= 8;
  return fast ? "bf16-mixed" : "32-true";
}

/** Whether the CPU has instructions for bfloat16 products; without them they are emulated, slowly. */
function cpuMultipliesBfloat16(): boolean {
  try {
    return /\b(avx512_bf16|amx_bf16)\b/.test(
      Deno.readTextFileSync("/proc/cpuinfo"),
    );
  } catch {
    return false;
  }
}

/**
 * Chooses the attention kernel by running the candidates on the device.
 *
 * @throws {Error} if the configuration insists on a kernel that does not run here; the message has
 * libtorch's reason.
 */
export function chooseAttention(
  config: Pick<RunConfig, "model_config" | "optimization">,
  device: Device,
  precision: Precision,
): { backend: AttentionBackend; reason: string } {
  const probes = probesFor(config, device, precision);
  return pickAttention(probes, { ...config, device, precision });
}

/**
 * Picks a kernel from those that were tried, in order of preference.
 *
 * @throws {Error} as {@linkcode chooseAttention}.
 */
export function pickAttention(
  probes: readonly AttentionProbe[],
  { device, precision, ...config }: Pick<RunConfig, "optimization"> & {
    device: Device;
    precision: Precision;
  },
): { backend: AttentionBackend; reason: string } {
  const { flash_attention_force, disable_math_fallback } = config.optimization;
  const wanted = probes.filter((probe) => isWanted(config, probe));
  const chosen = wanted.find(({ works }) => works);
  if (flash_attention_force && (!chosen || !isFlash(chosen.backend))) {
    throw new Error(
      `Cannot force flash attention on ${device} in ${precision}: ${
        why(probes.filter(({ backend }) => isFlash(backend)))
      }`,
    );
  }
  if (
    chosen === undefined ||
    (disable_math_fallback && chosen.backend === "math")
  ) {
    throw new Error(
      `Cannot run attention on ${device} in ${precision}: ${
        why(wanted.filter(({ works }) => !works))
      }${chosen === undefined ? "" : "; disable_math_fallback rules out math"}`,
    );
  }
  const refused = wanted.slice(0, wanted.indexOf(chosen));
  const others = refused.length === 0 || device === "cpu"
    ? ""
    : ` (${why(refused)})`;
  return {
    backend: chosen.backend,
    reason: `${chosen.backend} attention runs${others}`,
  };
}

/** The settings without effect on a device, one line each, with the reason. */
export function settingsWithoutEffect(
  { optimization }: Pick<RunConfig, "optimization">,
  device: Device,
): string[] {
  const { compile, compile_mode, compile_dynamic, compile_fullgraph } =
    optimization;
  if (!compile || device !== "cpu") return [];
  const settings = [
    compile_mode === "default" ? [] : `compile_mode ${compile_mode}`,
    compile_dynamic ? "compile_dynamic" : [],
    compile_fullgraph ? "compile_fullgraph" : [],
  ].flat();
  return settings.map((setting) =>
    `optimization.${setting} has no effect: CUDA graphs need a GPU`
  );
}

/** The kernels that work and that the configuration allows, in order of preference. */
function usableAttention(
  config: Pick<RunConfig, "model_config" | "optimization">,
  device: Device,
  precision: Precision,
): AttentionProbe[] {
  return probesFor(config, device, precision)
    .filter((probe) => probe.works && isWanted(config, probe))
    .filter(({ backend }) =>
      isFlash(backend) || !config.optimization.flash_attention_force
    );
}

function probesFor(
  { model_config }: Pick<RunConfig, "model_config">,
  device: Device,
  precision: Precision,
): AttentionProbe[] {
  const { n_head, n_query_groups, head_size } = model_config;
  return probeAttention({
    device,
    dtype: dtypesOf(precision).compute,
    headSize: head_size,
    queriesPerGroup: n_head / n_query_groups,
  });
}

function isWanted(
  { optimization }: Pick<RunConfig, "optimization">,
  { backend }: AttentionProbe,
): boolean {
  return optimization.flash_attention || !isFlash(backend);
}

/** cuDNN's kernel is a flash attention too. */
function isFlash(backend: AttentionBackend): boolean {
  return backend === "flash" || backend === "cudnn";
}

function why(probes: readonly AttentionProbe[]): string {
  return probes.map(({ backend, reason }) => `${backend}: ${reason}`)
    .join("; ");
}

/** Resolves everything about a run's device. */
export function placeRun(config: RunConfig): Placement {
  const device = resolveDevice(config.device);
  const precision = resolvePrecision(config.precision, device);
  const { compile, compile_mode } = config.optimization;
  const tunes = compile && compile_mode === "max-autotune" && device !== "cpu";
  const { backend, reason } = tunes
    ? chooseFastestAttention(config, device, precision)
    : chooseAttention(config, device, precision);
  const loss = tunes
    ? tuneLoss(...tuneArguments(config, device, precision))
    : null;
  const name = device === "cpu"
    ? "CPU"
    : `${cudaDeviceInfo(device).name} (${device})`;
  const parts = loss === null
    ? ""
    : `, logits in ${loss.name} parts (${times(loss.milliseconds)})`;
  return {
    device,
    precision,
    attention: backend,
    operators: !compile
      ? plainOperators
      : loss === null
      ? fusedOperators
      : { ...fusedOperators, linearCrossEntropy: loss.operator },
    description: `${name}, ${precision}, ${reason}${parts}`,
  };
}

function chooseFastestAttention(
  config: RunConfig,
  device: Device,
  precision: Precision,
): { backend: AttentionBackend; reason: string } {
  const usable = usableAttention(config, device, precision)
    .map(({ backend }) => backend)
    .filter((backend) => backend !== "math");
  if (usable.length < 2) return chooseAttention(config, device, precision);
  const [model, options] = tuneArguments(config, device, precision);
  const { name, milliseconds } = tuneAttention(model, usable, options);
  return {
    backend: name,
    reason: `${name} attention is fastest (${times(milliseconds)})`,
  };
}

function tuneArguments(
  { model_config, train }: RunConfig,
  device: Device,
  precision: Precision,
): [RunConfig["model_config"], TuneOptions] {
  return [model_config, {
    device,
    dtype: dtypesOf(precision).compute,
    // The size for "auto" is not known yet; the fastest kernel for one sample is used for more too.
    batchSize: train.micro_batch_size === "auto" ? 1 : train.micro_batch_size,
    sequenceLength: train.max_seq_length,
  }];
}

function times(milliseconds: Milliseconds): string {
  return Object.entries(milliseconds)
    .map(([name, ms]) =>
      ms === null ? `${name} out of memory` : `${name} ${ms.toFixed(2)} ms`
    )
    .join(", ");
}

/**
 * Messages for a device that is out of memory.
 *
 * @module
 */

import { cudaMemoryStats } from "../../ffi/mod.ts";
import type { RunConfig } from "../config/mod.ts";
import { countParameters } from "../model/count.ts";
import { dtypesOf, type Precision } from "../model/precision.ts";
import { formatBytes } from "../progress/mod.ts";
import type { Placement } from "./device.ts";
import { isOutOfMemory } from "./micro_batch.ts";

/** Weights, their gradients, and AdamW's two averages. */
const COPIES = 4;

/**
 * Bytes of `parameters` parameters with their gradients and the optimizer's state. With bf16-mixed, the bfloat16
 * copy of the weights and its gradient together take as much memory as a float32 gradient.
 */
export function stateBytes(parameters: number, precision: Precision): number {
  const bytes = dtypesOf(precision).weights === "bfloat16" ? 2 : 4;
  return COPIES * bytes * parameters;
}

/** For an out-of-memory error, an error with sizes and advice on settings; otherwise the error itself. */
export function explainOutOfMemory(
  error: unknown,
  config: RunConfig,
  { device, precision }: Placement,
): unknown {
  if (!isOutOfMemory(error)) return error;
  const { train, model_config } = config;
  const { total } = countParameters(model_config, {
    tieEmbeddings: train.tie_embeddings,
  });
  const memory = device === "cpu" ? "" : describeMemory(device);
  // For "auto", the search fails with this error only if a single sample does not fit.
  const size = train.micro_batch_size === "auto" ? 1 : train.micro_batch_size;
  const lower = size === 1
    ? ""
    : `lower --micro-batch-size (the global batch of ${train.global_batch_size} stays; auto finds the largest that fits), `;
  const checkpointing = train.gradient_checkpointing
    ? " (--gradient-checkpointing is on)"
    : ", or add --gradient-checkpointing";
  return new Error(
    `Out of memory on ${device}${memory}: ${
      total.toLocaleString("en-US")
    } parameters with gradients and optimizer state take ${
      formatBytes(stateBytes(total, precision))
    }, the activations of ${size} x ${train.max_seq_length} tokens the rest: ${lower}lower --max-seq-length${checkpointing}`,
    { cause: error },
  );
}

function describeMemory(device: Placement["device"]): string {
  const { totalBytes, freeBytes, peakAllocatedBytes } = cudaMemoryStats(device);
  return ` (${formatBytes(totalBytes)}, ${
    formatBytes(freeBytes)
  } of it free, at most ${formatBytes(peakAllocatedBytes)} in tensors)`;
}

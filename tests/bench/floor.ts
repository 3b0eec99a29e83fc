/**
 * The time of only a step's matrix products and attention, each run separately: the lower bound of a
 * step's time if everything else were free.
 *
 * Shapes: N tokens, M = N * K rows of experts, C width, I width of an expert, V vocabulary.
 *
 * @module
 */

import {
  attend,
  type AttentionBackend,
  backward,
  type Device,
  type DType,
  noGrad,
  randn,
  scope,
  synchronize,
} from "../../ffi/mod.ts";
import type { ModelConfig } from "../../lib/config/mod.ts";

/** Where and with what the products are run. */
export interface FloorOptions {
  readonly device: Device;
  readonly dtype: DType;
  readonly attention: AttentionBackend;
  readonly batchSize: number;
  readonly sequenceLength: number;
}

/** Milliseconds of one micro-batch, forward and backward. */
export function floorMs(config: ModelConfig, options: FloorOptions): number {
  const { n_embd: C, n_head: H, n_query_groups: G, head_size: D } = config;
  const { batchSize: B, sequenceLength: T, device, dtype } = options;
  const N = B * T;
  const time = (run: () => void) => leastMs(run, device);
  /** Three products of a linear layer: forward, gradient of the input, of the weight. */
  const linear = (rows: number, inner: number, outer: number) =>
    noGrad(() =>
      scope(() => {
        const x = randn([rows, inner], { device, dtype });
        const w = randn([outer, inner], { device, dtype });
        const g = randn([rows, outer], { device, dtype });
        return time(() => x.matmul(w.t())) + time(() => g.matmul(w)) +
          time(() => g.t().matmul(x));
      })
    );
  const experts = (inner: number, outer: number) => {
    const { n_expert: E, n_expert_per_token: K } = config;
    return E * linear(Math.ceil(N * K / E), inner, outer);
  };
  const attention = scope(() => {
    const make = (heads: number) => {
      const tensor = randn([B, heads, T, D], { device, dtype });
      tensor.requiresGrad = true;
      return tensor;
    };
    const [q, k, v] = [make(H), make(G), make(G)];
    return time(() => {
      const y = attend(q!, k!, v!, {
        backend: options.attention,
        causal: true,
        scale: 1 / Math.sqrt(D),
      });
      backward(y, { gradients: [y.detach()] });
      for (const input of [q!, k!, v!]) input.grad = null;
    });
  });
  const I = config.moe_intermediate_size;
  const layer = linear(N, C, (H + 2 * G) * D) + linear(N, H * D, C) +
    attention +
    (config.n_expert > 0
      ? experts(C, 2 * I) + experts(I, C)
      : linear(N, C, 2 * config.intermediate_size) +
        linear(N, config.intermediate_size, C));
  return config.n_layer * layer + linear(N, C, config.padded_vocab_size);
}

function leastMs(run: () => void, device: Device): number {
  let least = Infinity;
  for (let i = 0; i < 6; i++) {
    synchronize(device);
    const startedMs = performance.now();
    scope(run);
    synchronize(device);
    least = Math.min(least, performance.now() - startedMs);
  }
  return least;
}

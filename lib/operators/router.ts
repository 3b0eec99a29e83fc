/**
 * Operators on the logits of routers.
 *
 * Shapes: N tokens, E experts, K experts a token.
 *
 * @module
 */

import { aten, noGrad, scope, type Tensor } from "../../ffi/mod.ts";

/** The experts of each token, best first, and the weights of their results. */
export interface TopkChoice {
  /** Softmax of the chosen logits, float32 [N, K]. */
  readonly weights_NK: Tensor;
  /** int64 [N, K] */
  readonly experts_NK: Tensor;
}

/** Chooses the K largest logits [N, E]. */
export function plainTopkSoftmax(logits_NE: Tensor, k: number): TopkChoice {
  const [best_NK, experts_NK] = logits_NE.topk(k);
  const wide = logits_NE.dtype === "float64" ? "float64" : "float32";
  return { weights_NK: best_NK.softmax(1, wide), experts_NK };
}

/** {@linkcode plainTopkSoftmax} as one operator. */
export function fusedTopkSoftmax(logits_NE: Tensor, k: number): TopkChoice {
  const [weights_NK, experts_NK] = aten("moebius::topk_softmax", logits_NE, k);
  return { weights_NK, experts_NK };
}

/** Sums over the passes of one layer, all float32. */
export interface RouterSums {
  /** Choices of each expert [E]. */
  readonly counts_E: Tensor;
  /** Sums of the passes' mean entropies, in nats; the total of all elements is the result. */
  readonly entropies: Tensor;
  /** Number of passes, []. */
  readonly passes: Tensor;
}

/** Adds a pass with logits [N, E] and the numbers of tokens of each expert, int32 [E], to the sums. */
export function plainRouterStatistics(
  { counts_E, entropies, passes }: RouterSums,
  logits_NE: Tensor,
  choices_E: Tensor,
): void {
  noGrad(() =>
    scope(() => {
      counts_E.add_(choices_E);
      const log_NE = aten("log_softmax.int", logits_NE, 1, "float32");
      const entropy = log_NE.exp().mul(log_NE).sum(1).mean().neg();
      entropies.select(0, 0).add_(entropy);
      passes.add_(1);
    })
  );
}

/** {@linkcode plainRouterStatistics} as one operator. */
export function fusedRouterStatistics(
  { counts_E, entropies, passes }: RouterSums,
  logits_NE: Tensor,
  choices_E: Tensor,
): void {
  noGrad(() =>
    scope(() =>
      aten(
        "moebius::router_statistics_",
        counts_E,
        entropies,
        passes,
        logits_NE.contiguous(),
        choices_E,
      )
    )
  );
}

/**
 * Losses that even out the load of experts.
 *
 * Shapes: N tokens, E experts.
 *
 * @module
 */

import { aten, type Tensor } from "../../ffi/mod.ts";
import { cast } from "./precision.ts";

/**
 * Load-balancing loss of one layer (Fedus et al. 2021, equation 4): `E * sum_e(f_e * P_e)`, where f_e is
 * the share of choices that fell on expert e and P_e its mean probability. 1 when all are used alike.
 */
export function loadBalancingLoss(logits_NE: Tensor, counts_E: Tensor): Tensor {
  const experts = logits_NE.size(1);
  const probabilities_E = logits_NE.softmax(1, "float32").mean(0);
  const shares_E = counts_E.div(counts_E.sum());
  return shares_E.mul(probabilities_E).sum().mul(experts);
}

/**
 * Router z-loss of one layer (Zoph et al. 2022, equation 5): the mean over tokens of
 * `logsumexp(logits) ** 2`.
 */
export function routerZLoss(logits_NE: Tensor): Tensor {
  return logSumExp(cast(logits_NE, "float32")).square().mean();
}

function logSumExp(logits_NE: Tensor): Tensor {
  return aten("logsumexp", logits_NE, [1]);
}

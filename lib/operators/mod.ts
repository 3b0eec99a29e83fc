/**
 * The operators that the model computes with, in two tables: compositions of PyTorch's operators, which define
 * the results, and the project's own operators, which compute the same in fewer passes over memory.
 *
 * @module
 */

import {
  attend,
  type AttendOptions,
  type DType,
  type Tensor,
} from "../../ffi/mod.ts";
import {
  type AdamwOptions,
  type AdamwTensors,
  fusedAdamw,
  plainAdamw,
} from "./adamw.ts";
import { fusedAttention } from "./attention.ts";
import {
  type ClipFactor,
  fusedClipFactor,
  plainClipFactor,
} from "./clip_factor.ts";
import {
  type ExpertMatrices,
  type ExpertRows,
  fusedGroupedLinear,
  fusedMoeCombine,
  fusedMoeExperts,
  fusedMoeGather,
  fusedMoeSort,
  plainGroupedLinear,
  plainMoeCombine,
  plainMoeExperts,
  plainMoeGather,
  plainMoeSort,
  type SortedRows,
} from "./experts.ts";
import {
  fusedEmbedding,
  fusedLinear,
  type LinearWeights,
  plainEmbedding,
  plainLinear,
} from "./linear.ts";
import {
  type CrossEntropyOptions,
  fusedLinearCrossEntropy,
  type OutputLayer,
  plainLinearCrossEntropy,
} from "./linear_cross_entropy.ts";
import {
  fusedAddRmsNorm,
  fusedCombineRmsNorm,
  fusedRmsNorm,
  type NormOptions,
  plainAddRmsNorm,
  plainCombineRmsNorm,
  plainRmsNorm,
} from "./rms_norm.ts";
import {
  fusedRopeQkv,
  type Heads,
  plainRopeQkv,
  type Qkv,
  type RopeCache,
} from "./rope_qkv.ts";
import {
  fusedRouterStatistics,
  fusedTopkSoftmax,
  plainRouterStatistics,
  plainTopkSoftmax,
  type RouterSums,
  type TopkChoice,
} from "./router.ts";
import { fusedSwiglu, plainSwiglu } from "./swiglu.ts";

export type { AdamwOptions, AdamwTensors } from "./adamw.ts";
export type { ClipFactor } from "./clip_factor.ts";
export type { ExpertMatrices, ExpertRows, SortedRows } from "./experts.ts";
export type { LinearWeights } from "./linear.ts";
export {
  type CrossEntropyOptions,
  IGNORE_INDEX,
  type OutputLayer,
} from "./linear_cross_entropy.ts";
export type { NormOptions } from "./rms_norm.ts";
export type { Heads, Qkv, RopeCache } from "./rope_qkv.ts";
export type { RouterSums, TopkChoice } from "./router.ts";

/** The operators of a model and its training. The plain form of each defines its result. */
export interface OperatorTable {
  /** `x / rms(x) * weight`. */
  readonly rmsNorm: (
    x: Tensor,
    weight: Tensor,
    options: NormOptions,
  ) => Tensor;
  /** The norm of the sum of two tensors, and the sum. */
  readonly addRmsNorm: (
    x: Tensor,
    residual: Tensor,
    weight: Tensor,
    options: NormOptions,
  ) => [sum: Tensor, y: Tensor];
  /** Splits into queries, keys and values and applies rotary position embedding. */
  readonly ropeQkv: (qkv_BTF: Tensor, rope: RopeCache, heads: Heads) => Qkv;
  /** Scaled dot-product attention. */
  readonly attention: (
    q_BHTD: Tensor,
    k_BGSD: Tensor,
    v_BGSD: Tensor,
    options: AttendOptions,
  ) => Tensor;
  /** `silu(gate) * up`. */
  readonly swiglu: (fc_M2I: Tensor) => Tensor;
  /** Chooses the experts of each token. */
  readonly topkSoftmax: (logits_NE: Tensor, k: number) => TopkChoice;
  /** Adds the routing of a pass to a layer's statistics. */
  readonly routerStatistics: (
    sums: RouterSums,
    logits_NE: Tensor,
    choices_E: Tensor,
  ) => void;
  /** Sorts the rows, a token and one of its experts each, by expert. */
  readonly moeSort: (experts_NK: Tensor, n_expert: number) => SortedRows;
  /** Copies each token to its rows: [N, C] to [M, C]. */
  readonly moeGather: (x_NC: Tensor, rows: SortedRows) => Tensor;
  /** Multiplies each row by its expert's matrix: [M, C] to [M, I]. */
  readonly groupedLinear: (
    x_MC: Tensor,
    weight_EIC: Tensor,
    rows: SortedRows,
  ) => Tensor;
  /** Copies each token to its rows and runs these through experts without biases: [N, C] to [M, C]. */
  readonly moeExperts: (
    x_NC: Tensor,
    rows: SortedRows,
    matrices: ExpertMatrices,
  ) => Tensor;
  /** Adds up the rows of each token, multiplied by their weights: [M, C] to [N, C]. */
  readonly moeCombine: (experts: ExpertRows, dtype: DType) => Tensor;
  /** `moeCombine`, added to the residual stream [..., C]: returns the sum, and its norm. */
  readonly combineRmsNorm: (
    experts: ExpertRows,
    residual: Tensor,
    weight: Tensor,
    options: NormOptions,
  ) => [sum: Tensor, y: Tensor];
  /** `x @ weight.t() + bias`. */
  readonly linear: (x: Tensor, weights: LinearWeights) => Tensor;
  /** Looks up the rows of a weight for tokens. */
  readonly embedding: (
    tokens: Tensor,
    weight_VC: Tensor,
    weightSum?: Tensor | null,
  ) => Tensor;
  /** The output layer and the cross-entropy of its logits. */
  readonly linearCrossEntropy: (
    x_NC: Tensor,
    targets_N: Tensor,
    layer: OutputLayer,
    options?: CrossEntropyOptions,
  ) => Tensor;
  /** The norm of all gradients together, and the factor that clips it. */
  readonly clipFactor: (
    grads: readonly Tensor[],
    maxNorm: number | null,
  ) => ClipFactor;
  /** The optimizer's update. */
  readonly adamw: (tensors: AdamwTensors, options: AdamwOptions) => void;
}

/** Compositions of PyTorch's operators. */
export const plainOperators: OperatorTable = {
  rmsNorm: plainRmsNorm,
  addRmsNorm: plainAddRmsNorm,
  ropeQkv: plainRopeQkv,
  attention: attend,
  swiglu: plainSwiglu,
  topkSoftmax: plainTopkSoftmax,
  routerStatistics: plainRouterStatistics,
  moeSort: plainMoeSort,
  moeGather: plainMoeGather,
  groupedLinear: plainGroupedLinear,
  moeExperts: plainMoeExperts,
  moeCombine: plainMoeCombine,
  combineRmsNorm: plainCombineRmsNorm,
  linear: plainLinear,
  embedding: plainEmbedding,
  linearCrossEntropy: plainLinearCrossEntropy,
  clipFactor: plainClipFactor,
  adamw: plainAdamw,
};

/** The project's own operators. */
export const fusedOperators: OperatorTable = {
  rmsNorm: fusedRmsNorm,
  addRmsNorm: fusedAddRmsNorm,
  ropeQkv: fusedRopeQkv,
  attention: fusedAttention,
  swiglu: fusedSwiglu,
  topkSoftmax: fusedTopkSoftmax,
  routerStatistics: fusedRouterStatistics,
  moeSort: fusedMoeSort,
  moeGather: fusedMoeGather,
  groupedLinear: fusedGroupedLinear,
  moeExperts: fusedMoeExperts,
  moeCombine: fusedMoeCombine,
  combineRmsNorm: fusedCombineRmsNorm,
  linear: fusedLinear,
  embedding: fusedEmbedding,
  linearCrossEntropy: fusedLinearCrossEntropy,
  clipFactor: fusedClipFactor,
  adamw: fusedAdamw,
};

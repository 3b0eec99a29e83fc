/**
 * Sends tokens to their experts and combines the results. The rows (a token and one of its experts) are sorted
 * by expert, so that one grouped matrix product computes all experts. No step depends on how many rows an expert
 * has, so nothing waits for the device.
 *
 * Shapes: N tokens, C width, E experts, K choices a token, M = N K rows, I width of an expert's result.
 *
 * @module
 */

import {
  arange,
  aten,
  type DType,
  noGrad,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import { plainSwiglu } from "./swiglu.ts";

/** The rows, sorted by expert; the rows of an expert keep the order of tokens. All int32. */
export interface SortedRows {
  /** The token of each row. */
  readonly token_M: Tensor;
  /** The row of each choice (token and expert). */
  readonly row_NK: Tensor;
  /** Number of rows of each expert. */
  readonly counts_E: Tensor;
  /** Index after each expert's last row. */
  readonly ends_E: Tensor;
}

/** Sorts the choices of `n_expert` experts, int64 [N, K]. */
export function plainMoeSort(
  experts_NK: Tensor,
  n_expert: number,
): SortedRows {
  return noGrad(() => {
    const [N, K] = [experts_NK.size(0), experts_NK.size(1)];
    const expert_M = experts_NK.reshape(-1);
    const order_M = aten("argsort.stable", expert_M, { stable: true });
    const ids_E = arange(0, n_expert, { device: experts_NK.device });
    const counts_E = expert_M.unsqueeze(1).eq(ids_E).sum(0);
    return {
      token_M: aten("floor_divide.Scalar", order_M, K).to("int32"),
      row_NK: aten("argsort", order_M).to("int32").view(N, K),
      counts_E: counts_E.to("int32"),
      ends_E: counts_E.cumsum(0).to("int32"),
    };
  });
}

/** {@linkcode plainMoeSort} as one operator. */
export function fusedMoeSort(
  experts_NK: Tensor,
  n_expert: number,
): SortedRows {
  const [token_M, row_NK, counts_E, ends_E] = noGrad(() =>
    aten("moebius::moe_sort", experts_NK, n_expert)
  );
  return { token_M, row_NK, counts_E, ends_E };
}

/** The token of each row: [N, C] to [M, C]. */
export function plainMoeGather(x_NC: Tensor, { token_M }: SortedRows): Tensor {
  return x_NC.indexSelect(0, token_M);
}

/** {@linkcode plainMoeGather} as one operator; its backward sums without atomics. */
export function fusedMoeGather(
  x_NC: Tensor,
  { token_M, row_NK }: SortedRows,
): Tensor {
  return aten("moebius::moe_gather", x_NC, token_M, row_NK);
}

/** Multiplies each row by its expert's matrix: [M, C] by [E, I, C] to [M, I]. Both have the same dtype. */
export function plainGroupedLinear(
  x_MC: Tensor,
  weight_EIC: Tensor,
  { ends_E }: SortedRows,
): Tensor {
  return aten("_grouped_mm", x_MC, weight_EIC.transpose(1, 2), ends_E);
}

/** {@linkcode plainGroupedLinear} as one operator. */
export function fusedGroupedLinear(
  x_MC: Tensor,
  weight_EIC: Tensor,
  { ends_E }: SortedRows,
): Tensor {
  return aten("moebius::grouped_linear", x_MC, weight_EIC, ends_E);
}

/** The stacked matrices of the experts, all of one dtype. */
export interface ExpertMatrices {
  /** The gates, stacked on the matrices of the values that they multiply. */
  readonly fc_E2IC: Tensor;
  /** Matrices that project back to the width. */
  readonly proj_ECI: Tensor;
  /** Sum that backward may add the gradient of `fc_E2IC` to, instead of returning it. Default: none. */
  readonly fcSum?: Tensor | null;
  /** The same for `proj_ECI`. Default: none. */
  readonly projSum?: Tensor | null;
}

/** Copies tokens to rows and runs each through its expert: `proj @ swiglu(fc @ x)`, [N, C] to [M, C]. */
export function plainMoeExperts(
  x_NC: Tensor,
  rows: SortedRows,
  { fc_E2IC, proj_ECI }: ExpertMatrices,
): Tensor {
  const fc_M2I = scope(() =>
    plainGroupedLinear(plainMoeGather(x_NC, rows), fc_E2IC, rows)
  );
  return plainGroupedLinear(plainSwiglu(fc_M2I), proj_ECI, rows);
}

/**
 * {@linkcode plainMoeExperts} as one operator. On a GPU backward recomputes SwiGLU's result instead of keeping
 * it, and on Hopper SwiGLU and its backward are computed inside the matrix products.
 */
export function fusedMoeExperts(
  x_NC: Tensor,
  { token_M, row_NK, ends_E }: SortedRows,
  { fc_E2IC, proj_ECI, fcSum = null, projSum = null }: ExpertMatrices,
): Tensor {
  return aten(
    "moebius::moe_experts",
    x_NC,
    token_M,
    row_NK,
    ends_E,
    fc_E2IC,
    proj_ECI,
    fcSum,
    projSum,
  );
}

/** The experts' results for tokens, before they are combined. */
export interface ExpertRows {
  /** [M, C] */
  readonly y_MC: Tensor;
  /** Weight of each row. */
  readonly weights_NK: Tensor;
  /** The sorted rows. */
  readonly rows: SortedRows;
}

/** Sums each token's rows, multiplied by their weights, in float32, then rounds to `dtype`: [M, C] to [N, C]. */
export function plainMoeCombine(
  { y_MC, weights_NK, rows: { row_NK } }: ExpertRows,
  dtype: DType,
): Tensor {
  const [N, K] = [row_NK.size(0), row_NK.size(1)];
  const y_NKC = y_MC.indexSelect(0, row_NK.view(-1)).view(N, K, y_MC.size(1));
  const wide = y_MC.dtype === "float64" ? "float64" : "float32";
  const weights_NK1 = weights_NK.to(wide).unsqueeze(2);
  return y_NKC.mul(weights_NK1).sum(1).to(dtype);
}

/** {@linkcode plainMoeCombine} as one operator. */
export function fusedMoeCombine(
  { y_MC, weights_NK, rows: { row_NK } }: ExpertRows,
  dtype: DType,
): Tensor {
  return aten("moebius::moe_combine", y_MC, weights_NK, row_NK, dtype);
}

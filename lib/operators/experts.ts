/**
 * The way of tokens to their experts and back. The rows (a token and one of its experts) are sorted by expert,
 * so that one grouped matrix product serves all experts. No step depends on how many rows an expert got, so
 * nothing waits for the device.
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

/** The rows, sorted by expert; tokens of one expert keep their order. All int32. */
export interface SortedRows {
  /** The token of a row. */
  readonly token_M: Tensor;
  /** The row of a choice. */
  readonly row_NK: Tensor;
  /** How many rows each expert has. */
  readonly counts_E: Tensor;
  /** Where each expert's rows end. */
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

/** {@linkcode plainMoeGather} as one operator, whose backward adds without atomics. */
export function fusedMoeGather(
  x_NC: Tensor,
  { token_M, row_NK }: SortedRows,
): Tensor {
  return aten("moebius::moe_gather", x_NC, token_M, row_NK);
}

/** Each row times its expert's matrix: [M, C] by [E, I, C] to [M, I]. Both have one dtype. */
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

/** The matrices of stacked experts, of one dtype. */
export interface ExpertMatrices {
  /** Gates above what they gate. */
  readonly fc_E2IC: Tensor;
  /** Back to the width. */
  readonly proj_ECI: Tensor;
  /** Where backward may add the gradient of `fc_E2IC`, instead of giving it. Default: none. */
  readonly fcSum?: Tensor | null;
  /** The same for `proj_ECI`. Default: none. */
  readonly projSum?: Tensor | null;
}

/** Tokens to rows, each through its expert: `proj @ swiglu(fc @ x)`, [N, C] to [M, C]. */
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
 * {@linkcode plainMoeExperts} as one operator. On a GPU backward computes SwiGLU's result anew instead of keeping
 * it, and on Hopper the products themselves compute SwiGLU and its backward.
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

/** What experts gave for tokens, yet to be added up. */
export interface ExpertRows {
  /** [M, C] */
  readonly y_MC: Tensor;
  /** Factor of each row. */
  readonly weights_NK: Tensor;
  /** Where each token's rows are. */
  readonly rows: SortedRows;
}

/** Sums each token's rows with its weights, in float32, then rounds to `dtype`: [M, C] to [N, C]. */
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

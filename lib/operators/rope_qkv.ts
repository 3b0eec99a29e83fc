/**
 * Splits the product of attention's first matrix into queries, keys and values and applies rotary position
 * embedding (Su et al. 2021) in the half-split form of GPT-NeoX and Llama.
 *
 * Shapes: B batch, T positions, H query heads, G key and value heads, D width of a head, R rotated values of
 * a head, F = (H + 2 G) D.
 *
 * @module
 */

import { aten, cat, type Tensor } from "../../ffi/mod.ts";

/** Cosines and sines of the rotation angles of positions. */
export interface RopeCache {
  /** Cosines [T, R]. */
  readonly cos_TR: Tensor;
  /** Sines [T, R]. */
  readonly sin_TR: Tensor;
}

/** Numbers of heads, under the names of a model's configuration. */
export interface Heads {
  /** Query heads (H). */
  readonly n_head: number;
  /** Key heads and value heads (G). */
  readonly n_query_groups: number;
}

/** Queries, keys and values of all heads. */
export type Qkv = [q_BHTD: Tensor, k_BGTD: Tensor, v_BGTD: Tensor];

/** Splits rows [all Q | all K | all V] into heads, and rotates queries and keys. */
export function plainRopeQkv(
  qkv_BTF: Tensor,
  rope: RopeCache,
  { n_head, n_query_groups }: Heads,
): Qkv {
  const [B, T, F] = [qkv_BTF.size(0), qkv_BTF.size(1), qkv_BTF.size(2)];
  const heads = n_head + 2 * n_query_groups;
  const [q, k, v] = qkv_BTF.view(B, T, heads, F / heads)
    .transpose(1, 2)
    .split([n_head, n_query_groups, n_query_groups], 1);
  return [rotate(q, rope), rotate(k, rope), v];
}

/** {@linkcode plainRopeQkv} as one operator. */
export function fusedRopeQkv(
  qkv_BTF: Tensor,
  { cos_TR, sin_TR }: RopeCache,
  { n_head, n_query_groups }: Heads,
): Qkv {
  return aten(
    "moebius::rope_qkv",
    qkv_BTF,
    cos_TR,
    sin_TR,
    n_head,
    n_query_groups,
  );
}

/** Rotates the first R values of each head; the rest is unchanged. */
function rotate(x_BHTD: Tensor, { cos_TR, sin_TR }: RopeCache): Tensor {
  const R = cos_TR.size(1);
  const rest = x_BHTD.size(-1) - R;
  if (R === 0) return x_BHTD;
  const [x_BHTR, passed] = x_BHTD.split([R, rest], -1);
  const [first, second] = x_BHTR.split([R / 2, R / 2], -1);
  const turned = cat([second.neg(), first], -1);
  const y_BHTR = x_BHTR.mul(cos_TR).add(turned.mul(sin_TR)).to(x_BHTD.dtype);
  return rest === 0 ? y_BHTR : cat([y_BHTR, passed], -1);
}

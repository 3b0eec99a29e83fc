// Matrix products of rows that lie in groups, one matrix of a stack for each group. Tensors are
// contiguous; rows of group e are [ends[e - 1], ends[e]).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace moebius::cpu {

// Whether the functions below are faster than at::mm for a single matrix of this dtype.
bool multiplies_faster(at::ScalarType dtype);

// y[m] = w[e] @ x[m]: x [M, K], w [E, N, K], y [M, N].
void multiply_transposed(const at::Tensor& x, const at::Tensor& w, const int32_t* ends,
                         at::Tensor& y);

// dx[m] = g[m] @ w[e]: g [M, N], w [E, N, K], dx [M, K].
void multiply(const at::Tensor& g, const at::Tensor& w, const int32_t* ends, at::Tensor& dx);

// dw[e] = g_e.T @ x_e, or is added to: g [M, N], x [M, K], dw [E, N, K] of their dtype or float32.
void multiply_rows(const at::Tensor& g, const at::Tensor& x, const int32_t* ends, at::Tensor& dw,
                   bool add = false);

}  // namespace moebius::cpu

// Code shared by the kernels for experts.
#pragma once

#include "prelude.h"

// The order in which experts are chosen, as one number: larger values first and NaN before all, as
// in torch.topk; among equal values, the first expert.
__device__ inline unsigned long long rank_of(float value, int expert) {
  unsigned bits = __float_as_uint(value);
  bits = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  if (value != value) bits = 0xffffffffu;
  return static_cast<unsigned long long>(bits) << 32 |
         (0xffffffffu - static_cast<unsigned>(expert));
}

// The experts' results for tokens: rows [M, width], of which each token has k.
struct ExpertRows {
  const void* y;
  bool y_wide;
  const void* weights;  // [N, k]
  bool weights_wide;
  const int* row;  // [N, k]
  int k;
};

// Eight values of the sum of a token's rows, each times its weight.
__device__ inline void combine8(const ExpertRows& rows, int64 token, int i, int width, bool vectors,
                                float (&sums)[8]) {
#pragma unroll
  for (int j = 0; j < 8; ++j) sums[j] = 0.0f;
#pragma unroll 4
  for (int choice = 0; choice < rows.k; ++choice) {
    const int64 from = rows.row[token * rows.k + choice];
    const float weight = load1(rows.weights, rows.weights_wide, token * rows.k + choice);
    float values[8];
    unpack8(load8(rows.y, rows.y_wide, from * width + i, width - i, vectors), rows.y_wide, values);
#pragma unroll
    for (int j = 0; j < 8; ++j) sums[j] += weight * values[j];
  }
}

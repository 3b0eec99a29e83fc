// The norm of all gradients together, and the clipping factor derived from it.

#include "clip_arguments.h"
#include "prelude.h"

using namespace moebius::clip_arguments;

// partials [blocks of all launches]: the sum of squares of each block's values.
extern "C" __global__ void clip_squares(const __grid_constant__ Entries entries, float* partials) {
  __shared__ float scratch[1][32];
  const int block = static_cast<int>(blockIdx.x) + entries.first_block;
  int low = 0;
  for (int high = entries.count; high - low > 1;) {
    const int middle = (low + high) / 2;
    (entries.entries[middle].first_block <= block ? low : high) = middle;
  }
  const Entry& entry = entries.entries[low];
  const int64 start = static_cast<int64>(block - entry.first_block) * kChunk;
  const int64 end = start + kChunk < entry.size ? start + kChunk : entry.size;
  float sums[1] = {0.0f};
  for (int64 i = start + 8 * static_cast<int64>(threadIdx.x); i < end;
       i += 8 * static_cast<int64>(blockDim.x)) {
    float values[8];
    const bool all = end - i >= 8;
    unpack8(
        load8(entry.data, entry.wide, i, all ? 8 : static_cast<int>(end - i), entry.vectors && all),
        entry.wide, values);
#pragma unroll
    for (int j = 0; j < 8; ++j) sums[0] += values[j] * values[j];
  }
  block_sum(sums, scratch);
  if (threadIdx.x == 0) partials[block] = sums[0];
}

// One block. factor is PyTorch's clip_grad_norm_: max_norm / (norm + 1e-6), at most 1; 1 without a
// max_norm, which is then negative.
extern "C" __global__ void clip_factor(const float* partials, int count, float max_norm,
                                       float* norm, float* factor, float* found_inf) {
  __shared__ float scratch[1][32];
  float sums[1] = {0.0f};
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
    sums[0] += partials[i];
  }
  block_sum(sums, scratch);
  if (threadIdx.x != 0) return;
  const float root = sqrtf(sums[0]);
  *norm = root;
  *found_inf = isfinite(root) ? 0.0f : 1.0f;
  *factor = max_norm < 0.0f ? 1.0f : fminf(max_norm / (root + 1e-6f), 1.0f);
}

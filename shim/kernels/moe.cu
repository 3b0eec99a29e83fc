// Sorts choices by expert, copies tokens to their experts' rows, and adds up the experts' results.

#include "experts.h"

// ---- sorting
// -------------------------------------------------------------------------------------
//
// A stable counting sort in two launches, independent of the order in which blocks run: a block
// takes one choice per thread, and computes a choice's place from the counts of the preceding
// blocks, of the preceding warps, and of the preceding lanes.

__device__ inline int expert_of(const int64* experts, int64 choice, int64 choices, int n_expert) {
  if (choice >= choices) return -1;
  const int64 expert = experts[choice];
  // An index out of range would be written to an arbitrary address.
  if (expert < 0 || expert >= n_expert) trap();
  return static_cast<int>(expert);
}

// block_counts [blocks, n_expert]
extern "C" __global__ void moe_count(const int64* experts, int64 choices, int n_expert,
                                     int* block_counts) {
  int* const counts = dynamic_shared<int>();
  for (int e = static_cast<int>(threadIdx.x); e < n_expert; e += static_cast<int>(blockDim.x)) {
    counts[e] = 0;
  }
  __syncthreads();
  const int64 choice = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int expert = expert_of(experts, choice, choices, n_expert);
  const unsigned same = __match_any_sync(kAllLanes, expert);
  const unsigned lane = threadIdx.x % 32;
  if (expert >= 0 && (same & ((1u << lane) - 1u)) == 0) atomicAdd(&counts[expert], __popc(same));
  __syncthreads();
  for (int e = static_cast<int>(threadIdx.x); e < n_expert; e += static_cast<int>(blockDim.x)) {
    block_counts[static_cast<int64>(blockIdx.x) * n_expert + e] = counts[e];
  }
}

// Shared memory: n_expert each of starts and of counts of earlier blocks, then of each warp's
// counts.
extern "C" __global__ void moe_place(const int64* experts, int64 choices, int n_expert, int k,
                                     const int* block_counts, int* token, int* row, int* counts,
                                     int* ends) {
  int* const starts = dynamic_shared<int>();
  int* earlier_counts = starts + n_expert;
  int* warp_counts = earlier_counts + n_expert;
  const int warps = static_cast<int>(blockDim.x) / 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int blocks = static_cast<int>(gridDim.x);
  for (int i = static_cast<int>(threadIdx.x); i < warps * n_expert;
       i += static_cast<int>(blockDim.x)) {
    warp_counts[i] = 0;
  }
  __syncthreads();

  const int64 choice = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int expert = expert_of(experts, choice, choices, n_expert);
  const unsigned same = __match_any_sync(kAllLanes, expert);
  const unsigned before = same & ((1u << (threadIdx.x % 32)) - 1u);
  if (expert >= 0 && before == 0) warp_counts[warp * n_expert + expert] = __popc(same);

  // A warp an expert: its choices in all blocks, and in those before this one.
  for (int e = warp; e < n_expert; e += warps) {
    int all = 0;
    int earlier = 0;
    for (int b = static_cast<int>(threadIdx.x) % 32; b < blocks; b += 32) {
      const int count = block_counts[static_cast<int64>(b) * n_expert + e];
      all += count;
      if (b < static_cast<int>(blockIdx.x)) earlier += count;
    }
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) {
      all += __shfl_xor_sync(kAllLanes, all, offset);
      earlier += __shfl_xor_sync(kAllLanes, earlier, offset);
    }
    if (threadIdx.x % 32 == 0) {
      starts[e] = all;
      earlier_counts[e] = earlier;
    }
  }
  __syncthreads();

  // Where each expert's rows begin: the first warp adds up, 32 experts at a time.
  if (warp == 0) {
    const int lane = static_cast<int>(threadIdx.x);
    int sum = 0;
    for (int base = 0; base < n_expert; base += 32) {
      const int e = base + lane;
      const int count = e < n_expert ? starts[e] : 0;
      int inclusive = count;
#pragma unroll
      for (int offset = 1; offset < 32; offset *= 2) {
        const int other = __shfl_up_sync(kAllLanes, inclusive, static_cast<unsigned>(offset));
        if (lane >= offset) inclusive += other;
      }
      if (e < n_expert) {
        if (blockIdx.x == 0) {
          counts[e] = count;
          ends[e] = sum + inclusive;
        }
        starts[e] = sum + inclusive - count + earlier_counts[e];
      }
      sum += __shfl_sync(kAllLanes, inclusive, 31);
    }
  }
  __syncthreads();

  if (expert < 0) return;
  int place = starts[expert] + __popc(before);
  for (int w = 0; w < warp; ++w) place += warp_counts[w * n_expert + expert];
  token[place] = static_cast<int>(choice / k);
  row[choice] = place;
}

// ---- copying
// -------------------------------------------------------------------------------------
//
// One block a token.

template <typename T>
__device__ inline void gather(const void* x, const int* row, void* y, int k, int width,
                              bool vectors) {
  const int64 token = blockIdx.x;
  for (int i = 8 * static_cast<int>(threadIdx.x); i < width;
       i += 8 * static_cast<int>(blockDim.x)) {
    float values[8];
    unpack8(load8(x, kWide<T>, token * width + i, width - i, vectors), kWide<T>, values);
    for (int choice = 0; choice < k; ++choice) {
      const int64 to = row[token * k + choice];
      store8(y, kWide<T>, to * width + i, width - i, vectors, values);
    }
  }
}

template <typename T>
__device__ inline void gather_backward(const void* dy, const int* row, void* dx, int k, int width,
                                       bool vectors) {
  const int64 token = blockIdx.x;
  for (int i = 8 * static_cast<int>(threadIdx.x); i < width;
       i += 8 * static_cast<int>(blockDim.x)) {
    float sums[8] = {};
#pragma unroll 4
    for (int choice = 0; choice < k; ++choice) {
      const int64 from = row[token * k + choice];
      float values[8];
      unpack8(load8(dy, kWide<T>, from * width + i, width - i, vectors), kWide<T>, values);
#pragma unroll
      for (int j = 0; j < 8; ++j) sums[j] += values[j];
    }
    store8(dx, kWide<T>, token * width + i, width - i, vectors, sums);
  }
}

extern "C" __global__ void moe_gather_forward_float32(const void* x, const int* row, void* y, int k,
                                                      int width, bool vectors) {
  gather<float>(x, row, y, k, width, vectors);
}

extern "C" __global__ void moe_gather_forward_bfloat16(const void* x, const int* row, void* y,
                                                       int k, int width, bool vectors) {
  gather<bfloat16>(x, row, y, k, width, vectors);
}

extern "C" __global__ void moe_gather_backward_float32(const void* dy, const int* row, void* dx,
                                                       int k, int width, bool vectors) {
  gather_backward<float>(dy, row, dx, k, width, vectors);
}

extern "C" __global__ void moe_gather_backward_bfloat16(const void* dy, const int* row, void* dx,
                                                        int k, int width, bool vectors) {
  gather_backward<bfloat16>(dy, row, dx, k, width, vectors);
}

// ---- adding up
// -----------------------------------------------------------------------------------

extern "C" __global__ void moe_combine_forward(const void* y, bool y_wide, const void* weights,
                                               bool weights_wide, const int* row, void* out,
                                               bool out_wide, int k, int width, bool vectors) {
  const int64 token = blockIdx.x;
  for (int i = 8 * static_cast<int>(threadIdx.x); i < width;
       i += 8 * static_cast<int>(blockDim.x)) {
    float sums[8];
    combine8({y, y_wide, weights, weights_wide, row, k}, token, i, width, vectors, sums);
    store8(out, out_wide, token * width + i, width - i, vectors, sums);
  }
}

// dy[row] = weight * dout and dweight = <dout, y[row]>, two choices of a token at a time.
extern "C" __global__ void moe_combine_backward(const void* dout, bool dout_wide, const void* y,
                                                bool y_wide, const void* weights, bool weights_wide,
                                                const int* row, void* dy, void* dweights, int k,
                                                int width, bool vectors) {
  __shared__ float scratch[2][2][32];
  const int64 token = blockIdx.x;
  int turn = 0;
  for (int base = 0; base < k; base += 2, turn ^= 1) {
    const int64 choice = token * k + base;
    const bool both = base + 1 < k;
    const int64 rows[2] = {row[choice], both ? row[choice + 1] : 0};
    const float factors[2] = {load1(weights, weights_wide, choice),
                              both ? load1(weights, weights_wide, choice + 1) : 0.0f};
    float dots[2] = {};
    for (int i = 8 * static_cast<int>(threadIdx.x); i < width;
         i += 8 * static_cast<int>(blockDim.x)) {
      const int count = width - i;
      const Raw8 raw = load8(dout, dout_wide, token * width + i, count, vectors);
      Raw8 results[2] = {};
      results[0] = load8(y, y_wide, rows[0] * width + i, count, vectors);
      if (both) results[1] = load8(y, y_wide, rows[1] * width + i, count, vectors);
      float gradient[8];
      unpack8(raw, dout_wide, gradient);
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        float values[8];
        unpack8(results[c], y_wide, values);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          dots[c] += gradient[j] * values[j];
          values[j] = factors[c] * gradient[j];
        }
        if (c == 0 || both) store8(dy, y_wide, rows[c] * width + i, count, vectors, values);
      }
    }
    block_sum(dots, scratch[turn]);
    if (threadIdx.x == 0) {
      store1(dweights, weights_wide, choice, dots[0]);
      if (both) store1(dweights, weights_wide, choice + 1, dots[1]);
    }
  }
}

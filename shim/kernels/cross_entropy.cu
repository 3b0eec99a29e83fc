// Cross-entropy of rows of logits, which are overwritten with their gradient.

#include "prelude.h"

__device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

// gradient (1 if null) / number of targets that count, and the number. One block.
extern "C" __global__ void __launch_bounds__(1024)
    cross_entropy_count(const int64* targets, int64 rows, int64 ignore_index, const float* gradient,
                        float* inverse) {
  __shared__ float scratch[1][32];
  int count = 0;
  for (int64 i = threadIdx.x; i < rows; i += blockDim.x) count += targets[i] != ignore_index;
  // Exact in float32: a block's sums stay below 2^24 for any number of rows that fits a device.
  float sums[1] = {static_cast<float>(count)};
  block_sum(sums, scratch);
  if (threadIdx.x == 0) {
    inverse[0] = (gradient == nullptr ? 1.0f : *gradient) / sums[0];
    inverse[1] = sums[0];
  }
}

// The mean of the rows' losses. One block.
extern "C" __global__ void __launch_bounds__(1024)
    cross_entropy_mean(const float* losses, int64 rows, const float* inverse, float* mean) {
  __shared__ float scratch[1][32];
  float sums[1] = {};
  for (int64 i = threadIdx.x; i < rows; i += blockDim.x) sums[0] += losses[i];
  block_sum(sums, scratch);
  if (threadIdx.x == 0) mean[0] = sums[0] / inverse[1];
}

// A maximum and the sum of exponentials relative to it.
struct Softmax {
  float maximum;
  float sum;
};

__device__ inline Softmax merge(Softmax left, Softmax right) {
  const float maximum = fmaxf(left.maximum, right.maximum);
  if (maximum == -infinity()) return {maximum, 0.0f};
  return {maximum, left.sum * exp2_approximately((left.maximum - maximum) * kLog2E) +
                       right.sum * exp2_approximately((right.maximum - maximum) * kLog2E)};
}

__device__ inline void add8(Softmax& softmax, const float (&values)[8]) {
  float maximum = softmax.maximum;
#pragma unroll
  for (int j = 0; j < 8; ++j) maximum = fmaxf(maximum, values[j]);
  if (maximum == -infinity()) return;
  const float shift = -maximum * kLog2E;
  float sum = softmax.sum * exp2_approximately(fmaf(softmax.maximum, kLog2E, shift));
#pragma unroll
  for (int j = 0; j < 8; ++j) sum += exp2_approximately(fmaf(values[j], kLog2E, shift));
  softmax = {maximum, sum};
}

// One block a row. With `staged` the row is kept in shared memory between the two passes over it.
template <typename T>
__device__ inline void cross_entropy(void* logits, const int64* targets, int64 ignore_index,
                                     int vocabulary, const float* inverse, float* losses,
                                     bool with_gradients, bool staged, bool vectors) {
  constexpr int kGroups = kWide<T> ? 2 : 4;  // groups of eight values in flight a thread
  uint4* const stage = dynamic_shared<uint4>();
  __shared__ Softmax partial[32];
  const int64 row = static_cast<int64>(blockIdx.x) * vocabulary;
  const int64 target = targets[blockIdx.x];
  const int start = 8 * static_cast<int>(threadIdx.x);
  const int stride = 8 * static_cast<int>(blockDim.x);
  if (target == ignore_index) {
    if (threadIdx.x == 0) losses[blockIdx.x] = 0.0f;
    if (!with_gradients) return;
    const float zeros[8] = {};
    for (int i = start; i < vocabulary; i += stride) {
      store8(logits, kWide<T>, row + i, vocabulary - i, vectors, zeros);
    }
    return;
  }
  if (target < 0 || target >= vocabulary) trap();

  Softmax softmax = {-infinity(), 0.0f};
  for (int base = start; base < vocabulary; base += kGroups * stride) {
    Raw8 raw[kGroups];
#pragma unroll
    for (int g = 0; g < kGroups; ++g) {
      const int i = base + g * stride;
      if (i < vocabulary) raw[g] = load8(logits, kWide<T>, row + i, vocabulary - i, vectors);
    }
#pragma unroll
    for (int g = 0; g < kGroups; ++g) {
      const int i = base + g * stride;
      if (i >= vocabulary) continue;
      if (staged) {
        if constexpr (kWide<T>) {
          stage[i / 4] = raw[g].low;
          stage[i / 4 + 1] = raw[g].high;
        } else {
          stage[i / 8] = raw[g].low;
        }
      }
      float values[8];
      unpack8(raw[g], kWide<T>, values);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        if (!vectors && i + j >= vocabulary) values[j] = -infinity();
      }
      add8(softmax, values);
    }
  }
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    softmax = merge(softmax, {__shfl_xor_sync(kAllLanes, softmax.maximum, offset),
                              __shfl_xor_sync(kAllLanes, softmax.sum, offset)});
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = softmax;
  __syncthreads();
  softmax = partial[0];
  for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) softmax = merge(softmax, partial[warp]);
  const float log_sum = softmax.maximum + logf(softmax.sum);
  if (threadIdx.x == 0) losses[blockIdx.x] = log_sum - load1(logits, kWide<T>, row + target);
  if (!with_gradients) return;
  // The target's logit was read above; its owner may write over it now.
  __syncthreads();

  const float scale = inverse[0];
  const float shift = -log_sum * kLog2E;
#pragma unroll 2
  for (int i = start; i < vocabulary; i += stride) {
    Raw8 raw = {};
    if (!staged) {
      raw = load8(logits, kWide<T>, row + i, vocabulary - i, vectors);
    } else if constexpr (kWide<T>) {
      raw.low = stage[i / 4];
      raw.high = stage[i / 4 + 1];
    } else {
      raw.low = stage[i / 8];
    }
    float values[8];
    unpack8(raw, kWide<T>, values);
#pragma unroll
    for (int j = 0; j < 8; ++j)
      values[j] = scale * exp2_approximately(fmaf(values[j], kLog2E, shift));
    if (target - i >= 0 && target - i < 8) {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        if (target - i == j) values[j] -= scale;
      }
    }
    store8(logits, kWide<T>, row + i, vocabulary - i, vectors, values);
  }
}

#define MOEBIUS_CROSS_ENTROPY(name, T)                                                            \
  extern "C" __global__ void __launch_bounds__(512, 2)                                            \
      name(void* logits, const int64* targets, int64 ignore_index, int vocabulary,                \
           const float* inverse, float* losses, bool with_gradients, bool staged, bool vectors) { \
    cross_entropy<T>(logits, targets, ignore_index, vocabulary, inverse, losses, with_gradients,  \
                     staged, vectors);                                                            \
  }

MOEBIUS_CROSS_ENTROPY(cross_entropy_float32, float)
MOEBIUS_CROSS_ENTROPY(cross_entropy_bfloat16, bfloat16)

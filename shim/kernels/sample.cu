// The next token of each row of logits: the likeliest, or a draw from the likeliest few.

#include "prelude.h"

constexpr int kThreads = 1024;
constexpr int kWarps = kThreads / 32;

// bfloat16 in the order of size, from 1 on.
__device__ inline unsigned key_of(unsigned bits) {
  return (bits & 0x8000u) != 0 ? max(0xffffu - bits, 1u) : bits | 0x8000u;
}

__device__ inline float value_of(unsigned key) {
  return __uint_as_float(((key & 0x8000u) != 0 ? key & 0x7fffu : 0xffffu - key) << 16);
}

// Calls use(i, key) for this thread's part of a row of keys in shared memory, two a word.
template <typename Use>
__device__ inline void for_own(const uint4* keys, int width, const Use& use) {
  for (int group = static_cast<int>(threadIdx.x); group < width / 8; group += kThreads) {
    const uint4 raw = keys[group];
    const unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int w = 0; w < 4; ++w) {
      use(8 * group + 2 * w, words[w] & 0xffffu);
      use(8 * group + 2 * w + 1, words[w] >> 16);
    }
  }
}

// Over the threads of the block; what is `scratch` after is free.
template <typename T, typename Combine>
__device__ inline T reduce(T value, T* scratch, const Combine& combine) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
  }
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
  __syncthreads();
  value = scratch[threadIdx.x % 32];
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
  }
  __syncthreads();
  return value;
}

// The sum over the threads before this one.
template <typename T>
__device__ inline T sum_before(T value, T* scratch) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const auto scan = [lane](T own) {
#pragma unroll
    for (int offset = 1; offset < 32; offset *= 2) {
      const T other = __shfl_up_sync(kAllLanes, own, offset);
      if (lane >= offset) own += other;
    }
    const T before = __shfl_up_sync(kAllLanes, own, 1);
    return lane == 0 ? T(0) : before;
  };
  const T in_warp = scan(value);
  if (lane == 31) scratch[warp] = in_warp + value;
  __syncthreads();
  const T warps = scan(scratch[lane]);
  const T result = __shfl_sync(kAllLanes, warps, warp) + in_warp;
  __syncthreads();
  return result;
}

// One block a row, width a multiple of 8; two bytes of shared memory a column. Without `uniform`
// the likeliest token, of equals the first. With it, numbers in [0, 1): of the k likeliest tokens
// (of equals as many as still fit), with probabilities softmax(logits / temperature), those without
// which the likelier would not have top_p together (equals stay together), one is drawn. scale =
// log2(e) / temperature.
extern "C" __global__ void __launch_bounds__(kThreads)
    sample_bfloat16(const void* logits, const float* uniform, int64* tokens, int width, float scale,
                    int k, float top_p) {
  uint4* const keys = dynamic_shared<uint4>();
  __shared__ unsigned long long scratch_best[kWarps];
  __shared__ int scratch_count[kWarps];
  __shared__ float scratch_sum[kWarps];
  const auto larger = [](auto a, auto b) { return a > b ? a : b; };
  const auto plus = [](auto a, auto b) { return a + b; };
  const int64 row = static_cast<int64>(blockIdx.x) * width;
  unsigned long long best = 0;
#pragma unroll 4
  for (int group = static_cast<int>(threadIdx.x); group < width / 8; group += kThreads) {
    const Raw8 raw = load8(logits, false, row + 8 * group, 8, true);
    unsigned words[4] = {raw.low.x, raw.low.y, raw.low.z, raw.low.w};
#pragma unroll
    for (int w = 0; w < 4; ++w) {
      const unsigned first = key_of(words[w] & 0xffffu);
      const unsigned second = key_of(words[w] >> 16);
      words[w] = first | second << 16;
      const unsigned column = 8 * group + 2 * w;
      best = larger(best, static_cast<unsigned long long>(first) << 32 | (0xffffffffu - column));
      best = larger(best, static_cast<unsigned long long>(second) << 32 | (0xfffffffeu - column));
    }
    keys[group] = make_uint4(words[0], words[1], words[2], words[3]);
  }
  // From here on each thread reads what it wrote itself.
  best = reduce(best, scratch_best, larger);
  if (uniform == nullptr) {
    if (threadIdx.x == 0) tokens[blockIdx.x] = 0xffffffffu - static_cast<unsigned>(best);
    return;
  }
  const unsigned best_key = static_cast<unsigned>(best >> 32);
  const float largest = value_of(best_key);

  // The largest key that at least k tokens have or surpass, bit by bit; then how many of its equals
  // fit.
  unsigned least = 0;
  int ties = 0;
  if (k < width) {
    for (unsigned bit = 0x8000u; bit != 0; bit /= 2) {
      int count = 0;
      for_own(keys, width, [&](int, unsigned key) { count += key >= (least | bit) ? 1 : 0; });
      if (reduce(count, scratch_count, plus) >= k) least |= bit;
    }
    int above = 0;
    int equal = 0;
    for_own(keys, width, [&](int, unsigned key) {
      above += key > least ? 1 : 0;
      equal += key == least ? 1 : 0;
    });
    const int room = k - reduce(above, scratch_count, plus);
    ties = min(equal, max(0, room - sum_before(equal, scratch_count)));
  }
  // Calls use(i, key, power) for the tokens that are kept.
  const auto for_kept = [&](const auto& use) {
    int left = ties;
    for_own(keys, width, [&](int i, unsigned key) {
      if (key < least || (key == least && --left < 0)) return;
      use(i, key, exp2f((value_of(key) - largest) * scale));
    });
  };
  unsigned nucleus = 0;
  if (top_p < 1.0f) {
    float sum = 0.0f;
    for_kept([&](int, unsigned, float power) { sum += power; });
    const float outside = (1.0f - top_p) * reduce(sum, scratch_sum, plus);
    // The largest key below which is no more than may stay outside.
    for (unsigned bit = 0x8000u; bit != 0; bit /= 2) {
      float below = 0.0f;
      for_kept(
          [&](int, unsigned key, float power) { below += key < (nucleus | bit) ? power : 0.0f; });
      if (reduce(below, scratch_sum, plus) <= outside) nucleus |= bit;
    }
    nucleus = min(nucleus, best_key);
  }
  float sum = 0.0f;
  for_kept([&](int, unsigned key, float power) { sum += key >= nucleus ? power : 0.0f; });
  const float target = uniform[blockIdx.x] * reduce(sum, scratch_sum, plus);
  float before = sum_before(sum, scratch_sum);
  // The last thread that has tokens and does not begin past the target.
  const int own = sum > 0.0f && before <= target ? static_cast<int>(threadIdx.x) : -1;
  if (reduce(own, scratch_count, larger) != static_cast<int>(threadIdx.x)) return;
  int token = -1;
  for_kept([&](int i, unsigned key, float power) {
    if (key < nucleus || power == 0.0f) return;
    if (token < 0 || before <= target) token = i;
    before += power;
  });
  tokens[blockIdx.x] = token;
}

// Products of matrices with few vectors: after a norm, and after attention.

#include "decode.h"

// Combines the splits of attention: y = sum of 2^max * partial / sum of 2^max * total.
template <int kN>
__device__ inline void read_splits(const Splits& from, int active, const Vectors& y, int count) {
  const int width = 8 * y.groups;
  for (int i = static_cast<int>(threadIdx.x); i < kN * width / 4; i += kThreads) {
    const int n = i / (width / 4);
    const int column = 4 * (i % (width / 4));
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (n < count) {
      const int64 head = (static_cast<int64>(n) * width + column) / from.head_size * from.splits;
      const float* totals = from.totals + 2 * head;
      const float* partials = from.partials + head * from.head_size + column % from.head_size;
      float largest = __uint_as_float(load_shared4(totals));
#pragma unroll 8
      for (int split = 1; split < active; ++split) {
        largest = fmaxf(largest, __uint_as_float(load_shared4(totals + 2 * split)));
      }
      float total = 0.0f;
#pragma unroll 4
      for (int split = 0; split < active; ++split) {
        const float factor = exp2f(__uint_as_float(load_shared4(totals + 2 * split)) - largest);
        total = fmaf(factor, __uint_as_float(load_shared4(totals + 2 * split + 1)), total);
        const uint4 raw = load_shared16(partials + static_cast<int64>(split) * from.head_size);
        sum.x = fmaf(factor, __uint_as_float(raw.x), sum.x);
        sum.y = fmaf(factor, __uint_as_float(raw.y), sum.y);
        sum.z = fmaf(factor, __uint_as_float(raw.z), sum.z);
        sum.w = fmaf(factor, __uint_as_float(raw.w), sum.w);
      }
      const float scale = 1.0f / total;
      sum = make_float4(rounded(sum.x * scale), rounded(sum.y * scale), rounded(sum.z * scale),
                        rounded(sum.w * scale));
    }
    y.half(n, column / 4 % 2, column / 8) = sum;
  }
  __syncthreads();
}

// y [count, rows] = matrix @ x, a warp kRows rows at a time. Prepare fills x; it is called when the
// first weights are on their way.
template <int kN, int kRows, typename Prepare>
__device__ inline void multiply(const Matrix& matrix, void* y, int count, const Prepare& prepare) {
  float4* const memory = dynamic_shared<float4>();
  const Vectors x = {memory, matrix.groups};
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int step = kRows * kWarps * static_cast<int>(gridDim.x);
  const unsigned mask = (1u << count) - 1;
  int row = kRows * (kWarps * static_cast<int>(blockIdx.x) + static_cast<int>(threadIdx.x) / 32);
  int first = 0;
  uint4 raw[kRows][kTile];
  load_tile(matrix, row, first, raw);
  wait_for_previous();
  let_next_start();
  prepare(x);
  float sums[kRows][kN] = {};
  while (row < matrix.rows) {
    multiply_tile(raw, x, first, mask, sums);
    first += 32 * kTile;
    const bool done = first >= matrix.groups;
    const int next = done ? row + step : row;
    if (done) first = 0;
    load_tile(matrix, next, first, raw);
    if (done) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
#pragma unroll
        for (int n = 0; n < kN; ++n) {
          const float sum = warp_sum(sums[r][n]);
          sums[r][n] = 0.0f;
          if (lane == 0 && n < count && row + r < matrix.rows) {
            store1(y, false, static_cast<int64>(n) * matrix.rows + row + r, sum);
          }
        }
      }
    }
    row = next;
  }
}

// y [count, rows] = matrix @ norm(sum + pending).
template <int kN, int kRows>
__device__ inline void norm_linear(const Stream& stream, const Matrix& matrix, void* y, int count) {
  __shared__ float scratch[kN][32];
  prefetch_norm(stream.norm, 8 * matrix.groups);
  multiply<kN, kRows>(matrix, y, count,
                      [&](const Vectors& x) { read_norm<kN>(stream, x, count, scratch); });
}

// y [count, rows] = matrix @ attention's result.
template <int kN, int kRows>
__device__ inline void attention_linear(const Splits& from, const Matrix& matrix, void* y,
                                        int count) {
  const int active = min(from.splits, *from.position / kPositions + 1);
  multiply<kN, kRows>(matrix, y, count,
                      [&](const Vectors& x) { read_splits<kN>(from, active, x, count); });
}

// For up to n sequences; rows that a warp has at once.
#define MOEBIUS_DECODE(n, rows)                                                     \
  extern "C" __global__ void __launch_bounds__(kThreads)                            \
      decode_norm_linear_##n(Stream stream, Matrix matrix, void* y, int count) {    \
    norm_linear<n, rows>(stream, matrix, y, count);                                 \
  }                                                                                 \
  extern "C" __global__ void __launch_bounds__(kThreads)                            \
      decode_attention_linear_##n(Splits from, Matrix matrix, void* y, int count) { \
    attention_linear<n, rows>(from, matrix, y, count);                              \
  }

MOEBIUS_DECODE(1, 1)
MOEBIUS_DECODE(2, 1)
MOEBIUS_DECODE(4, 2)
MOEBIUS_DECODE(8, 2)

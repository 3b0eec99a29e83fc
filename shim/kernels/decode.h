// Computes one new position of each of a few sequences in a transformer block. Matrices are
// multiplied with few vectors, so the speed is limited by reading weights from memory. There are
// five launches per transformer block.
//
// Each launch may begin before the one ahead of it has ended (LaunchShape::overlaps): until
// `wait_for_previous` a kernel reads only what that one does not write, such as its first weights.
//
// Shapes: kN sequences at most, `count` of them real; C width, F rows of a matrix, H query heads in
// G groups, Q = H / G, D width of a head, S positions that fit into a cache, E experts, K a token,
// I width of an expert. A slot is an expert that at least one sequence chose. Matrices are
// bfloat16, so is what is multiplied with them; all sizes are multiples of 8, all arrays on 16-byte
// boundaries.

#pragma once

#include "decode_arguments.h"
#include "prelude.h"

using namespace moebius::decode_arguments;

constexpr int kWarps = kThreads / 32;
// Groups of eight values that a lane loads from a row at once: 768 values are one tile of a warp.
constexpr int kTile = 3;

__device__ inline uint4 zeros() { return make_uint4(0, 0, 0, 0); }

__device__ inline const char* at(const void* matrix, int64 value) {
  return static_cast<const char*>(matrix) + 2 * value;
}

__device__ inline float rounded(float value) { return low_half(pack(value, 0.0f)); }

__device__ inline void unpack(const uint4& raw, float (&values)[8]) {
  unpack8({raw, zeros()}, false, values);
}

// Eight values from index on, as an earlier launch left them.
__device__ inline void read8(const Array& array, int64 index, float (&values)[8]) {
  Raw8 raw = {zeros(), zeros()};
  if (array.wide) {
    const float* from = static_cast<const float*>(array.data) + index;
    raw.low = load_shared16(from);
    raw.high = load_shared16(from + 4);
  } else {
    raw.low = load_shared16(at(array.data, index));
  }
  unpack8(raw, array.wide, values);
}

// Vectors in shared memory: the first and second four of each eight values lie apart, so that a
// warp's loads use all banks.
struct Vectors {
  float4* data;
  int groups;  // eights of a vector
  __device__ float4& half(int vector, int which, int group) const {
    return data[(2 * vector + which) * groups + group];
  }
};

__device__ inline float dot8(const float (&weights)[8], const float4& low, const float4& high) {
  float sum = weights[0] * low.x;
  sum = fmaf(weights[1], low.y, sum);
  sum = fmaf(weights[2], low.z, sum);
  sum = fmaf(weights[3], low.w, sum);
  sum = fmaf(weights[4], high.x, sum);
  sum = fmaf(weights[5], high.y, sum);
  sum = fmaf(weights[6], high.z, sum);
  return fmaf(weights[7], high.w, sum);
}

// Prefetches a norm's weights before waiting for the previous launch.
__device__ inline void prefetch_norm(const Array& norm, int width) {
  const int bytes = (norm.wide ? 4 : 2) * width;
  for (int i = 128 * static_cast<int>(threadIdx.x); i < bytes; i += 128 * kThreads) {
    prefetch(static_cast<const char*>(norm.data) + i);
  }
}

// Every thread block normalises all vectors itself: they are short, and a separate launch would
// take longer.
template <int kN>
__device__ inline void read_norm(const Stream& stream, const Vectors& x, int count,
                                 float (&scratch)[kN][32]) {
  const int width = 8 * x.groups;
  float squares[kN] = {};
#pragma unroll
  for (int n = 0; n < kN; ++n) {
    for (int group = static_cast<int>(threadIdx.x); group < x.groups; group += kThreads) {
      float values[8] = {}, weights[8] = {};
      if (n < count) {
        const int64 index = static_cast<int64>(n) * width + 8 * group;
        read8(stream.sum, index, values);
        if (stream.pending.data != nullptr) {
          float added[8];
          read8(stream.pending, index, added);
#pragma unroll
          for (int j = 0; j < 8; ++j) values[j] += added[j];
        }
        round8(stream.sum.wide, values);
        if (blockIdx.x == 0 && stream.next_sum.data != nullptr) {
          store8(stream.next_sum.data, stream.sum.wide, index, 8, true, values);
        }
        unpack8(load8(stream.norm.data, stream.norm.wide, 8 * group, 8, true), stream.norm.wide,
                weights);
      }
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        squares[n] = fmaf(values[j], values[j], squares[n]);
        values[j] *= weights[j];
      }
      x.half(n, 0, group) = make_float4(values[0], values[1], values[2], values[3]);
      x.half(n, 1, group) = make_float4(values[4], values[5], values[6], values[7]);
    }
  }
  block_sum(squares, scratch);
#pragma unroll
  for (int n = 0; n < kN; ++n) {
    const float scale = rsqrtf(squares[n] / static_cast<float>(width) + stream.eps);
    for (int group = static_cast<int>(threadIdx.x); group < x.groups; group += kThreads) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float4 v = x.half(n, half, group);
        x.half(n, half, group) = make_float4(rounded(v.x * scale), rounded(v.y * scale),
                                             rounded(v.z * scale), rounded(v.w * scale));
      }
    }
  }
  __syncthreads();
}

template <int kRows>
__device__ inline void load_tile(const Matrix& matrix, int row, int first,
                                 uint4 (&raw)[kRows][kTile]) {
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
#pragma unroll
    for (int t = 0; t < kTile; ++t) {
      const int group = first + 32 * t + static_cast<int>(threadIdx.x) % 32;
      const bool exists = row + r < matrix.rows && group < matrix.groups;
      raw[r][t] = exists
                      ? load_weights(at(matrix.data,
                                        8 * (static_cast<int64>(row + r) * matrix.groups + group)))
                      : zeros();
    }
  }
}

// Adds a tile's part of the products of its rows with the vectors in `mask`.
template <int kN, int kRows>
__device__ inline void multiply_tile(const uint4 (&raw)[kRows][kTile], const Vectors& x, int first,
                                     unsigned mask, float (&sums)[kRows][kN]) {
#pragma unroll
  for (int t = 0; t < kTile; ++t) {
    // Missing weights are zeros; they must only be multiplied with finite numbers.
    const int group = min(first + 32 * t + static_cast<int>(threadIdx.x) % 32, x.groups - 1);
    float weights[kRows][8];
#pragma unroll
    for (int r = 0; r < kRows; ++r) unpack(raw[r][t], weights[r]);
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      if ((mask >> n & 1) == 0) continue;
      const float4 low = x.half(n, 0, group);
      const float4 high = x.half(n, 1, group);
#pragma unroll
      for (int r = 0; r < kRows; ++r) sums[r][n] += dot8(weights[r], low, high);
    }
  }
}

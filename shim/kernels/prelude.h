// Code shared by all kernels. NVRTC, which compiles them on the user's machine, does not have
// CUDA's headers.
//
// Arrays are float32 ("wide") or bfloat16, and are read and written eight values at a time: with
// 16-byte accesses where `vectors` says that every such group lies on a 16-byte boundary and none
// is cut short, else value by value. Arithmetic is float32.
#pragma once

#include "ptx.h"

using int64 = long long;

struct bfloat16 {
  unsigned short bits;
};

template <typename T>
constexpr bool kWide = sizeof(T) == 4;

constexpr unsigned kAllLanes = 0xffffffffu;
constexpr float kLog2E = 1.4426950408889634f;

__device__ inline float low_half(unsigned packed) { return __uint_as_float(packed << 16); }
__device__ inline float high_half(unsigned packed) { return __uint_as_float(packed & 0xffff0000u); }

__device__ inline float load1(const void* data, bool wide, int64 index) {
  if (wide) return static_cast<const float*>(data)[index];
  return low_half(static_cast<const unsigned short*>(data)[index]);
}

__device__ inline void store1(void* data, bool wide, int64 index, float value) {
  if (wide) {
    static_cast<float*>(data)[index] = value;
  } else {
    static_cast<unsigned short*>(data)[index] = static_cast<unsigned short>(pack(value, 0.0f));
  }
}

// Eight values in their storage format; bfloat16 uses only `low`.
struct Raw8 {
  uint4 low;
  uint4 high;
};

// `count` values from `index` on; eight if `vectors`. What is missing is zero.
__device__ inline Raw8 load8(const void* data, bool wide, int64 index, int count, bool vectors) {
  Raw8 raw;
  raw.low = make_uint4(0, 0, 0, 0);
  raw.high = make_uint4(0, 0, 0, 0);
  if (vectors) {
    if (wide) {
      const uint4* from = reinterpret_cast<const uint4*>(static_cast<const float*>(data) + index);
      raw.low = from[0];
      raw.high = from[1];
    } else {
      raw.low = *reinterpret_cast<const uint4*>(static_cast<const unsigned short*>(data) + index);
    }
    return raw;
  }
  unsigned words[8] = {};
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    if (i >= count) continue;
    if (wide) {
      words[i] = static_cast<const unsigned*>(data)[index + i];
    } else {
      const unsigned half = static_cast<const unsigned short*>(data)[index + i];
      words[i / 2] |= half << (16 * (i % 2));
    }
  }
  raw.low = make_uint4(words[0], words[1], words[2], words[3]);
  raw.high = make_uint4(words[4], words[5], words[6], words[7]);
  return raw;
}

__device__ inline void unpack8(const Raw8& raw, bool wide, float (&values)[8]) {
  const unsigned low[4] = {raw.low.x, raw.low.y, raw.low.z, raw.low.w};
  const unsigned high[4] = {raw.high.x, raw.high.y, raw.high.z, raw.high.w};
  if (wide) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      values[i] = __uint_as_float(low[i]);
      values[4 + i] = __uint_as_float(high[i]);
    }
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      values[2 * i] = low_half(low[i]);
      values[2 * i + 1] = high_half(low[i]);
    }
  }
}

__device__ inline void store8(void* data, bool wide, int64 index, int count, bool vectors,
                              const float (&values)[8]) {
  if (vectors) {
    if (wide) {
      float4* to = reinterpret_cast<float4*>(static_cast<float*>(data) + index);
      to[0] = make_float4(values[0], values[1], values[2], values[3]);
      to[1] = make_float4(values[4], values[5], values[6], values[7]);
    } else {
      *reinterpret_cast<uint4*>(static_cast<unsigned short*>(data) + index) =
          make_uint4(pack(values[0], values[1]), pack(values[2], values[3]),
                     pack(values[4], values[5]), pack(values[6], values[7]));
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    if (i < count) store1(data, wide, index + i, values[i]);
  }
}

// Rounds values as storing them in an array does.
__device__ inline void round8(bool wide, float (&values)[8]) {
  if (wide) return;
#pragma unroll
  for (int i = 0; i < 8; ++i) values[i] = low_half(pack(values[i], 0.0f));
}

__device__ inline float warp_sum(float value) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, offset);
  }
  return value;
}

// Sums of each value over the threads of a block, returned to all threads. Between two uses of the
// same scratch there must be a barrier; callers in a loop alternate between two scratches.
template <int kCount>
__device__ inline void block_sum(float (&values)[kCount], float (&scratch)[kCount][32]) {
#pragma unroll
  for (int i = 0; i < kCount; ++i) values[i] = warp_sum(values[i]);
  const int warps = static_cast<int>(blockDim.x) / 32;
  if (warps == 1) return;
  if (threadIdx.x % 32 == 0) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) scratch[i][threadIdx.x / 32] = values[i];
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    values[i] = scratch[i][0];
    for (int warp = 1; warp < warps; ++warp) values[i] += scratch[i][warp];
  }
}

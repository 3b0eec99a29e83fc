// Definitions of CUDA C++'s additions to C++, for kernels that run on a CPU.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "threads.h"

#define __CUDA_ARCH__ 900
#define __CUDA_ARCH_FEAT_SM90_ALL
#define __device__
// Defined by the code that searches for kernels.
#ifndef __global__
#define __global__
#endif
#define __grid_constant__
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))

struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline float __int_as_float(int bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline int __popc(unsigned bits) { return std::popcount(bits); }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float x, float y) { return x / y; }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

using std::isfinite;
using std::max;
using std::min;

template <typename T>
T atomicAdd(T* to, T value) {
  return std::exchange(*to, *to + value);
}

inline void __syncthreads() { emulator::sync_block(); }
inline void __syncwarp() { emulator::show(0); }

template <typename T>
T __shfl_xor_sync(unsigned, T value, int offset) {
  return emulator::show(value)[static_cast<int>(threadIdx.x % 32) ^ offset];
}

template <typename T>
T __shfl_sync(unsigned, T value, int lane) {
  return emulator::show(value)[lane % 32];
}

template <typename T>
T __shfl_up_sync(unsigned, T value, unsigned offset) {
  const int lane = static_cast<int>(threadIdx.x % 32) - static_cast<int>(offset);
  const auto values = emulator::show(value);
  return lane < 0 ? value : values[lane];
}

inline unsigned __ballot_sync(unsigned, bool value) {
  const auto values = emulator::show(value);
  unsigned bits = 0;
  for (int lane = 0; lane < 32; ++lane) bits |= values[lane] ? 1u << lane : 0;
  return bits;
}

inline unsigned __match_any_sync(unsigned, int value) {
  const auto values = emulator::show(value);
  unsigned bits = 0;
  for (int lane = 0; lane < 32; ++lane) bits |= values[lane] == value ? 1u << lane : 0;
  return bits;
}

// Replaces the kernels' ptx.h.
#pragma once

#include <array>
#include <cmath>
#include <cstring>

#include "cuda.h"

inline unsigned round_to_bfloat16(float value) {
  const unsigned bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

inline unsigned pack(float low, float high) {
  return round_to_bfloat16(low) | round_to_bfloat16(high) << 16;
}

inline float exp2_approximately(float x) { return std::exp2(x); }
inline float reciprocal_approximately(float x) { return 1.0f / x; }
inline float sqrt_approximately(float x) { return std::sqrt(x); }
inline void trap() { emulator::fail("ended with a trap"); }

// ---- shared memory ---------------------------------------------------------------------------

template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(emulator::dynamic_shared_memory());
}

inline unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(static_cast<const char*>(pointer) -
                               emulator::dynamic_shared_memory());
}

// Static arrays may lie before the dynamic part.
inline char* shared_pointer(unsigned address) {
  return emulator::dynamic_shared_memory() + static_cast<int>(address);
}

template <typename T>
T read_at(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

inline void load_matrices(unsigned address, unsigned (&values)[4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto addresses = emulator::show(address);
  for (int i = 0; i < 4; ++i) {
    values[i] = read_at<unsigned>(shared_pointer(addresses[8 * i + lane / 4]) + 4 * (lane % 4));
  }
  __syncwarp();
}

inline void load_matrices_transposed(unsigned address, unsigned (&values)[4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto addresses = emulator::show(address);
  for (int i = 0; i < 4; ++i) {
    const auto value = [&](int row) -> unsigned {
      return read_at<unsigned short>(shared_pointer(addresses[8 * i + row]) + 2 * (lane / 4));
    };
    values[i] = value(lane % 4 * 2) | value(lane % 4 * 2 + 1) << 16;
  }
  __syncwarp();
}

inline void copy_begin(unsigned to, const void* from, bool zeros) {
  if (zeros) {
    std::memset(shared_pointer(to), 0, 16);
  } else {
    std::memcpy(shared_pointer(to), from, 16);
  }
}

inline void copies_wait() {}

inline float half_of(unsigned pair, int which) {
  return __uint_as_float(which == 0 ? pair << 16 : pair & 0xffff0000u);
}

inline void multiply(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto words = emulator::show(std::array<unsigned, 6>{a[0], a[1], a[2], a[3], b0, b1});
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4, column = lane % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      const auto& left = words[row * 4 + k % 8 / 2];
      const auto& right = words[column * 4 + k % 8 / 2];
      sum[i] += half_of(left[i / 2 + k / 8 * 2], k % 2) * half_of(right[4 + k / 8], k % 2);
    }
  }
}

// ---- memory ----------------------------------------------------------------------------------

inline uint4 load_weights(const void* from) { return read_at<uint4>(from); }
inline uint4 load_shared16(const void* from) { return read_at<uint4>(from); }
inline unsigned load_shared4(const void* from) { return read_at<unsigned>(from); }
inline void prefetch(const void*) {}

// Launches run one after the other.
inline void wait_for_previous() {}
inline void let_next_start() {}

// Replaces the kernels' hopper.h. Copies and products are executed immediately.
#pragma once

#include "prelude.h"

struct alignas(64) TensorMap {
  unsigned long long words[16];
};

// The content that tensor_map writes.
struct MappedArray {
  unsigned short* data;
  long long sizes[3];
  unsigned box[3];
};
static_assert(sizeof(MappedArray) <= sizeof(TensorMap));

// ---- barriers --------------------------------------------------------------------------------

struct Barrier {
  unsigned short expected;
  unsigned short pending : 15;
  unsigned short odd : 1;
  int bytes;
  void end_phase_if_done() {
    if (pending > 0 || bytes != 0) return;
    odd ^= 1;
    pending = expected;
  }
};
static_assert(sizeof(Barrier) == 8);

inline Barrier& barrier_at(unsigned address) {
  return *reinterpret_cast<Barrier*>(shared_pointer(address));
}

inline void barrier_init(unsigned barrier, int count) {
  const auto expected = static_cast<unsigned short>(count);
  barrier_at(barrier) = {.expected = expected, .pending = expected, .odd = 0, .bytes = 0};
}

inline void barrier_init_fence() {}

inline void barrier_arrive_expecting(unsigned barrier, int bytes) {
  Barrier& at = barrier_at(barrier);
  if (at.pending == 0) emulator::fail("has too many arrivals at a barrier");
  at.bytes += bytes;
  --at.pending;
  at.end_phase_if_done();
}

inline void barrier_arrive(unsigned barrier) { barrier_arrive_expecting(barrier, 0); }

inline void barrier_wait(unsigned barrier, unsigned parity) {
  emulator::wait_until([&] { return barrier_at(barrier).odd != parity; }, "a barrier's phase");
}

inline void announce(int number, int threads) {
  emulator::NumberedBarrier& barrier = emulator::numbered_barrier(number);
  if (++barrier.arrived < threads) return;
  barrier.arrived = 0;
  ++barrier.turns;
}

inline void meet(int number, int threads) {
  emulator::NumberedBarrier& barrier = emulator::numbered_barrier(number);
  const unsigned turn = barrier.turns;
  announce(number, threads);
  emulator::wait_until([&] { return barrier.turns != turn; }, "a numbered barrier");
}

// ---- copies ----------------------------------------------------------------------------------

// Address in shared memory after a swizzle of 128 bytes.
inline char* swizzled(unsigned address) {
  return shared_pointer(address ^ ((address >> 7 & 7) << 4));
}

// Calls body with each position of a box in shared memory and in the array, or null if it is
// outside of the array.
template <typename Body>
inline void for_box(unsigned shared, const TensorMap& map, int x, int y, int z, const Body& body) {
  const auto array = read_at<MappedArray>(&map);
  unsigned place = shared;
  for (unsigned k = 0; k < array.box[2]; ++k) {
    for (unsigned j = 0; j < array.box[1]; ++j) {
      for (unsigned i = 0; i < array.box[0]; ++i, place += 2) {
        const long long at[3] = {static_cast<long long>(x) + i, static_cast<long long>(y) + j,
                                 static_cast<long long>(z) + k};
        bool is_inside = true;
        for (int d = 0; d < 3; ++d) is_inside &= 0 <= at[d] && at[d] < array.sizes[d];
        const long long index = (at[2] * array.sizes[1] + at[1]) * array.sizes[0] + at[0];
        body(swizzled(place), is_inside ? array.data + index : nullptr);
      }
    }
  }
}

inline void copy_box(unsigned to, const TensorMap& map, int x, int y, int z, unsigned barrier) {
  int bytes = 0;
  for_box(to, map, x, y, z, [&](char* shared, const unsigned short* from) {
    const unsigned short value = from == nullptr ? 0 : *from;
    std::memcpy(shared, &value, 2);
    bytes += 2;
  });
  Barrier& at = barrier_at(barrier);
  at.bytes -= bytes;
  at.end_phase_if_done();
}

inline void store_box(const TensorMap& map, unsigned from, int x, int y, int z) {
  for_box(from, map, x, y, z, [](const char* shared, unsigned short* to) {
    if (to != nullptr) std::memcpy(to, shared, 2);
  });
}

inline void stores_commit() {}
template <int kCount>
inline void stores_wait() {}
inline void fence_shared() {}

inline void store_matrices(unsigned address, unsigned a, unsigned b, unsigned c, unsigned d) {
  const unsigned values[4] = {a, b, c, d};
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto addresses = emulator::show(address);
  for (int i = 0; i < 4; ++i) {
    std::memcpy(shared_pointer(addresses[8 * i + lane / 4]) + 4 * (lane % 4), &values[i], 4);
  }
  __syncwarp();
}

// ---- accesses of 16 bytes --------------------------------------------------------------------

inline uint4 read_shared(unsigned address) { return read_at<uint4>(shared_pointer(address)); }
inline void write_shared(unsigned address, const uint4& value) {
  std::memcpy(shared_pointer(address), &value, 16);
}
inline void read_memory(uint4& value, const void* from) { value = read_at<uint4>(from); }
inline void write_memory(void* to, const uint4& value) { std::memcpy(to, &value, 16); }
inline void add_memory(float* to, float first, float second) {
  to[0] += first;
  to[1] += second;
}

// ---- matrix products -------------------------------------------------------------------------

template <int kCount>
inline void registers_up() {}
template <int kCount>
inline void registers_down() {}
inline void products_begin() {}
inline void products_commit() {}
template <int kCount>
inline void products_wait() {}

// The value at `depth` of line, or column, `outer` of a matrix described by matrix_in.
template <bool kAcross>
inline float value_in(unsigned long long matrix, int outer, int depth) {
  const auto start = static_cast<unsigned>(matrix & 0x3fff) << 4;
  const auto next_block = static_cast<unsigned>(matrix >> 16 & 0x3fff) << 4;
  const int line = kAcross ? depth : outer, place = kAcross ? outer : depth;
  const unsigned address = start + static_cast<unsigned>(place / 64) * next_block +
                           static_cast<unsigned>(line * 128 + place % 64 * 2);
  return __uint_as_float(static_cast<unsigned>(read_at<unsigned short>(swizzled(address))) << 16);
}

template <bool kLeftAcross, bool kRightAcross, int kSums>
inline void multiply(float (&sums)[kSums], unsigned long long left, unsigned long long right,
                     bool accumulate) {
  const int thread = static_cast<int>(threadIdx.x % 128), lane = thread % 32;
  float rows[2][16];
  for (int half = 0; half < 2; ++half) {
    for (int k = 0; k < 16; ++k) {
      const int row = thread / 32 * 16 + lane / 4 + 8 * half;
      rows[half][k] = value_in<kLeftAcross>(left, row, k);
    }
  }
  for (int i = 0; i < kSums / 4; ++i) {
    for (int j = 0; j < 2; ++j) {
      float sum[2] = {};
      for (int k = 0; k < 16; ++k) {
        const float value = value_in<kRightAcross>(right, 8 * i + lane % 4 * 2 + j, k);
        sum[0] += rows[0][k] * value;
        sum[1] += rows[1][k] * value;
      }
      for (int half = 0; half < 2; ++half) {
        float& to = sums[4 * i + 2 * half + j];
        to = (accumulate ? to : 0.0f) + sum[half];
      }
    }
  }
}

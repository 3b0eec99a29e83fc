// Splits [all queries | all keys | all values] and rotates queries and keys, and back.
//
// The first `rotated` values of a head are pairs (i, i + rotated / 2). One block a position; its
// threads go over items: kWidth neighbouring values and, where there is one, their partners.

#include "prelude.h"
#include "rope_qkv_arguments.h"

using namespace moebius::rope_qkv_arguments;

template <int kWidth>
__device__ inline void read(const void* data, bool wide, int64 index, float (&values)[kWidth]) {
  if constexpr (kWidth == 8) {
    unpack8(load8(data, wide, index, 8, true), wide, values);
  } else {
    values[0] = load1(data, wide, index);
  }
}

template <int kWidth>
__device__ inline void write(void* data, bool wide, int64 index, const float (&values)[kWidth]) {
  if constexpr (kWidth == 8) {
    store8(data, wide, index, 8, true, values);
  } else {
    store1(data, wide, index, values[0]);
  }
}

template <bool kForward, int kWidth>
__device__ inline void rope(void* qkv, bool wide, const Heads& q, const Heads& k, const Heads& v,
                            const void* cos, const void* sin, bool table_wide, int length,
                            int n_head, int n_query_groups, int head_size, int rotated) {
  const int t = static_cast<int>(blockIdx.x % static_cast<unsigned>(length));
  const int64 b = blockIdx.x / static_cast<unsigned>(length);
  const int heads = n_head + 2 * n_query_groups;
  const int half = rotated / 2;
  const int pairs = half / kWidth;
  const int items = pairs + (head_size - rotated) / kWidth;
  const int64 packed = static_cast<int64>(blockIdx.x) * heads * head_size;
  for (int item = static_cast<int>(threadIdx.x); item < heads * items;
       item += static_cast<int>(blockDim.x)) {
    const int head = item / items;
    const int place = item - head * items;
    const bool is_value = head >= n_head + n_query_groups;
    const bool is_key = !is_value && head >= n_head;
    const Heads& array = is_value ? v : is_key ? k : q;
    const int own = is_value ? head - n_head - n_query_groups : is_key ? head - n_head : head;
    const int64 outside = b * array.batch_stride + own * array.head_stride +
                          static_cast<int64>(t) * array.position_stride;
    const int64 inside = packed + static_cast<int64>(head) * head_size;
    void* from = kForward ? qkv : array.data;
    void* to = kForward ? array.data : qkv;
    const int64 from_base = kForward ? inside : outside;
    const int64 to_base = kForward ? outside : inside;
    if (place >= pairs) {
      const int i = rotated + (place - pairs) * kWidth;
      float values[kWidth];
      read(from, wide, from_base + i, values);
      write(to, wide, to_base + i, values);
      continue;
    }
    const int i = place * kWidth;
    float first[kWidth], second[kWidth];
    read(from, wide, from_base + i, first);
    read(from, wide, from_base + i + half, second);
    if (!is_value) {
      const int64 row = static_cast<int64>(t) * rotated + i;
      float cos_first[kWidth], cos_second[kWidth], sin_first[kWidth], sin_second[kWidth];
      read(cos, table_wide, row, cos_first);
      read(cos, table_wide, row + half, cos_second);
      read(sin, table_wide, row, sin_first);
      read(sin, table_wide, row + half, sin_second);
      // As in PyTorch, products have the wider type of values and tables.
      const bool exact = wide || table_wide;
      const auto product = [exact](float a, float b) {
        return exact ? a * b : low_half(pack(a * b, 0.0f));
      };
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        const float x = first[j], y = second[j];
        if constexpr (kForward) {
          first[j] = product(x, cos_first[j]) - product(y, sin_first[j]);
          second[j] = product(y, cos_second[j]) + product(x, sin_second[j]);
        } else {
          first[j] = product(x, cos_first[j]) + product(y, sin_second[j]);
          second[j] = product(y, cos_second[j]) - product(x, sin_first[j]);
        }
      }
    }
    write(to, wide, to_base + i, first);
    write(to, wide, to_base + i + half, second);
  }
}

#define MOEBIUS_ROPE(name, forward, values)                                                      \
  extern "C" __global__ void name(void* qkv, bool wide, Heads q, Heads k, Heads v,               \
                                  const void* cos, const void* sin, bool table_wide, int length, \
                                  int n_head, int n_query_groups, int head_size, int rotated) {  \
    rope<forward, values>(qkv, wide, q, k, v, cos, sin, table_wide, length, n_head,              \
                          n_query_groups, head_size, rotated);                                   \
  }

MOEBIUS_ROPE(rope_qkv_forward, true, 8)
MOEBIUS_ROPE(rope_qkv_forward_scalar, true, 1)
MOEBIUS_ROPE(rope_qkv_backward, false, 8)
MOEBIUS_ROPE(rope_qkv_backward_scalar, false, 1)

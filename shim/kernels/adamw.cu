// AdamW over any number of parameters in one launch, in PyTorch's arithmetic.
//
// Small launches receive the tensors' addresses as kernel parameters and write them to a table in
// device memory. Nothing is uploaded, so a captured graph contains everything it needs.

#include "adamw_arguments.h"
#include "prelude.h"

using namespace moebius::adamw_arguments;

constexpr int kGroup = 4;  // values that a thread reads at once

// Increments the step counts and fills rows of the table.
extern "C" __global__ void adamw_begin(const __grid_constant__ Entries entries, const float* lr,
                                       const float* found_inf, Options options, Row* table) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= entries.count || *found_inf == 1.0f) return;
  const Entry entry = entries.entries[i];
  const float step = *entry.step + 1.0f;
  *entry.step = step;
  const double correction1 = 1.0 - pow(options.beta1, static_cast<double>(step));
  const double correction2 = 1.0 - pow(options.beta2, static_cast<double>(step));
  table[entries.first + i] = {entry, static_cast<float>(static_cast<double>(*lr) / correction1),
                              static_cast<float>(1.0 / sqrt(correction2))};
}

__device__ inline uint4 load4(const void* data, bool wide, int64 index, int count, bool vectors) {
  uint4 raw = make_uint4(0, 0, 0, 0);
  if (vectors && wide) {
    raw = *reinterpret_cast<const uint4*>(static_cast<const float*>(data) + index);
  } else if (vectors) {
    const uint2 halves =
        *reinterpret_cast<const uint2*>(static_cast<const unsigned short*>(data) + index);
    raw =
        make_uint4(halves.x << 16, halves.x & 0xffff0000u, halves.y << 16, halves.y & 0xffff0000u);
  } else {
    raw.x = __float_as_uint(load1(data, wide, index));
    if (count > 1) raw.y = __float_as_uint(load1(data, wide, index + 1));
    if (count > 2) raw.z = __float_as_uint(load1(data, wide, index + 2));
    if (count > 3) raw.w = __float_as_uint(load1(data, wide, index + 3));
  }
  return raw;
}

__device__ inline void unpack4(const uint4& raw, float (&values)[kGroup]) {
  values[0] = __uint_as_float(raw.x);
  values[1] = __uint_as_float(raw.y);
  values[2] = __uint_as_float(raw.z);
  values[3] = __uint_as_float(raw.w);
}

__device__ inline void store4(void* data, bool wide, int64 index, int count, bool vectors,
                              const float (&values)[kGroup]) {
  if (vectors && wide) {
    *reinterpret_cast<float4*>(static_cast<float*>(data) + index) =
        make_float4(values[0], values[1], values[2], values[3]);
  } else if (vectors) {
    *reinterpret_cast<uint2*>(static_cast<unsigned short*>(data) + index) =
        make_uint2(pack(values[0], values[1]), pack(values[2], values[3]));
  } else {
#pragma unroll
    for (int j = 0; j < kGroup; ++j) {
      if (j < count) store1(data, wide, index + j, values[j]);
    }
  }
}

template <typename P, typename G, typename M>
__device__ inline void update(const Row* table, int rows, const float* lr, const float* grad_scale,
                              const float* found_inf, const Options& options) {
  if (*found_inf == 1.0f) return;
  int low = 0;
  int high = rows - 1;
  const int block = static_cast<int>(blockIdx.x);
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (table[middle].entry.first_block <= block) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const Row row = table[low];
  const Entry& entry = row.entry;
  const bool vectors = entry.vectors != 0;
  const int64 begin = static_cast<int64>(block - entry.first_block) * kChunk;
  const int64 end = begin + kChunk < entry.size ? begin + kChunk : entry.size;
  const float keep = 1.0f - *lr * options.weight_decay;
  const float scale = *grad_scale;
  const float beta2 = static_cast<float>(options.beta2);
  const float rest1 = static_cast<float>(1.0 - options.beta1);
  const float rest2 = static_cast<float>(1.0 - options.beta2);
  constexpr int kTurns = 2;
  const int stride = kGroup * static_cast<int>(blockDim.x);
  for (int64 base = begin + kGroup * static_cast<int>(threadIdx.x); base < end;
       base += kTurns * stride) {
    uint4 raw[kTurns][4];
#pragma unroll
    for (int turn = 0; turn < kTurns; ++turn) {
      const int64 i = base + turn * stride;
      if (i >= end) continue;
      const int count = static_cast<int>(end - i);
      raw[turn][0] = load4(entry.grad, kWide<G>, i, count, vectors);
      raw[turn][1] = load4(entry.param, kWide<P>, i, count, vectors);
      raw[turn][2] = load4(entry.exp_avg, kWide<M>, i, count, vectors);
      raw[turn][3] = load4(entry.exp_avg_sq, kWide<M>, i, count, vectors);
    }
#pragma unroll
    for (int turn = 0; turn < kTurns; ++turn) {
      const int64 i = base + turn * stride;
      if (i >= end) continue;
      const int count = static_cast<int>(end - i);
      float g[kGroup], p[kGroup], m[kGroup], v[kGroup];
      unpack4(raw[turn][0], g);
      unpack4(raw[turn][1], p);
      unpack4(raw[turn][2], m);
      unpack4(raw[turn][3], v);
#pragma unroll
      for (int j = 0; j < kGroup; ++j) {
        const float gradient = g[j] * scale;
        m[j] += rest1 * (gradient - m[j]);
        v[j] = beta2 * v[j] + rest2 * gradient * gradient;
        const float denominator = sqrt_approximately(v[j]) * row.root + options.eps;
        p[j] = p[j] * keep - __fdividef(row.step_size * m[j], denominator);
      }
      store4(entry.exp_avg, kWide<M>, i, count, vectors, m);
      store4(entry.exp_avg_sq, kWide<M>, i, count, vectors, v);
      store4(entry.param, kWide<P>, i, count, vectors, p);
      if (entry.shadow != nullptr) store4(entry.shadow, false, i, count, vectors, p);
    }
  }
}

#define MOEBIUS_ADAMW(name, P, G, M)                                             \
  extern "C" __global__ void __launch_bounds__(512)                              \
      name(const Row* table, int rows, const float* lr, const float* grad_scale, \
           const float* found_inf, Options options) {                            \
    update<P, G, M>(table, rows, lr, grad_scale, found_inf, options);            \
  }

MOEBIUS_ADAMW(adamw_float32, float, float, float)
MOEBIUS_ADAMW(adamw_float32_bfloat16, float, bfloat16, float)
MOEBIUS_ADAMW(adamw_bfloat16, bfloat16, bfloat16, bfloat16)
MOEBIUS_ADAMW(adamw_bfloat16_float32, bfloat16, bfloat16, float)

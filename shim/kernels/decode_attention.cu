// Attention of one new position to the positions before it.

#include "decode.h"

// Rotates and stores the new keys and values, and attends to a split of the positions so far: the
// parts of kPositions with a number of blockIdx.x modulo the number of splits. A block a split, a
// group and a sequence. kLanes threads have a row: D = 8 * kLanes.
template <int kLanes>
__device__ inline void attend(const void* qkv, const Rope& rope, const Cache& cache,
                              float* partials, float* totals, int queries, float scale) {
  constexpr int kWidth = 8 * kLanes;
  constexpr int kRowsAtOnce = kThreads / kLanes;
  constexpr int kRows = kPositions / kRowsAtOnce;
  float4* const memory = dynamic_shared<float4>();
  float* q = reinterpret_cast<float*>(memory);        // [Q, D], times the scale
  float* fresh = q + queries * kWidth;                // [2, D]: the new key and value
  float* output = fresh + 2 * kWidth;                 // [Q, D]
  float* parts = output + queries * kWidth;           // [warps, Q, D]
  float* scores = parts + kWarps * queries * kWidth;  // [Q, kPositions]
  float* state = scores + queries * kPositions;  // [Q, 3]: largest score, sum, what to shrink by

  const int split = static_cast<int>(blockIdx.x);
  const int splits = static_cast<int>(gridDim.x);
  const int group = static_cast<int>(blockIdx.y);
  const int groups = static_cast<int>(gridDim.y);
  const int64 n = blockIdx.z;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  const int warp = thread / 32;
  const int own_row = thread / kLanes;
  const int own_column = thread % kLanes * 8;
  const int position = *cache.position;
  const int tiles = position / kPositions + 1;
  if (split >= tiles) return;

  const int64 cached = (n * groups + group) * cache.length;
  uint4 keys[kRows], values[kRows];
  const auto load = [&](int tile) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const int at_position = tile * kPositions + i * kRowsAtOnce + own_row;
      const int64 index = (cached + at_position) * kWidth + own_column;
      const bool exists = at_position < position;
      keys[i] = exists ? load_shared16(at(cache.keys, index)) : zeros();
      values[i] = exists ? load_shared16(at(cache.values, index)) : zeros();
    }
  };
  load(split);
  wait_for_previous();
  let_next_start();

  const int n_head = queries * groups;
  const int64 packed = n * (n_head + 2 * groups) * kWidth;
  const int half = rope.rotated / 2;
  for (int i = thread; i < (queries + 2) * kWidth; i += kThreads) {
    const int which = i / kWidth;
    const int d = i % kWidth;
    const int head =
        which < queries ? group * queries + which : n_head + (which - queries) * groups + group;
    const unsigned short* row =
        static_cast<const unsigned short*>(qkv) + packed + static_cast<int64>(head) * kWidth;
    // Two at a time, as memory is read in words.
    const auto read = [&](int column) {
      const unsigned pair = load_shared4(row + (column & ~1));
      return column & 1 ? high_half(pair) : low_half(pair);
    };
    float value = read(d);
    if (which <= queries && d < rope.rotated) {
      const float other = d < half ? -read(d + half) : read(d - half);
      const int64 angle = static_cast<int64>(position) * rope.rotated + d;
      value = rounded(value * load1(rope.cos.data, rope.cos.wide, angle) +
                      other * load1(rope.sin.data, rope.sin.wide, angle));
    }
    if (which < queries) {
      q[i] = value * scale * kLog2E;
      output[i] = 0.0f;
      continue;
    }
    fresh[i - queries * kWidth] = value;
    if (position / kPositions % splits == split) {
      void* to = which == queries ? cache.keys : cache.values;
      store1(to, false, (cached + position) * kWidth + d, value);
    }
  }
  for (int i = thread; i < queries; i += kThreads) {
    state[3 * i] = -__int_as_float(0x7f800000);
    state[3 * i + 1] = 0.0f;
  }
  __syncthreads();

  for (int tile = split; tile < tiles; tile += splits) {
    const int first = tile * kPositions;
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (first + i * kRowsAtOnce + own_row != position) continue;
      const float* k = fresh + own_column;
      const float* v = k + kWidth;
      keys[i] = make_uint4(pack(k[0], k[1]), pack(k[2], k[3]), pack(k[4], k[5]), pack(k[6], k[7]));
      values[i] =
          make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
    }
    for (int query = 0; query < queries; ++query) {
      const float4* own = reinterpret_cast<const float4*>(q + query * kWidth + own_column);
      const float4 low = own[0];
      const float4 high = own[1];
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        float key[8];
        unpack(keys[i], key);
        float score = dot8(key, low, high);
#pragma unroll
        for (int offset = kLanes / 2; offset > 0; offset /= 2) {
          score += __shfl_xor_sync(kAllLanes, score, offset);
        }
        const int row = i * kRowsAtOnce + own_row;
        if (own_column == 0) {
          scores[query * kPositions + row] =
              first + row <= position ? score : -__int_as_float(0x7f800000);
        }
      }
    }
    __syncthreads();
    for (int query = warp; query < queries; query += kWarps) {
      float* own = scores + query * kPositions;
      float largest = state[3 * query];
      const float before = largest;
#pragma unroll
      for (int i = 0; i < kPositions; i += 32) largest = fmaxf(largest, own[i + lane]);
#pragma unroll
      for (int offset = 16; offset > 0; offset /= 2) {
        largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, offset));
      }
      float sum = 0.0f;
#pragma unroll
      for (int i = 0; i < kPositions; i += 32) {
        const float power = exp2f(own[i + lane] - largest);
        own[i + lane] = power;
        sum += power;
      }
      sum = warp_sum(sum);
      __syncwarp();
      if (lane == 0) {
        const float shrink = exp2f(before - largest);
        state[3 * query] = largest;
        state[3 * query + 1] = state[3 * query + 1] * shrink + sum;
        state[3 * query + 2] = shrink;
      }
    }
    __syncthreads();
    for (int query = 0; query < queries; ++query) {
      float sums[8] = {};
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        float value[8];
        unpack(values[i], value);
        const float power = scores[query * kPositions + i * kRowsAtOnce + own_row];
#pragma unroll
        for (int j = 0; j < 8; ++j) sums[j] = fmaf(power, value[j], sums[j]);
      }
#pragma unroll
      for (int j = 0; j < 8; ++j) {
#pragma unroll
        for (int offset = 16; offset >= kLanes; offset /= 2) {
          sums[j] += __shfl_xor_sync(kAllLanes, sums[j], offset);
        }
      }
      if (lane < kLanes) {
        float4* to =
            reinterpret_cast<float4*>(parts + (warp * queries + query) * kWidth + own_column);
        to[0] = make_float4(sums[0], sums[1], sums[2], sums[3]);
        to[1] = make_float4(sums[4], sums[5], sums[6], sums[7]);
      }
    }
    if (tile + splits < tiles) load(tile + splits);
    __syncthreads();
    for (int i = thread; i < queries * kWidth; i += kThreads) {
      float sum = output[i] * state[3 * (i / kWidth) + 2];
#pragma unroll
      for (int w = 0; w < kWarps; ++w) sum += parts[w * queries * kWidth + i];
      output[i] = sum;
    }
    __syncthreads();
  }

  const int64 head = n * n_head + group * queries;
  for (int i = thread; i < queries * kWidth; i += kThreads) {
    partials[((head + i / kWidth) * splits + split) * kWidth + i % kWidth] = output[i];
  }
  for (int i = thread; i < 2 * queries; i += kThreads) {
    totals[((head + i / 2) * splits + split) * 2 + i % 2] = state[3 * (i / 2) + i % 2];
  }
}

#define MOEBIUS_ATTEND(head_size)                                                            \
  extern "C" __global__ void __launch_bounds__(kThreads)                                     \
      decode_attention_##head_size(const void* qkv, Rope rope, Cache cache, float* partials, \
                                   float* totals, int queries, float scale) {                \
    attend<head_size / 8>(qkv, rope, cache, partials, totals, queries, scale);               \
  }

MOEBIUS_ATTEND(32)
MOEBIUS_ATTEND(64)
MOEBIUS_ATTEND(128)

// The experts of one new position: router and first product, second product and sum.

#include "decode.h"
#include "experts.h"

__device__ inline int* experts_of(const Routing& routing) { return routing.data + 1; }
__device__ inline unsigned* masks_of(const Routing& routing) {
  return reinterpret_cast<unsigned*>(routing.data + 1 + routing.most);
}
__device__ inline float* weights_of(const Routing& routing) {
  return reinterpret_cast<float*>(routing.data + 1 + 2 * routing.most);
}

// The routing of all sequences, which every thread block computes itself.
template <int kN>
struct Choices {
  float logits[kN][kMaxExperts];
  float weights[kN][kMaxChoices];
  int experts[kN][kMaxChoices];
  int slots[kN * kMaxChoices];
  unsigned masks[kN * kMaxChoices];
  int count;
};

// `raw` are the first weights of the gate's row that is this warp's first.
template <int kN>
__device__ inline void choose(const Router& router, const Vectors& x, int count,
                              uint4 (&raw)[1][kTile], Choices<kN>& choices) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const Matrix gate = {router.gate, router.n_expert, x.groups};
  for (int expert = warp; expert < router.n_expert; expert += kWarps) {
    float sums[1][kN] = {};
    for (int first = 0; first < x.groups; first += 32 * kTile) {
      if (expert != warp || first > 0) load_tile(gate, expert, first, raw);
      multiply_tile(raw, x, first, (1u << count) - 1, sums);
    }
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      const float logit = warp_sum(sums[0][n]);
      if (lane == 0) choices.logits[n][expert] = rounded(logit);
    }
  }
  __syncthreads();
  for (int n = warp; n < count; n += kWarps) {
    unsigned long long last = ~0ull;
    int own = 0;
    for (int choice = 0; choice < router.k; ++choice) {
      unsigned long long best = 0;
      for (int expert = lane; expert < router.n_expert; expert += 32) {
        const unsigned long long rank = rank_of(choices.logits[n][expert], expert);
        if (rank < last && rank > best) best = rank;
      }
#pragma unroll
      for (int offset = 16; offset > 0; offset /= 2) {
        const unsigned long long other = __shfl_xor_sync(kAllLanes, best, offset);
        if (other > best) best = other;
      }
      last = best;
      if (lane == choice) own = static_cast<int>(0xffffffffu - static_cast<unsigned>(last));
    }
    const float value = lane < router.k ? choices.logits[n][own] : 0.0f;
    const float largest = __shfl_sync(kAllLanes, value, 0);
    const float power = lane < router.k ? exp2f((value - largest) * kLog2E) : 0.0f;
    float weight = power / warp_sum(power);
    if (!router.wide_weights) weight = rounded(rounded(weight) * router.scale);
    if (router.wide_weights) weight *= router.scale;
    if (lane < router.k) {
      choices.experts[n][lane] = own;
      choices.weights[n][lane] = weight;
    }
  }
  __syncthreads();
  if (warp == 0) {
    int before = 0;
    for (int base = 0; base < router.n_expert; base += 32) {
      const int expert = base + lane;
      unsigned mask = 0;
      for (int n = 0; n < count; ++n) {
        for (int choice = 0; choice < router.k; ++choice) {
          if (choices.experts[n][choice] == expert) mask |= 1u << n;
        }
      }
      const unsigned chosen = __ballot_sync(kAllLanes, mask != 0);
      if (mask != 0) {
        const int slot = before + __popc(chosen & ((1u << lane) - 1));
        choices.slots[slot] = expert;
        choices.masks[slot] = mask;
      }
      before += __popc(chosen);
    }
    if (lane == 0) choices.count = before;
  }
  __syncthreads();
}

template <int kN>
__device__ inline void publish(const Choices<kN>& choices, const Router& router, int count,
                               const Routing& to) {
  if (threadIdx.x == 0) to.data[0] = choices.count;
  for (int i = static_cast<int>(threadIdx.x); i < choices.count * count; i += kThreads) {
    const int slot = i / count;
    const int n = i % count;
    if (n == 0) {
      experts_of(to)[slot] = choices.slots[slot];
      masks_of(to)[slot] = choices.masks[slot];
    }
    float weight = 0.0f;
    for (int choice = 0; choice < router.k; ++choice) {
      if (choices.experts[n][choice] == choices.slots[slot]) weight = choices.weights[n][choice];
    }
    weights_of(to)[i] = weight;
  }
}

// Prefetches the matrices of the next launch while this launch's are being loaded, if they are few.
__device__ inline void prefetch_proj(const Experts& experts, const int* slots, int count) {
  const int lines_each =
      static_cast<int>(2 * static_cast<int64>(experts.width) * experts.inner / 128);
  if (static_cast<int64>(count) * lines_each > 65536) return;
  const int step = static_cast<int>(gridDim.x) * kThreads;
  for (int line = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
       line < count * lines_each; line += step) {
    const int slot = line / lines_each;
    prefetch(static_cast<const char*>(experts.proj) +
             128 * (static_cast<int64>(slots[slot]) * lines_each + line - slot * lines_each));
  }
}

// The norm, the router, and hidden [slots, count, I] = silu(first half) * second half of the chosen
// experts' first product. A warp has two columns of hidden at a time, that is four rows of fc.
template <int kN>
__device__ inline void expert_fc(const Stream& stream, const Router& router, const Experts& experts,
                                 const Routing& routing, void* hidden, int count) {
  constexpr int kColumns = 2;
  float4* const memory = dynamic_shared<float4>();
  __shared__ float scratch[kN][32];
  __shared__ Choices<kN> choices;
  const Vectors x = {memory, experts.width / 8};
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int inner = experts.inner;
  const int per_slot = (inner + kColumns * kWarps - 1) / (kColumns * kWarps);
  uint4 gate[1][kTile];
  load_tile({router.gate, router.n_expert, x.groups}, static_cast<int>(threadIdx.x) / 32, 0, gate);
  prefetch_norm(stream.norm, experts.width);
  wait_for_previous();
  let_next_start();
  read_norm<kN>(stream, x, count, scratch);
  choose<kN>(router, x, count, gate, choices);

  const int items = choices.count * per_slot;
  const auto column_of = [&](int item) {
    return item % per_slot * kColumns * kWarps + kColumns * (static_cast<int>(threadIdx.x) / 32);
  };
  uint4 raw[2 * kColumns][kTile];
  const auto load = [&](int item, int first) {
    const int column = column_of(item);
    const int64 expert = item < items ? choices.slots[item / per_slot] : 0;
#pragma unroll
    for (int r = 0; r < 2 * kColumns; ++r) {
      const int64 row = (2 * expert + r / kColumns) * inner + column + r % kColumns;
#pragma unroll
      for (int t = 0; t < kTile; ++t) {
        const int group = first + 32 * t + lane;
        const bool exists = item < items && column < inner && group < x.groups;
        raw[r][t] = exists ? load_weights(at(experts.fc, 8 * (row * x.groups + group))) : zeros();
      }
    }
  };
  int item = static_cast<int>(blockIdx.x);
  int first = 0;
  load(item, first);
  if (blockIdx.x == 0) publish(choices, router, count, routing);
  prefetch_proj(experts, choices.slots, choices.count);
  float sums[2 * kColumns][kN] = {};
  while (item < items) {
    const int slot = item / per_slot;
    const unsigned mask = choices.masks[slot];
    multiply_tile(raw, x, first, mask, sums);
    first += 32 * kTile;
    const bool done = first >= x.groups;
    const int next = done ? item + static_cast<int>(gridDim.x) : item;
    if (done) first = 0;
    load(next, first);
    if (done) {
      const int column = column_of(item);
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        if ((mask >> n & 1) == 0) continue;
        float result[kColumns];
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
          const float gate = rounded(warp_sum(sums[c][n]));
          const float up = rounded(warp_sum(sums[kColumns + c][n]));
          sums[c][n] = 0.0f;
          sums[kColumns + c][n] = 0.0f;
          result[c] = up * __fdividef(gate, 1.0f + __expf(-gate));
        }
        if (lane == 0 && column < inner) {
          const int64 index = (static_cast<int64>(slot) * count + n) * inner + column;
          *reinterpret_cast<unsigned*>(static_cast<unsigned short*>(hidden) + index) =
              pack(result[0], result[1]);
        }
      }
    }
    item = next;
  }
}

// pending [count, C]: the sum over slots of weight * (proj @ hidden). A block kRows columns.
template <int kN, int kRows>
__device__ inline void expert_proj(const void* hidden, const Experts& experts,
                                   const Routing& routing, const Array& pending, int count) {
  // Groups of eight values that a thread loads at once.
  constexpr int kAtOnce = 4;
  __shared__ float scratch[kRows * kN][32];
  __shared__ int known[1 + kN * kMaxChoices * (2 + kN)];
  const int thread = static_cast<int>(threadIdx.x);
  const int groups = experts.inner / 8;
  const int per_slot = (groups + kProjThreads - 1) / kProjThreads;
  const int row = kRows * static_cast<int>(blockIdx.x);
  const auto group_of = [&](int item) { return item % per_slot * kProjThreads + thread; };
  const auto read_hidden = [&](int item, int n) {
    const int64 vector = static_cast<int64>(item / per_slot) * count + n;
    return load_shared16(at(hidden, vector * experts.inner + 8 * group_of(item)));
  };
  wait_for_previous();
  let_next_start();
  // One sequence has as many slots as there can be: no need to know more for its vectors.
  uint4 own[kAtOnce];
  if (kN == 1) {
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      const bool exists = u < routing.most * per_slot && group_of(u) < groups;
      own[u] = exists ? read_hidden(u, 0) : zeros();
    }
  }
  for (int i = thread; i < 1 + routing.most * (2 + count); i += kProjThreads) {
    known[i] = static_cast<int>(load_shared4(routing.data + i));
  }
  __syncthreads();
  const Routing here = {known, routing.most};
  const int items = known[0] * per_slot;
  float sums[kRows * kN] = {};
  for (int base = 0; base < items; base += kAtOnce) {
    uint4 raw[kAtOnce][kRows];
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      const int item = base + u;
      const bool exists = item < items && group_of(item) < groups;
      const int64 expert = exists ? experts_of(here)[item / per_slot] : 0;
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        raw[u][r] =
            exists && row + r < experts.width
                ? load_weights(at(experts.proj, (expert * experts.width + row + r) * experts.inner +
                                                    8 * group_of(item)))
                : zeros();
      }
    }
    if (kN == 1 && base > 0) {
#pragma unroll
      for (int u = 0; u < kAtOnce; ++u) {
        const bool exists = base + u < items && group_of(base + u) < groups;
        own[u] = exists ? read_hidden(base + u, 0) : zeros();
      }
    }
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      const int item = base + u;
      const int slot = item / per_slot;
      if (item >= items || group_of(item) >= groups) continue;
      const unsigned mask = masks_of(here)[slot];
      uint4 vectors[kN];
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        const bool exists = (mask >> n & 1) != 0;
        vectors[n] = kN == 1 ? own[u] : exists ? read_hidden(item, n) : zeros();
      }
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        if ((mask >> n & 1) == 0) continue;
        const float weight = weights_of(here)[slot * count + n];
        float h[8];
        unpack(vectors[n], h);
        const float4 low = make_float4(h[0], h[1], h[2], h[3]);
        const float4 high = make_float4(h[4], h[5], h[6], h[7]);
#pragma unroll
        for (int r = 0; r < kRows; ++r) {
          float weights[8];
          unpack(raw[u][r], weights);
          sums[r * kN + n] = fmaf(weight, dot8(weights, low, high), sums[r * kN + n]);
        }
      }
    }
  }
  block_sum(sums, scratch);
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      if (thread == r * kN + n && n < count && row + r < experts.width) {
        store1(pending.data, pending.wide, static_cast<int64>(n) * experts.width + row + r,
               sums[r * kN + n]);
      }
    }
  }
}

// For up to n sequences; rows that a block of the second product has at once.
#define MOEBIUS_DECODE(n, rows)                                                                  \
  extern "C" __global__ void __launch_bounds__(kThreads, 2) decode_expert_fc_##n(                \
      Stream stream, Router router, Experts experts, Routing routing, void* hidden, int count) { \
    expert_fc<n>(stream, router, experts, routing, hidden, count);                               \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(kProjThreads) decode_expert_proj_##n(             \
      const void* hidden, Experts experts, Routing routing, Array pending, int count) {          \
    expert_proj<n, rows>(hidden, experts, routing, pending, count);                              \
  }

MOEBIUS_DECODE(1, 1)
MOEBIUS_DECODE(2, 1)
MOEBIUS_DECODE(4, 2)
MOEBIUS_DECODE(8, 2)

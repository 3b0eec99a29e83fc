// What routers do with their logits [tokens, n_expert]: choosing experts, weighing them, and
// watching how decided they are.

#include "experts.h"

__device__ inline unsigned long long warp_max(unsigned long long value) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    const unsigned long long other = __shfl_xor_sync(kAllLanes, value, offset);
    if (other > value) value = other;
  }
  return value;
}

// A warp a token, k <= 32 choices: lane i keeps the i-th. weights = softmax of the chosen logits.
extern "C" __global__ void topk_softmax_forward(const void* logits, bool wide, float* weights,
                                                int64* experts, int64 tokens, int n_expert, int k) {
  const int64 token = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  if (token >= tokens) return;
  const int64 row = token * n_expert;
  unsigned long long last = ~0ull;
  int own = 0;
  for (int choice = 0; choice < k; ++choice) {
    unsigned long long best = 0;
    for (int expert = lane; expert < n_expert; expert += 32) {
      const unsigned long long rank = rank_of(load1(logits, wide, row + expert), expert);
      if (rank < last && rank > best) best = rank;
    }
    last = warp_max(best);
    if (lane == choice) own = static_cast<int>(0xffffffffu - static_cast<unsigned>(last));
  }
  const float value = lane < k ? load1(logits, wide, row + own) : 0.0f;
  const float largest = __shfl_sync(kAllLanes, value, 0);
  const float power = lane < k ? exp2f((value - largest) * kLog2E) : 0.0f;
  const float sum = warp_sum(power);
  if (lane >= k) return;
  weights[token * k + lane] = power / sum;
  experts[token * k + lane] = own;
}

// dlogits of the chosen is weight * (dweight - sum of dweight * weight), of the others 0.
extern "C" __global__ void topk_softmax_backward(const float* dweights, const float* weights,
                                                 const int64* experts, void* dlogits, bool wide,
                                                 int64 tokens, int n_expert, int k) {
  const int64 token = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  if (token >= tokens) return;
  const bool chosen = lane < k;
  const float weight = chosen ? weights[token * k + lane] : 0.0f;
  const float dweight = chosen ? dweights[token * k + lane] : 0.0f;
  const int own = chosen ? static_cast<int>(experts[token * k + lane]) : -1;
  const float gradient = weight * (dweight - warp_sum(weight * dweight));
  for (int base = 0; base < n_expert; base += 32) {
    const int expert = base + lane;
    float value = 0.0f;
    for (int choice = 0; choice < k; ++choice) {
      const int other = __shfl_sync(kAllLanes, own, choice);
      const float part = __shfl_sync(kAllLanes, gradient, choice);
      if (other == expert) value = part;
    }
    if (expert < n_expert) store1(dlogits, wide, token * n_expert + expert, value);
  }
}

// Adds one pass: expert_counts to counts, the mean entropy of softmax(logits) to the sum of
// entropies (each block its tokens' part to a number of its own, so that the order of additions is
// always the same), 1 to passes. Entropy = log(sum of e^x) - sum of x e^x / sum of e^x, x less the
// largest.
extern "C" __global__ void router_statistics(const void* logits, bool wide,
                                             const int* expert_counts, float* counts,
                                             float* entropies, float* passes, int64 tokens,
                                             int n_expert) {
  __shared__ float scratch[1][32];
  float sums[1] = {0.0f};
  const int64 threads = static_cast<int64>(gridDim.x) * blockDim.x;
  for (int64 token = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; token < tokens;
       token += threads) {
    const int64 row = token * n_expert;
    float largest = load1(logits, wide, row);
    for (int e = 1; e < n_expert; ++e) largest = fmaxf(largest, load1(logits, wide, row + e));
    float sum = 0.0f;
    float weighted = 0.0f;
    for (int e = 0; e < n_expert; ++e) {
      const float x = load1(logits, wide, row + e) - largest;
      const float power = exp2f(x * kLog2E);
      sum += power;
      weighted += x * power;
    }
    sums[0] += logf(sum) - weighted / sum;
  }
  block_sum(sums, scratch);
  if (threadIdx.x == 0) {
    entropies[blockIdx.x] += sums[0] / static_cast<float>(tokens);
    if (blockIdx.x == 0) passes[0] += 1.0f;
  }
  if (blockIdx.x != 0) return;
  for (int e = static_cast<int>(threadIdx.x); e < n_expert; e += static_cast<int>(blockDim.x)) {
    counts[e] += static_cast<float>(expert_counts[e]);
  }
}

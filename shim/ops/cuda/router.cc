#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "common.h"

namespace moebius {
namespace {

const Kernel<const void*, bool, float*, int64_t*, int64_t, int32_t, int32_t> kForward(
    "router", "topk_softmax_forward");
const Kernel<const float*, const float*, const int64_t*, void*, bool, int64_t, int32_t, int32_t>
    kBackward("router", "topk_softmax_backward");
const Kernel<const void*, bool, const int32_t*, float*, float*, float*, int64_t, int32_t>
    kStatistics("router", "router_statistics");

constexpr int32_t kThreads = 256;

std::tuple<at::Tensor, at::Tensor> topk_softmax_forward(const at::Tensor& logits, int64_t k) {
  const c10::cuda::CUDAGuard guard(logits.device());
  TORCH_CHECK_VALUE(k <= kWarp, "topk_softmax takes at most ", kWarp,
                    " experts a token on a CUDA device, got ", k);
  const int64_t tokens = logits.size(0);
  const at::Tensor weights = at::empty({tokens, k}, logits.options().dtype(at::kFloat));
  const at::Tensor experts = at::empty({tokens, k}, logits.options().dtype(at::kLong));
  kForward({.blocks = divide_up(tokens * kWarp, kThreads), .threads = kThreads}, data_of(logits),
           is_wide(logits), weights.data_ptr<float>(), experts.data_ptr<int64_t>(), tokens,
           narrow(logits.size(1)), narrow(k));
  return {weights, experts};
}

at::Tensor topk_softmax_backward(const at::Tensor& dweights, const at::Tensor& weights,
                                 const at::Tensor& experts, int64_t n_expert,
                                 at::ScalarType dtype) {
  const c10::cuda::CUDAGuard guard(weights.device());
  const int64_t tokens = weights.size(0);
  const at::Tensor dlogits = at::empty({tokens, n_expert}, weights.options().dtype(dtype));
  kBackward({.blocks = divide_up(tokens * kWarp, kThreads), .threads = kThreads},
            dweights.data_ptr<float>(), weights.data_ptr<float>(), experts.data_ptr<int64_t>(),
            data_of(dlogits), is_wide(dtype), tokens, narrow(n_expert), narrow(weights.size(1)));
  return dlogits;
}

void router_statistics_(const at::Tensor& counts, const at::Tensor& entropies,
                        const at::Tensor& passes, const at::Tensor& logits,
                        const at::Tensor& expert_counts) {
  const c10::cuda::CUDAGuard guard(logits.device());
  kStatistics({.blocks = entropies.numel(), .threads = kThreads}, data_of(logits), is_wide(logits),
              expert_counts.data_ptr<int32_t>(), counts.data_ptr<float>(),
              entropies.data_ptr<float>(), passes.data_ptr<float>(), logits.size(0),
              narrow(logits.size(1)));
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("topk_softmax_forward", moebius::topk_softmax_forward);
  m.impl("topk_softmax_backward", moebius::topk_softmax_backward);
  m.impl("router_statistics_", moebius::router_statistics_);
}

#endif

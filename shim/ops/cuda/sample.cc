#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <optional>

#include "common.h"

namespace moebius {
namespace {

const Kernel<const void*, const float*, int64_t*, int, float, int, float> kSample(
    "sample", "sample_bfloat16");

constexpr int32_t kThreads = 1024;
// A row takes two bytes per value in shared memory.
constexpr int64_t kMaxWidth = 65536;

at::Tensor sample(const at::Tensor& logits, const std::optional<at::Tensor>& uniform,
                  double temperature, int64_t top_k, double top_p) {
  const c10::cuda::CUDAGuard guard(logits.device());
  TORCH_CHECK_VALUE(
      logits.dim() == 2 && logits.scalar_type() == at::kBFloat16 && logits.is_contiguous() &&
          logits.size(1) <= kMaxWidth && logits.size(1) > 0 && in_vectors(logits.size(1), {logits}),
      "sample takes contiguous bfloat16 logits [N, V], V a multiple of ", kValuesPerThread,
      " of at most ", kMaxWidth, ", got ", logits.scalar_type(), " ", logits.sizes());
  if (uniform.has_value()) {
    TORCH_CHECK_VALUE(uniform->scalar_type() == at::kFloat && uniform->is_contiguous() &&
                          uniform->numel() == logits.size(0) &&
                          uniform->device() == logits.device(),
                      "uniform is ", uniform->scalar_type(), " ", uniform->sizes(), " on ",
                      uniform->device(), ", expected a float32 number a row");
    TORCH_CHECK_VALUE(temperature > 0 && top_k > 0,
                      "sample takes a temperature and a top_k over 0");
  }
  const at::Tensor tokens = at::empty({logits.size(0), 1}, logits.options().dtype(at::kLong));
  kSample({.blocks = logits.size(0), .threads = kThreads, .shared_bytes = 2 * logits.size(1)},
          data_of(logits), uniform.has_value() ? uniform->const_data_ptr<float>() : nullptr,
          tokens.data_ptr<int64_t>(), narrow(logits.size(1)),
          static_cast<float>(1.4426950408889634 / temperature),
          narrow(std::min(top_k, logits.size(1))), static_cast<float>(top_p));
  return tokens;
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) { m.impl("sample", moebius::sample); }

#endif

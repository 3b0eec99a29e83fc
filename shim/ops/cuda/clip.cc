#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common.h"
#include "kernels/clip_arguments.h"

namespace moebius {
namespace {

using namespace clip_arguments;

const Kernel<const Entries&, float*> kSquares("clip", "clip_squares");
const Kernel<const float*, int32_t, float, float*, float*, float*> kFactor("clip", "clip_factor");

std::tuple<at::Tensor, at::Tensor, at::Tensor> clip_factor(at::TensorList grads,
                                                           std::optional<double> max_norm) {
  TORCH_CHECK_VALUE(!grads.empty(), "clip_factor takes at least one gradient");
  const c10::cuda::CUDAGuard guard(grads[0].device());
  const auto options = grads[0].options().dtype(at::kFloat);
  std::vector<Entries> launches;
  std::vector<at::Tensor> kept;
  int64_t blocks = 0;
  for (const at::Tensor& each : grads) {
    TORCH_CHECK_VALUE(each.device() == grads[0].device(),
                      "clip_factor takes gradients on one device");
    if (each.numel() == 0) continue;
    const at::Tensor grad = each.contiguous();
    kept.push_back(grad);
    if (launches.empty() || launches.back().count == kEntries) {
      launches.push_back({.entries = {}, .count = 0, .first_block = narrow(blocks)});
    }
    Entries& launch = launches.back();
    launch.entries[launch.count++] = {.data = data_of(grad),
                                      .size = grad.numel(),
                                      .first_block = narrow(blocks),
                                      .wide = is_wide(grad),
                                      .vectors = in_vectors(0, {grad})};
    blocks += divide_up(grad.numel(), kChunk);
  }
  const at::Tensor partials = at::empty({std::max<int64_t>(1, blocks)}, options);
  for (size_t i = 0; i < launches.size(); ++i) {
    const int64_t end = i + 1 < launches.size() ? launches[i + 1].first_block : blocks;
    kSquares({.blocks = end - launches[i].first_block, .threads = 512}, launches[i],
             partials.data_ptr<float>());
  }
  const at::Tensor norm = at::empty({}, options);
  const at::Tensor factor = at::empty({}, options);
  const at::Tensor found_inf = at::empty({}, options);
  kFactor({.blocks = 1, .threads = 1024}, partials.data_ptr<float>(), narrow(blocks),
          static_cast<float>(max_norm.value_or(-1)), norm.data_ptr<float>(),
          factor.data_ptr<float>(), found_inf.data_ptr<float>());
  return {norm, factor, found_inf};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) { m.impl("clip_factor", moebius::clip_factor); }

#endif

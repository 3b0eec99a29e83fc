#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "common.h"

namespace moebius {
namespace {

const Kernel<const int64_t*, int64_t, int32_t, int32_t*> kCount("moe", "moe_count");
const Kernel<const int64_t*, int64_t, int32_t, int32_t, const int32_t*, int32_t*, int32_t*,
             int32_t*, int32_t*>
    kPlace("moe", "moe_place");

using Gather = Kernel<const void*, const int32_t*, void*, int32_t, int32_t, bool>;
const Gather kGatherForwardFloat32("moe", "moe_gather_forward_float32");
const Gather kGatherForwardBFloat16("moe", "moe_gather_forward_bfloat16");
const Gather kGatherBackwardFloat32("moe", "moe_gather_backward_float32");
const Gather kGatherBackwardBFloat16("moe", "moe_gather_backward_bfloat16");

const Kernel<const void*, bool, const void*, bool, const int32_t*, void*, bool, int32_t, int32_t,
             bool>
    kCombineForward("moe", "moe_combine_forward");
const Kernel<const void*, bool, const void*, bool, const void*, bool, const int32_t*, void*, void*,
             int32_t, int32_t, bool>
    kCombineBackward("moe", "moe_combine_backward");

constexpr int64_t kRowThreads = 256;

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> moe_sort(const at::Tensor& experts,
                                                                    int64_t n_expert) {
  const c10::cuda::CUDAGuard guard(experts.device());
  TORCH_CHECK_VALUE(experts.dim() == 2 && experts.scalar_type() == at::kLong,
                    "moe_sort takes int64 experts [N, K]");
  TORCH_CHECK_VALUE(n_expert > 0 && n_expert <= 2048,
                    "moe_sort takes 1 to 2048 experts on a CUDA device, got ", n_expert);
  const at::Tensor choices_NK = experts.contiguous();
  const int64_t choices = choices_NK.numel();
  // Each warp counts in shared memory, of which every device has at least 48 KB.
  const int64_t threads = n_expert <= 256 ? 1024 : n_expert <= 1024 ? 256 : 64;
  const int64_t blocks = std::max<int64_t>(1, divide_up(choices, threads));
  const auto options = experts.options().dtype(at::kInt);
  const at::Tensor token = at::empty({choices}, options);
  const at::Tensor row = at::empty(experts.sizes(), options);
  const at::Tensor counts = at::empty({n_expert}, options);
  const at::Tensor ends = at::empty({n_expert}, options);
  const at::Tensor block_counts = at::empty({blocks, n_expert}, options);
  constexpr int64_t kBytes = sizeof(int32_t);
  kCount({.blocks = blocks, .threads = narrow(threads), .shared_bytes = n_expert * kBytes},
         choices_NK.data_ptr<int64_t>(), choices, narrow(n_expert),
         block_counts.data_ptr<int32_t>());
  kPlace({.blocks = blocks,
          .threads = narrow(threads),
          .shared_bytes = (2 + threads / kWarp) * n_expert * kBytes},
         choices_NK.data_ptr<int64_t>(), choices, narrow(n_expert),
         narrow(std::max<int64_t>(1, experts.size(1))), block_counts.data_ptr<int32_t>(),
         token.data_ptr<int32_t>(), row.data_ptr<int32_t>(), counts.data_ptr<int32_t>(),
         ends.data_ptr<int32_t>());
  return {token, row, counts, ends};
}

at::Tensor moe_gather_forward(const at::Tensor& x, const at::Tensor& token, const at::Tensor& row) {
  const c10::cuda::CUDAGuard guard(x.device());
  const int64_t width = x.size(1);
  const at::Tensor y = at::empty({token.size(0), width}, x.options());
  const Gather& kernel = is_wide(x) ? kGatherForwardFloat32 : kGatherForwardBFloat16;
  kernel({.blocks = x.size(0), .threads = row_threads(width, kRowThreads)}, data_of(x),
         row.data_ptr<int32_t>(), data_of(y), narrow(row.size(1)), narrow(width),
         in_vectors(width, {x, y}));
  return y;
}

at::Tensor moe_gather_backward(const at::Tensor& dy, const at::Tensor& row) {
  const c10::cuda::CUDAGuard guard(dy.device());
  const int64_t width = dy.size(1);
  const at::Tensor dx = at::empty({row.size(0), width}, dy.options());
  const Gather& kernel = is_wide(dy) ? kGatherBackwardFloat32 : kGatherBackwardBFloat16;
  kernel({.blocks = row.size(0), .threads = row_threads(width, kRowThreads)}, data_of(dy),
         row.data_ptr<int32_t>(), data_of(dx), narrow(row.size(1)), narrow(width),
         in_vectors(width, {dy, dx}));
  return dx;
}

at::Tensor moe_combine_forward(const at::Tensor& y, const at::Tensor& weights,
                               const at::Tensor& row, at::ScalarType out_dtype) {
  const c10::cuda::CUDAGuard guard(y.device());
  const int64_t width = y.size(1);
  const at::Tensor out = at::empty({row.size(0), width}, y.options().dtype(out_dtype));
  kCombineForward({.blocks = row.size(0), .threads = row_threads(width, kRowThreads)}, data_of(y),
                  is_wide(y), data_of(weights), is_wide(weights), row.data_ptr<int32_t>(),
                  data_of(out), is_wide(out), narrow(row.size(1)), narrow(width),
                  in_vectors(width, {y, out}));
  return out;
}

std::tuple<at::Tensor, at::Tensor> moe_combine_backward(const at::Tensor& dout, const at::Tensor& y,
                                                        const at::Tensor& weights,
                                                        const at::Tensor& row) {
  const c10::cuda::CUDAGuard guard(y.device());
  const int64_t width = y.size(1);
  const at::Tensor dy = at::empty_like(y);
  const at::Tensor dweights = at::empty_like(weights);
  kCombineBackward({.blocks = row.size(0), .threads = row_threads(width, kRowThreads)},
                   data_of(dout), is_wide(dout), data_of(y), is_wide(y), data_of(weights),
                   is_wide(weights), row.data_ptr<int32_t>(), data_of(dy), data_of(dweights),
                   narrow(row.size(1)), narrow(width), in_vectors(width, {dout, y, dy}));
  return {dy, dweights};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("moe_sort", moebius::moe_sort);
  m.impl("moe_gather_forward", moebius::moe_gather_forward);
  m.impl("moe_gather_backward", moebius::moe_gather_backward);
  m.impl("moe_combine_forward", moebius::moe_combine_forward);
  m.impl("moe_combine_backward", moebius::moe_combine_backward);
}

#endif

#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "common.h"

namespace moebius {
namespace {

using Forward = Kernel<const void*, void*, int32_t, int32_t, bool>;
using Backward = Kernel<const void*, const void*, void*, int32_t, int32_t, bool>;

const Forward kForwardFloat32("swiglu", "swiglu_forward_float32");
const Forward kForwardBFloat16("swiglu", "swiglu_forward_bfloat16");
const Backward kBackwardFloat32("swiglu", "swiglu_backward_float32");
const Backward kBackwardBFloat16("swiglu", "swiglu_backward_bfloat16");

constexpr int64_t kThreads = 256;

int32_t parts_of(int64_t width) {
  return narrow(divide_up(width, kValuesPerThread * row_threads(width, kThreads)));
}

at::Tensor swiglu_forward(const at::Tensor& fc) {
  const c10::cuda::CUDAGuard guard(fc.device());
  const int64_t width = fc.size(-1) / 2;
  auto sizes = fc.sizes().vec();
  sizes.back() = width;
  const at::Tensor y = at::empty(sizes, fc.options());
  const int32_t parts = parts_of(width);
  const Forward& kernel = is_wide(fc) ? kForwardFloat32 : kForwardBFloat16;
  kernel({.blocks = y.numel() / width * parts, .threads = row_threads(width, kThreads)},
         data_of(fc), data_of(y), narrow(width), parts, in_vectors(width, {fc, y}));
  return y;
}

at::Tensor swiglu_backward(const at::Tensor& dy, const at::Tensor& fc) {
  const c10::cuda::CUDAGuard guard(fc.device());
  const int64_t width = fc.size(-1) / 2;
  const at::Tensor dfc = at::empty_like(fc);
  const int32_t parts = parts_of(width);
  const Backward& kernel = is_wide(fc) ? kBackwardFloat32 : kBackwardBFloat16;
  kernel({.blocks = dy.numel() / width * parts, .threads = row_threads(width, kThreads)},
         data_of(dy), data_of(fc), data_of(dfc), narrow(width), parts,
         in_vectors(width, {dy, fc, dfc}));
  return dfc;
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("swiglu_forward", moebius::swiglu_forward);
  m.impl("swiglu_backward", moebius::swiglu_backward);
}

#endif

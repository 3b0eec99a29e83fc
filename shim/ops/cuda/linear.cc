// Adds gradients of weights to those of earlier micro-batches without a separate pass.
#ifdef MOEBIUS_CUDA

#include <ATen/ops/_index_put_impl.h>
#include <torch/library.h>

#include "common.h"
#include "products.h"

namespace moebius {
namespace {

void linear_weight_add_(const at::Tensor& sum, const at::Tensor& dy, const at::Tensor& x) {
  const c10::cuda::CUDAGuard guard(sum.device());
  add_product(sum, dy.t(), x);
}

void embedding_weight_add_(const at::Tensor& sum, const at::Tensor& dy, const at::Tensor& indices) {
  const c10::cuda::CUDAGuard guard(sum.device());
  at::Tensor out = sum;
  // Forward has checked the indices by reading the rows; checking again would wait for the device.
  at::_index_put_impl_(out, {indices.to(at::kLong)}, dy.to(sum.scalar_type()), /*accumulate=*/true,
                       /*unsafe=*/true);
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("linear_weight_add_", moebius::linear_weight_add_);
  m.impl("embedding_weight_add_", moebius::embedding_weight_add_);
}

#endif

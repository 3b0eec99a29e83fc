#ifdef MOEBIUS_CUDA

#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "common.h"
#include "products.h"

namespace moebius {
namespace {

using CrossEntropy =
    Kernel<void*, const int64_t*, int64_t, int32_t, const float*, float*, bool, bool, bool>;

const CrossEntropy kFloat32("cross_entropy", "cross_entropy_float32");
const CrossEntropy kBFloat16("cross_entropy", "cross_entropy_bfloat16");
const Kernel<const int64_t*, int64_t, int64_t, const float*, float*> kCount("cross_entropy",
                                                                            "cross_entropy_count");
const Kernel<const float*, int64_t, const float*, float*> kMean("cross_entropy",
                                                                "cross_entropy_mean");

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> linear_cross_entropy_forward(
    const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
    const at::Tensor& targets, int64_t ignore_index, int64_t chunk_rows,
    const std::optional<at::Tensor>& gradient, bool with_gradients) {
  const c10::cuda::CUDAGuard guard(x.device());
  const int64_t rows = x.size(0);
  const int64_t vocabulary = weight.size(0);
  const int64_t chunk = std::clamp<int64_t>(chunk_rows, 1, std::max<int64_t>(rows, 1));
  const auto arithmetic = x.options().dtype(at::kFloat);
  const at::Tensor inverse = at::empty({2}, arithmetic);
  const at::Tensor losses = at::empty({rows}, arithmetic);
  const at::Tensor loss = at::empty({}, arithmetic);
  kCount({.blocks = 1, .threads = 1024}, targets.data_ptr<int64_t>(), rows, ignore_index,
         gradient ? gradient->data_ptr<float>() : nullptr, inverse.data_ptr<float>());

  const bool wide = is_wide(x);
  const bool has_bias = bias.has_value() && bias->defined();
  const bool in_one = rows > 0 && rows <= chunk;
  at::Tensor dx, dweight, dbias;
  if (with_gradients) {
    dx = at::empty_like(x);
    // With one chunk no sum of products is needed.
    dweight = in_one ? at::empty_like(weight) : at::empty(weight.sizes(), arithmetic);
    if (rows == 0) dweight.zero_();
    if (has_bias) dbias = at::zeros(bias->sizes(), arithmetic);
  }
  const at::Tensor buffer = at::empty({std::min(chunk, rows), vocabulary}, x.options());
  const CrossEntropy& kernel = wide ? kFloat32 : kBFloat16;
  const int64_t row_bytes = divide_up(vocabulary, kValuesPerThread) * kValuesPerThread *
                            static_cast<int64_t>(x.element_size());
  // With gradients a row is read several times, so it is staged in shared memory if it fits.
  const bool staged = with_gradients && row_bytes <= kernel.shared_limit();
  for (int64_t start = 0; start < rows; start += chunk) {
    const int64_t count = std::min(chunk, rows - start);
    at::Tensor logits = buffer.narrow(0, 0, count);
    const at::Tensor part = x.narrow(0, start, count);
    if (has_bias) {
      at::addmm_out(logits, *bias, part, weight.t());
    } else {
      at::mm_out(logits, part, weight.t());
    }
    kernel({.blocks = count, .threads = 512, .shared_bytes = staged ? row_bytes : 0},
           data_of(logits), targets.data_ptr<int64_t>() + start, ignore_index, narrow(vocabulary),
           inverse.data_ptr<float>(), losses.data_ptr<float>() + start, with_gradients, staged,
           in_vectors(vocabulary, {logits}));
    if (!with_gradients) continue;
    at::Tensor part_dx = dx.narrow(0, start, count);
    at::mm_out(part_dx, logits, weight);
    if (in_one) {
      at::mm_out(dweight, logits.t(), part);
    } else {
      add_product(dweight, logits.t(), part, start == 0);
    }
    if (has_bias) dbias.add_(at::sum(logits, {0}, false, at::kFloat));
  }
  kMean({.blocks = 1, .threads = 1024}, losses.data_ptr<float>(), rows, inverse.data_ptr<float>(),
        loss.data_ptr<float>());
  if (with_gradients) {
    dweight = dweight.to(weight.scalar_type());
    if (has_bias) dbias = dbias.to(bias->scalar_type());
  }
  return {loss, dx, dweight, dbias};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("linear_cross_entropy_forward", moebius::linear_cross_entropy_forward);
}

#endif

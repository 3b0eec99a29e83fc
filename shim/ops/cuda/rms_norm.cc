#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "common.h"

namespace moebius {
namespace {

using Backward = Kernel<const void*, bool, const void*, const void*, bool, const void*, bool,
                        const float*, void*, bool, void*, bool, float*, int64_t, int32_t, bool>;

const Kernel<const void*, bool, const void*, bool, const void*, bool, void*, bool, void*, bool,
             float*, int32_t, float, bool>
    kForward("rms_norm", "rms_norm_forward");
const Backward kBackward("rms_norm", "rms_norm_backward");
const Backward kBackwardLong("rms_norm", "rms_norm_backward_long");
const Kernel<const float*, int32_t, int32_t, void*, bool> kWeight("rms_norm", "rms_norm_weight");
const Kernel<const void*, bool, const void*, bool, const int32_t*, int32_t, const void*,
             const void*, bool, void*, bool, void*, bool, float*, int32_t, float, bool>
    kCombineForward("rms_norm", "combine_rms_norm_forward");
const Kernel<const void*, bool, const void*, const void*, bool, const void*, bool, const float*,
             void*, float*, int64_t, int32_t, const void*, bool, const void*, bool, const int32_t*,
             int32_t, void*, void*, bool>
    kCombineBackward("rms_norm", "combine_rms_norm_backward");

// Returns y and rstd; `residual` and `sum` are both defined or both undefined.
std::tuple<at::Tensor, at::Tensor> norm(const at::Tensor& x, const at::Tensor& residual,
                                        const at::Tensor& weight, const at::Tensor& sum, double eps,
                                        at::ScalarType out_dtype) {
  const int64_t width = x.size(-1);
  const int64_t rows = x.numel() / width;
  const at::Tensor y = at::empty(x.sizes(), x.options().dtype(out_dtype));
  const at::Tensor rstd = at::empty({rows}, x.options().dtype(at::kFloat));
  const bool has_residual = residual.defined();
  kForward({.blocks = rows, .threads = row_threads(width, 1024)}, data_of(x), is_wide(x),
           data_of(residual), has_residual && is_wide(residual), data_of(weight), is_wide(weight),
           data_of(sum), has_residual && is_wide(sum), data_of(y), is_wide(y),
           rstd.data_ptr<float>(), narrow(width), static_cast<float>(eps),
           in_vectors(width, {x, residual, weight, sum, y}));
  return {y, rstd};
}

std::tuple<at::Tensor, at::Tensor> rms_norm_forward(const at::Tensor& x, const at::Tensor& weight,
                                                    double eps, at::ScalarType out_dtype) {
  const c10::cuda::CUDAGuard guard(x.device());
  return norm(x, {}, weight, {}, eps, out_dtype);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> add_rms_norm_forward(const at::Tensor& x,
                                                                    const at::Tensor& residual,
                                                                    const at::Tensor& weight,
                                                                    double eps,
                                                                    at::ScalarType out_dtype) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::ScalarType wider = is_wide(x) || is_wide(residual) ? at::kFloat : at::kBFloat16;
  const at::Tensor sum = at::empty(x.sizes(), x.options().dtype(wider));
  auto [y, rstd] = norm(x, residual, weight, sum, eps, out_dtype);
  return {sum, y, rstd};
}

// Memory for each block's share of dweight, for as many blocks as fill the device with this many
// threads per processor.
at::Tensor empty_partials(const at::Tensor& x, int64_t rows, int64_t threads,
                          int64_t threads_of_processor) {
  const int64_t blocks_of_processor = std::max<int64_t>(1, threads_of_processor / threads);
  const int64_t blocks = std::min(rows, device_traits().processors * blocks_of_processor);
  return at::empty({blocks, x.size(-1)}, x.options().dtype(at::kFloat));
}

at::Tensor sum_of_partials(const at::Tensor& partials, const at::Tensor& weight) {
  const at::Tensor dweight = at::empty_like(weight);
  const int64_t width = weight.numel();
  kWeight({.blocks = divide_up(width, 8), .threads = 1024}, partials.data_ptr<float>(),
          narrow(partials.size(0)), narrow(width), data_of(dweight), is_wide(dweight));
  return dweight;
}

// Fills dx, and dresidual if it is defined; returns dweight.
at::Tensor norm_backward(const at::Tensor& dsum, const at::Tensor& dy, const at::Tensor& x,
                         const at::Tensor& weight, const at::Tensor& rstd, const at::Tensor& dx,
                         const at::Tensor& dresidual) {
  const int64_t width = x.size(-1);
  const int64_t rows = x.numel() / width;
  const int32_t threads = row_threads(width, 512);
  const at::Tensor partials = empty_partials(x, rows, threads, 1024);
  const Backward& kernel = threads * kValuesPerThread >= width ? kBackward : kBackwardLong;
  kernel({.blocks = partials.size(0), .threads = threads}, data_of(dy), is_wide(dy), data_of(dsum),
         data_of(x), is_wide(x), data_of(weight), is_wide(weight), rstd.data_ptr<float>(),
         data_of(dx), is_wide(dx), data_of(dresidual), dresidual.defined() && is_wide(dresidual),
         partials.data_ptr<float>(), rows, narrow(width),
         in_vectors(width, {dy, dsum, x, weight, dx, dresidual}));
  return sum_of_partials(partials, weight);
}

std::tuple<at::Tensor, at::Tensor> rms_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                                     const at::Tensor& weight,
                                                     const at::Tensor& rstd) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor dx = at::empty_like(x);
  const at::Tensor dweight = norm_backward({}, dy, x, weight, rstd, dx, {});
  return {dx, dweight};
}

// The gradient of the sum in the sum's dtype, or an undefined tensor.
at::Tensor like_sum(const std::optional<at::Tensor>& dsum, const at::Tensor& sum) {
  return dsum ? dsum->to(sum.scalar_type()) : at::Tensor();
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> add_rms_norm_backward(
    const std::optional<at::Tensor>& dsum, const at::Tensor& dy, const at::Tensor& sum,
    const at::Tensor& weight, const at::Tensor& rstd, at::ScalarType x_dtype,
    at::ScalarType residual_dtype) {
  const c10::cuda::CUDAGuard guard(sum.device());
  const at::Tensor added = like_sum(dsum, sum);
  const at::Tensor dx = at::empty(sum.sizes(), sum.options().dtype(x_dtype));
  const at::Tensor dresidual = x_dtype == residual_dtype
                                   ? at::Tensor()
                                   : at::empty(sum.sizes(), sum.options().dtype(residual_dtype));
  const at::Tensor dweight = norm_backward(added, dy, sum, weight, rstd, dx, dresidual);
  return {dx, dresidual.defined() ? dresidual : dx, dweight};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> combine_rms_norm_forward(
    const at::Tensor& rows, const at::Tensor& weights, const at::Tensor& row,
    const at::Tensor& residual, const at::Tensor& weight, double eps, at::ScalarType out_dtype) {
  const c10::cuda::CUDAGuard guard(rows.device());
  const int64_t width = rows.size(1);
  const int64_t tokens = row.size(0);
  const at::Tensor sum = at::empty_like(residual);
  const at::Tensor y = at::empty(residual.sizes(), residual.options().dtype(out_dtype));
  const at::Tensor rstd = at::empty({tokens}, residual.options().dtype(at::kFloat));
  kCombineForward({.blocks = tokens, .threads = row_threads(width, 1024)}, data_of(rows),
                  is_wide(rows), data_of(weights), is_wide(weights), row.data_ptr<int32_t>(),
                  narrow(row.size(1)), data_of(residual), data_of(weight), is_wide(weight),
                  data_of(sum), is_wide(sum), data_of(y), is_wide(y), rstd.data_ptr<float>(),
                  narrow(width), static_cast<float>(eps),
                  in_vectors(width, {rows, residual, weight, sum, y}));
  return {sum, y, rstd};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> combine_rms_norm_backward(
    const std::optional<at::Tensor>& dsum, const at::Tensor& dy, const at::Tensor& sum,
    const at::Tensor& weight, const at::Tensor& rstd, const at::Tensor& rows,
    const at::Tensor& weights, const at::Tensor& row) {
  const c10::cuda::CUDAGuard guard(sum.device());
  const int64_t width = rows.size(1);
  const at::Tensor added = like_sum(dsum, sum);
  const at::Tensor dresidual = at::empty_like(sum);
  const int32_t threads = row_threads(width, 512);
  TORCH_CHECK_VALUE(threads * kValuesPerThread >= width,
                    "combine_rms_norm_backward takes rows of at most ", 512 * kValuesPerThread,
                    " values, got ", width);
  const at::Tensor drows = at::empty_like(rows);
  const at::Tensor dweights = at::empty_like(weights);
  // The kernel's registers limit a processor to this many threads.
  const at::Tensor partials = empty_partials(sum, row.size(0), threads, 672);
  kCombineBackward({.blocks = partials.size(0), .threads = threads}, data_of(dy), is_wide(dy),
                   data_of(added), data_of(sum), is_wide(sum), data_of(weight), is_wide(weight),
                   rstd.data_ptr<float>(), data_of(dresidual), partials.data_ptr<float>(),
                   row.size(0), narrow(width), data_of(rows), is_wide(rows), data_of(weights),
                   is_wide(weights), row.data_ptr<int32_t>(), narrow(row.size(1)), data_of(drows),
                   data_of(dweights),
                   in_vectors(width, {dy, added, sum, weight, dresidual, rows, drows}));
  return {drows, dweights, dresidual, sum_of_partials(partials, weight)};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("rms_norm_forward", moebius::rms_norm_forward);
  m.impl("rms_norm_backward", moebius::rms_norm_backward);
  m.impl("add_rms_norm_forward", moebius::add_rms_norm_forward);
  m.impl("add_rms_norm_backward", moebius::add_rms_norm_backward);
  m.impl("combine_rms_norm_forward", moebius::combine_rms_norm_forward);
  m.impl("combine_rms_norm_backward", moebius::combine_rms_norm_backward);
}

#endif

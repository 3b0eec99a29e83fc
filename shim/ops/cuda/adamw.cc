#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <vector>

#include "common.h"
#include "kernels/adamw_arguments.h"

namespace moebius {
namespace {

using namespace adamw_arguments;

const Kernel<const Entries&, const float*, const float*, const Options&, void*> kBegin(
    "adamw", "adamw_begin");
using Update =
    Kernel<const void*, int32_t, const float*, const float*, const float*, const Options&>;

// The dtypes of parameter, gradient and averages, with the kernel for them.
struct Variant {
  at::ScalarType param;
  at::ScalarType grad;
  at::ScalarType average;
  Update update;
};

const Variant kVariants[] = {
    {at::kFloat, at::kFloat, at::kFloat, {"adamw", "adamw_float32"}},
    {at::kFloat, at::kBFloat16, at::kFloat, {"adamw", "adamw_float32_bfloat16"}},
    {at::kBFloat16, at::kBFloat16, at::kBFloat16, {"adamw", "adamw_bfloat16"}},
    {at::kBFloat16, at::kBFloat16, at::kFloat, {"adamw", "adamw_bfloat16_float32"}},
};

const Variant& variant_of(const at::Tensor& param, const at::Tensor& grad,
                          const at::Tensor& average) {
  for (const Variant& variant : kVariants) {
    if (variant.param == param.scalar_type() && variant.grad == grad.scalar_type() &&
        variant.average == average.scalar_type()) {
      return variant;
    }
  }
  TORCH_CHECK_VALUE(false, "adamw_ has no kernel for a parameter of ", param.scalar_type(),
                    " with a gradient of ", grad.scalar_type(), " and averages of ",
                    average.scalar_type());
}

void check_array(const at::Tensor& array, int64_t size, at::Device device, const char* name) {
  TORCH_CHECK_VALUE(array.device() == device && array.is_contiguous() && array.numel() == size,
                    "adamw_ takes contiguous ", name, " of the parameters' sizes on their device");
}

const float* scalar_of(const at::Tensor& scalar, const at::Tensor& param, const char* name) {
  TORCH_CHECK_VALUE(scalar.scalar_type() == at::kFloat && scalar.numel() == 1 &&
                        scalar.device() == param.device(),
                    "adamw_ takes a float32 scalar on the parameters' device as ", name);
  return scalar.data_ptr<float>();
}

void adamw_(at::TensorList params, at::TensorList grads, at::TensorList exp_avgs,
            at::TensorList exp_avg_sqs, at::TensorList steps, const at::Tensor& lr,
            const at::Tensor& grad_scale, const at::Tensor& found_inf, double beta1, double beta2,
            double eps, double weight_decay, at::TensorList shadows) {
  const size_t total = params.size();
  TORCH_CHECK_VALUE(grads.size() == total && exp_avgs.size() == total &&
                        exp_avg_sqs.size() == total && steps.size() == total &&
                        (shadows.empty() || shadows.size() == total),
                    "adamw_ takes lists of one length");
  if (total == 0) return;
  const at::Tensor& first = params[0];
  const c10::cuda::CUDAGuard guard(first.device());
  const Options options = {beta1, beta2, static_cast<float>(eps), static_cast<float>(weight_decay)};
  const float* rate = scalar_of(lr, first, "lr");
  const float* scale = scalar_of(grad_scale, first, "grad_scale");
  const float* inf = scalar_of(found_inf, first, "found_inf");

  for (const Variant& variant : kVariants) {
    std::vector<Entry> entries;
    std::vector<at::Tensor> kept;
    int64_t blocks = 0;
    for (size_t i = 0; i < total; ++i) {
      if (&variant_of(params[i], grads[i], exp_avgs[i]) != &variant) continue;
      const at::Tensor grad = grads[i].contiguous();
      const at::Tensor shadow = shadows.empty() ? at::Tensor() : shadows[i];
      const int64_t size = params[i].numel();
      check_array(params[i], size, first.device(), "parameters");
      check_array(grad, size, first.device(), "gradients");
      check_array(exp_avgs[i], size, first.device(), "exp_avgs");
      check_array(exp_avg_sqs[i], size, first.device(), "exp_avg_sqs");
      TORCH_CHECK_VALUE(exp_avg_sqs[i].scalar_type() == exp_avgs[i].scalar_type(),
                        "adamw_ takes exp_avgs and exp_avg_sqs of one dtype");
      if (shadow.defined()) {
        check_array(shadow, size, first.device(), "shadows");
        TORCH_CHECK_VALUE(shadow.scalar_type() == at::kBFloat16, "adamw_ takes bfloat16 shadows");
      }
      kept.push_back(grad);
      entries.push_back({
          .param = data_of(params[i]),
          .grad = data_of(grad),
          .exp_avg = data_of(exp_avgs[i]),
          .exp_avg_sq = data_of(exp_avg_sqs[i]),
          .step = const_cast<float*>(scalar_of(steps[i], first, "step")),
          .shadow = data_of(shadow),
          .size = size,
          .first_block = narrow(blocks),
          .vectors = in_vectors(size, {params[i], grad, exp_avgs[i], exp_avg_sqs[i], shadow}),
      });
      blocks += divide_up(size, kChunk);
    }
    const int64_t count = static_cast<int64_t>(entries.size());
    if (count == 0) continue;
    const at::Tensor table = at::empty({count, sizeof(Row)}, lr.options().dtype(at::kByte));
    for (int64_t start = 0; start < count; start += kEntries) {
      Entries some{};
      some.count = narrow(std::min<int64_t>(kEntries, count - start));
      some.first = narrow(start);
      std::copy_n(entries.begin() + start, some.count, some.entries);
      kBegin({.blocks = 1, .threads = 64}, some, rate, inf, options, data_of(table));
    }
    variant.update({.blocks = blocks, .threads = 512}, data_of(table), narrow(count), rate, scale,
                   inf, options);
  }
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) { m.impl("adamw_", moebius::adamw_); }

#endif

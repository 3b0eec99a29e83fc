// The differentiable operators outside the experts: public forms and their gradients.

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "checks.h"
#include "cpu/gemm.h"
#include "cpu/kernels.h"
#include "primitives.h"

namespace moebius {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// ---- norms ----------------------------------------------------------------------------------

struct RmsNorm : Function<RmsNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, double eps,
                        ScalarType out_dtype) {
    auto [y, rstd] = rms_norm_forward(x, weight, eps, out_dtype);
    context->save_for_backward({x, weight, rstd});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    auto [dx, dweight] = rms_norm_backward(grads[0].contiguous(), saved[0], saved[1], saved[2]);
    return {dx, dweight, {}, {}};
  }
};

void check_norm(const Tensor& x, const Tensor& weight) {
  TORCH_CHECK(x.dim() > 0, "x has no dimensions");
  check_activation("x", x, x.dim());
  check_activation("weight", weight, 1);
  check_sizes("weight", weight, {x.size(-1)});
  check_device("weight", weight, x);
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps, ScalarType out_dtype) {
  check_norm(x, weight);
  return RmsNorm::apply(x.contiguous(), weight.contiguous(), eps, out_dtype);
}

struct AddRmsNorm : Function<AddRmsNorm> {
  static variable_list forward(AutogradContext* context, const Tensor& x, const Tensor& residual,
                               const Tensor& weight, double eps, ScalarType out_dtype) {
    auto [sum, y, rstd] = add_rms_norm_forward(x, residual, weight, eps, out_dtype);
    context->save_for_backward({sum, weight, rstd});
    context->saved_data["x_dtype"] = x.scalar_type();
    context->saved_data["residual_dtype"] = residual.scalar_type();
    context->set_materialize_grads(false);
    return {sum, y};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& sum = saved[0];
    const std::optional<Tensor> dsum =
        grads[0].defined() ? std::optional(grads[0].contiguous()) : std::nullopt;
    const Tensor dy = grads[1].defined() ? grads[1].contiguous() : at::zeros_like(sum);
    auto [dx, dresidual, dweight] = add_rms_norm_backward(
        dsum, dy, sum, saved[1], saved[2], context->saved_data["x_dtype"].toScalarType(),
        context->saved_data["residual_dtype"].toScalarType());
    return {dx, dresidual, dweight, {}, {}};
  }
};

Pair add_rms_norm(const Tensor& x, const Tensor& residual, const Tensor& weight, double eps,
                  ScalarType out_dtype) {
  check_norm(x, weight);
  check_activation("residual", residual, x.dim());
  check_sizes("residual", residual, x.sizes());
  check_device("residual", residual, x);
  const variable_list results =
      AddRmsNorm::apply(x.contiguous(), residual.contiguous(), weight.contiguous(), eps, out_dtype);
  return {results[0], results[1]};
}

// ---- rope -----------------------------------------------------------------------------------

// Makes the tensor's last dimension contiguous.
Tensor in_rows(const Tensor& tensor) {
  return tensor.stride(-1) == 1 ? tensor : tensor.contiguous();
}

// A gradient with a contiguous last dimension, or zeros if it is undefined.
Tensor readable(const Tensor& grad, at::IntArrayRef sizes, const at::TensorOptions& options) {
  return grad.defined() ? in_rows(grad) : at::full(sizes, 0, options);
}

struct RopeQkv : Function<RopeQkv> {
  static variable_list forward(AutogradContext* context, const Tensor& qkv, const Tensor& cos,
                               const Tensor& sin, int64_t n_head, int64_t n_query_groups) {
    auto [q, k, v] = rope_qkv_forward(qkv, cos, sin, n_head, n_query_groups);
    context->save_for_backward({cos, sin});
    context->saved_data["sizes"] = std::vector<int64_t>(q.sizes().begin(), q.sizes().end());
    context->saved_data["groups"] = n_query_groups;
    context->saved_data["dtype"] = qkv.scalar_type();
    context->set_materialize_grads(false);
    return {q, k, v};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const auto options = saved[0].options().dtype(context->saved_data["dtype"].toScalarType());
    std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const Tensor dq = readable(grads[0], sizes, options);
    sizes[1] = context->saved_data["groups"].toInt();
    const Tensor dqkv = rope_qkv_backward(dq, readable(grads[1], sizes, options),
                                          readable(grads[2], sizes, options), saved[0], saved[1]);
    return {dqkv, {}, {}, {}, {}};
  }
};

Triple rope_qkv(const Tensor& qkv, const Tensor& cos, const Tensor& sin, int64_t n_head,
                int64_t n_query_groups) {
  check_activation("qkv", qkv, 3);
  const int64_t heads = n_head + 2 * n_query_groups;
  TORCH_CHECK(n_head > 0 && n_query_groups > 0 && qkv.size(2) % heads == 0, "qkv has ", qkv.size(2),
              " columns: they are not the heads of ", n_head, " queries and ", n_query_groups,
              " keys and values");
  for (const Tensor* table : {&cos, &sin}) {
    TORCH_CHECK(table->dim() == 2 && at::isFloatingType(table->scalar_type()),
                "cos and sin must be floating-point matrices");
    check_sizes("a table of angles", *table, {qkv.size(1), cos.size(1)});
    check_device("a table of angles", *table, qkv);
  }
  TORCH_CHECK(cos.size(1) % 2 == 0 && cos.size(1) <= qkv.size(2) / heads, "cos has ", cos.size(1),
              " columns: expected an even number of at most ", qkv.size(2) / heads);
  const variable_list results =
      RopeQkv::apply(qkv.contiguous(), cos.contiguous(), sin.contiguous(), n_head, n_query_groups);
  return {results[0], results[1], results[2]};
}

// ---- attention ------------------------------------------------------------------------------

struct Attention : Function<Attention> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        double scale) {
    auto [y, lse] = attention_forward(q, k, v, scale);
    context->save_for_backward({q, k, v, y, lse});
    context->saved_data["scale"] = scale;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    auto [dq, dk, dv] =
        attention_backward(in_rows(grads[0]), saved[0], saved[1], saved[2], saved[3], saved[4],
                           context->saved_data["scale"].toDouble());
    return {dq, dk, dv, {}};
  }
};

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
  for (const Tensor* each : {&q, &k, &v}) {
    check_activation("queries, keys or values", *each, 4);
    check_same("queries, keys or values", *each, "queries", q);
  }
  check_sizes("k", k, {q.size(0), k.size(1), q.size(2), q.size(3)});
  check_sizes("v", v, k.sizes());
  TORCH_CHECK(q.is_cpu(), "attention is an operator of the CPU alone");
  TORCH_CHECK(scale > 0, "scale is ", scale, ", expected more than 0");
  TORCH_CHECK(k.size(1) > 0 && q.size(1) % k.size(1) == 0, q.size(1), " query heads cannot share ",
              k.size(1), " heads of keys");
  if (cpu::attends_faster(q, k)) return Attention::apply(in_rows(q), in_rows(k), in_rows(v), scale);
  return std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(
      q, k, v, /*dropout_p=*/0, /*is_causal=*/true, std::nullopt, scale));
}

// ---- swiglu ---------------------------------------------------------------------------------

struct Swiglu : Function<Swiglu> {
  static Tensor forward(AutogradContext* context, const Tensor& fc) {
    context->save_for_backward({fc});
    return swiglu_forward(fc);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    return {swiglu_backward(grads[0].contiguous(), context->get_saved_variables()[0])};
  }
};

Tensor swiglu(const Tensor& fc) {
  check_activation("fc", fc, 2);
  TORCH_CHECK(fc.size(1) % 2 == 0, "fc has ", fc.size(1), " columns, expected an even number");
  return Swiglu::apply(fc.contiguous());
}

// ---- linear ---------------------------------------------------------------------------------

// Whether backward adds gradients of weights directly to a sum on this device.
bool adds_to_sums(const Tensor& x) {
  static const auto add =
      c10::Dispatcher::singleton().findSchemaOrThrow("moebius::linear_weight_add_", "");
  return primitives::has_kernel(add, x);
}

void check_sum(const Tensor& sum, const Tensor& weight) {
  check_sizes("weight_sum", sum, weight.sizes());
  check_device("weight_sum", sum, weight);
}

// The sum is saved as data and not as a variable: it is written to before backward, which autograd
// would refuse.
struct SummingLinear : Function<SummingLinear> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const std::optional<Tensor>& bias, const Tensor& weight_sum) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["weight_sum"] = weight_sum;
    return at::linear(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor dy = grads[0].contiguous();
    const Tensor dx = context->needs_input_grad(0) ? at::mm(dy, saved[1]) : Tensor();
    linear_weight_add_(context->saved_data["weight_sum"].toTensor(), dy, saved[0]);
    const Tensor dbias = context->saved_data["bias"].toBool() ? dy.sum(0) : Tensor();
    return {dx, {}, dbias, {}};
  }
};

// The experts' product, for one expert that has all rows.
struct Linear : Function<Linear> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const std::optional<Tensor>& bias) {
    const Tensor ends = at::full({1}, x.size(0), x.options().dtype(at::kInt));
    context->save_for_backward({x, weight, ends});
    context->saved_data["bias"] = bias.has_value();
    Tensor y = grouped_linear_forward(x, weight.unsqueeze(0), ends);
    if (bias) y.add_(*bias);
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor dy = grads[0].contiguous();
    const Tensor dx = grouped_linear_input(dy, saved[1].unsqueeze(0), saved[2]);
    const Tensor dweight = grouped_linear_weight(dy, saved[0], saved[2]);
    const Tensor dbias = context->saved_data["bias"].toBool() ? dy.sum(0) : Tensor();
    return {dx, dweight.squeeze(0), dbias};
  }
};

Tensor linear(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
              const std::optional<Tensor>& weight_sum) {
  if (weight_sum) check_sum(*weight_sum, weight);
  const bool sums = weight_sum && adds_to_sums(x) && at::GradMode::is_enabled();
  const bool own = !sums && x.is_cpu() && cpu::multiplies_faster(x.scalar_type());
  const bool fits = x.dim() > 1 && weight.dim() == 2 && x.size(-1) == weight.size(1) &&
                    weight.size(1) > 0 && x.scalar_type() == weight.scalar_type() &&
                    (!bias || bias->scalar_type() == x.scalar_type());
  if (!fits || !(sums || own)) return at::linear(x, weight, bias);
  std::vector<int64_t> sizes(x.sizes().begin(), x.sizes().end());
  sizes.back() = weight.size(0);
  const Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  const Tensor y = sums ? SummingLinear::apply(rows, weight.contiguous(), bias, *weight_sum)
                        : Linear::apply(rows, weight.contiguous(), bias);
  return y.view(sizes);
}

// ---- embedding ------------------------------------------------------------------------------

struct SummingEmbedding : Function<SummingEmbedding> {
  static Tensor forward(AutogradContext* context, const Tensor& weight, const Tensor& indices,
                        const Tensor& weight_sum) {
    context->save_for_backward({indices});
    context->saved_data["weight_sum"] = weight_sum;
    return at::embedding(weight, indices);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const Tensor indices = context->get_saved_variables()[0].reshape(-1);
    const Tensor dy = grads[0].reshape({indices.numel(), grads[0].size(-1)});
    embedding_weight_add_(context->saved_data["weight_sum"].toTensor(), dy, indices);
    return {{}, {}, {}};
  }
};

Tensor embedding(const Tensor& weight, const Tensor& indices,
                 const std::optional<Tensor>& weight_sum) {
  if (weight_sum) check_sum(*weight_sum, weight);
  // Rows of the same token are added one at a time, which would lose most of them in bfloat16.
  const bool is_wide = weight_sum && weight_sum->scalar_type() == at::kFloat;
  const bool sums = is_wide && adds_to_sums(weight) && at::GradMode::is_enabled();
  return sums ? SummingEmbedding::apply(weight, indices, *weight_sum)
              : at::embedding(weight, indices);
}

// ---- cross-entropy --------------------------------------------------------------------------

struct LinearCrossEntropy : Function<LinearCrossEntropy> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const std::optional<Tensor>& bias, const Tensor& targets,
                        int64_t ignore_index, int64_t chunk_rows,
                        const std::optional<Tensor>& gradient, bool with_gradients) {
    auto [loss, dx, dweight, dbias] = linear_cross_entropy_forward(
        x, weight, bias, targets, ignore_index, chunk_rows, gradient, with_gradients);
    if (with_gradients) {
      context->save_for_backward({dx, dweight, dbias, gradient.value_or(Tensor())});
    }
    return loss;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    variable_list results = context->get_saved_variables();
    const Tensor known = results[3];
    results[3] = Tensor();
    Tensor scale = grads[0];
    if (!known.defined() || known.const_data_ptr() != scale.const_data_ptr()) {
      if (known.defined()) scale = scale.div(known);
      for (Tensor& each : results) {
        // With one dimension the scale keeps its precision against a bfloat16 tensor. The saved
        // tensors are overwritten; autograd refuses a second backward because their version has
        // changed.
        if (each.defined()) each.mul_(scale.reshape({1}));
      }
    }
    results.resize(8);
    return results;
  }
};

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight,
                            const std::optional<Tensor>& bias, const Tensor& targets,
                            int64_t ignore_index, int64_t chunk_rows,
                            const std::optional<Tensor>& gradient) {
  check_activation("x", x, 2);
  check_activation("weight", weight, 2);
  check_same("weight", weight, "x", x);
  check_sizes("weight", weight, {weight.size(0), x.size(1)});
  TORCH_CHECK(weight.size(0) > 0, "weight has no rows");
  check_index("targets", targets, at::kLong, {x.size(0)});
  check_device("targets", targets, x);
  if (bias) {
    check_same("bias", *bias, "x", x);
    check_sizes("bias", *bias, {weight.size(0)});
  }
  if (gradient) {
    TORCH_CHECK(gradient->dim() == 0 && gradient->scalar_type() == at::kFloat,
                "gradient is not a float32 scalar");
    check_device("gradient", *gradient, x);
  }
  TORCH_CHECK(chunk_rows > 0, "chunk_rows is ", chunk_rows, ", expected at least 1");
  const bool with_gradients =
      at::GradMode::is_enabled() &&
      (x.requires_grad() || weight.requires_grad() || (bias && bias->requires_grad()));
  return LinearCrossEntropy::apply(
      x.contiguous(), weight.contiguous(), bias ? std::optional(bias->contiguous()) : std::nullopt,
      targets.contiguous(), ignore_index, chunk_rows, gradient, with_gradients);
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CompositeImplicitAutograd, m) {
  m.impl("rms_norm", TORCH_FN(moebius::rms_norm));
  m.impl("add_rms_norm", TORCH_FN(moebius::add_rms_norm));
  m.impl("rope_qkv", TORCH_FN(moebius::rope_qkv));
  m.impl("attention", TORCH_FN(moebius::attention));
  m.impl("swiglu", TORCH_FN(moebius::swiglu));
  m.impl("linear", TORCH_FN(moebius::linear));
  m.impl("embedding", TORCH_FN(moebius::embedding));
  m.impl("linear_cross_entropy", TORCH_FN(moebius::linear_cross_entropy));
}

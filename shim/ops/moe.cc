// The differentiable operators around the experts: public forms and their gradients.

#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "checks.h"
#include "primitives.h"

namespace moebius {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

struct TopkSoftmax : Function<TopkSoftmax> {
  static variable_list forward(AutogradContext* context, const Tensor& logits, int64_t k) {
    auto [weights, experts] = topk_softmax_forward(logits, k);
    context->mark_non_differentiable({experts});
    context->save_for_backward({weights, experts});
    context->saved_data["n_expert"] = logits.size(1);
    context->saved_data["dtype"] = logits.scalar_type();
    // Otherwise autograd would create zeros for the experts, which have no gradient.
    context->set_materialize_grads(false);
    return {weights, experts};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    if (!grads[0].defined()) return {{}, {}};
    const variable_list saved = context->get_saved_variables();
    return {topk_softmax_backward(grads[0].contiguous(), saved[0], saved[1],
                                  context->saved_data["n_expert"].toInt(),
                                  context->saved_data["dtype"].toScalarType()),
            {}};
  }
};

Pair topk_softmax(const Tensor& logits, int64_t k) {
  check_activation("logits", logits, 2);
  TORCH_CHECK(k > 0 && k <= logits.size(1), "k is ", k, ", expected 1 to ", logits.size(1));
  const variable_list results = TopkSoftmax::apply(logits.contiguous(), k);
  return {results[0], results[1]};
}

struct MoeGather : Function<MoeGather> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& token,
                        const Tensor& row) {
    context->save_for_backward({row});
    return moe_gather_forward(x, token, row);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    return {moe_gather_backward(grads[0].contiguous(), context->get_saved_variables()[0]), {}, {}};
  }
};

// Checks that these are the sorted choices of x's tokens.
void check_rows(const Tensor& x, const Tensor& token, const Tensor& row) {
  check_activation("x", x, 2);
  TORCH_CHECK(row.dim() == 2, "row has ", row.dim(), " dimensions, expected 2");
  check_index("row", row, at::kInt, {x.size(0), row.size(1)});
  check_index("token", token, at::kInt, {row.numel()});
  check_device("token", token, x);
  check_device("row", row, x);
}

Tensor moe_gather(const Tensor& x, const Tensor& token, const Tensor& row) {
  check_rows(x, token, row);
  return MoeGather::apply(x.contiguous(), token.contiguous(), row.contiguous());
}

struct GroupedLinear : Function<GroupedLinear> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& ends) {
    context->save_for_backward({x, weight, ends});
    return grouped_linear_forward(x, weight, ends);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor dy = grads[0].contiguous();
    return {grouped_linear_input(dy, saved[1], saved[2]),
            grouped_linear_weight(dy, saved[0], saved[2]),
            {}};
  }
};

Tensor grouped_linear(const Tensor& x, const Tensor& weight, const Tensor& ends) {
  check_activation("x", x, 2);
  check_activation("weight", weight, 3);
  check_same("weight", weight, "x", x);
  check_sizes("weight", weight, {weight.size(0), weight.size(1), x.size(1)});
  check_index("ends", ends, at::kInt, {weight.size(0)});
  check_device("ends", ends, x);
  return GroupedLinear::apply(x.contiguous(), weight.contiguous(), ends.contiguous());
}

// moe_gather, fc, swiglu and proj as one node. It keeps the rows and fc; backward recomputes h,
// mostly hidden behind the matrix product of dh.
struct MoeExperts : Function<MoeExperts> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& token,
                        const Tensor& row, const Tensor& ends, const Tensor& fc_weight,
                        const Tensor& proj_weight, const std::optional<Tensor>& fc_sum,
                        const std::optional<Tensor>& proj_sum, bool with_gradients) {
    const Tensor rows = moe_gather_forward(x, token, row);
    auto [fc, h] = grouped_swiglu_forward(rows, fc_weight, ends);
    if (with_gradients) {
      context->save_for_backward({rows, row, ends, fc_weight, proj_weight, fc});
      // Saved as data: the sums are written to before backward, which autograd would refuse.
      context->saved_data["fc_sum"] = fc_sum;
      context->saved_data["proj_sum"] = proj_sum;
    }
    fc.reset();
    return grouped_linear_forward(h, proj_weight, ends);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &rows = saved[0], &row = saved[1], &ends = saved[2];
    const Tensor dy = grads[0].contiguous();
    auto [dfc, h] = grouped_swiglu_backward(dy, saved[4], saved[5], ends);
    const Tensor dproj_weight = weight_gradient(context->saved_data["proj_sum"], dy, h, ends);
    h.reset();
    const Tensor dx = moe_gather_backward(grouped_linear_input(dfc, saved[3], ends), row);
    const Tensor dfc_weight = weight_gradient(context->saved_data["fc_sum"], dfc, rows, ends);
    return {dx, {}, {}, {}, dfc_weight, dproj_weight, {}, {}, {}};
  }

 private:
  // Returns an undefined tensor if the gradient was added to a sum.
  static Tensor weight_gradient(const c10::IValue& sum, const Tensor& dy, const Tensor& x,
                                const Tensor& ends) {
    if (sum.isNone()) return grouped_linear_weight(dy, x, ends);
    grouped_linear_weight_add_(sum.toTensor(), dy, x, ends);
    return {};
  }
};

Tensor moe_experts(const Tensor& x, const Tensor& token, const Tensor& row, const Tensor& ends,
                   const Tensor& fc_weight, const Tensor& proj_weight,
                   const std::optional<Tensor>& fc_sum, const std::optional<Tensor>& proj_sum) {
  check_activation("proj_weight", proj_weight, 3);
  check_activation("fc_weight", fc_weight, 3);
  check_sizes("fc_weight", fc_weight,
              {proj_weight.size(0), 2 * proj_weight.size(2), proj_weight.size(1)});
  // If no product includes SwiGLU, as on a CPU, keeping everything is faster.
  static const auto gated =
      c10::Dispatcher::singleton().findSchemaOrThrow("moebius::grouped_swiglu_forward", "");
  if (!primitives::has_kernel(gated, x)) {
    static const auto swiglu = primitives::find<Tensor(const Tensor&)>("moebius::swiglu");
    Tensor fc = grouped_linear(moe_gather(x, token, row), fc_weight, ends);
    const Tensor h = swiglu.call(fc);
    fc.reset();
    return grouped_linear(h, proj_weight, ends);
  }
  check_rows(x, token, row);
  check_same("fc_weight", fc_weight, "x", x);
  check_same("proj_weight", proj_weight, "x", x);
  check_sizes("proj_weight", proj_weight, {ends.size(0), x.size(1), proj_weight.size(2)});
  check_index("ends", ends, at::kInt, {proj_weight.size(0)});
  check_device("ends", ends, x);
  if (fc_sum) check_sizes("fc_sum", *fc_sum, fc_weight.sizes());
  if (proj_sum) check_sizes("proj_sum", *proj_sum, proj_weight.sizes());
  const bool with_gradients =
      at::GradMode::is_enabled() &&
      (x.requires_grad() || fc_weight.requires_grad() || proj_weight.requires_grad());
  return MoeExperts::apply(x.contiguous(), token.contiguous(), row.contiguous(), ends.contiguous(),
                           fc_weight.contiguous(), proj_weight.contiguous(), fc_sum, proj_sum,
                           with_gradients);
}

struct MoeCombine : Function<MoeCombine> {
  static Tensor forward(AutogradContext* context, const Tensor& y, const Tensor& weights,
                        const Tensor& row, ScalarType out_dtype) {
    context->save_for_backward({y, weights, row});
    return moe_combine_forward(y, weights, row, out_dtype);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    auto [dy, dweights] = moe_combine_backward(grads[0].contiguous(), saved[0], saved[1], saved[2]);
    return {dy, dweights, {}, {}};
  }
};

void check_combination(const Tensor& y, const Tensor& weights, const Tensor& row) {
  check_activation("y", y, 2);
  check_activation("weights", weights, 2);
  check_sizes("weights", weights, row.sizes());
  check_index("row", row, at::kInt, {row.size(0), row.size(1)});
  check_sizes("y", y, {row.numel(), y.size(1)});
  check_device("weights", weights, y);
  check_device("row", row, y);
}

Tensor moe_combine(const Tensor& y, const Tensor& weights, const Tensor& row,
                   ScalarType out_dtype) {
  check_combination(y, weights, row);
  return MoeCombine::apply(y.contiguous(), weights.contiguous(), row.contiguous(), out_dtype);
}

// moe_combine and add_rms_norm as one node, if the stream has a single dtype.
struct CombineRmsNorm : Function<CombineRmsNorm> {
  static variable_list forward(AutogradContext* context, const Tensor& rows, const Tensor& weights,
                               const Tensor& row, const Tensor& residual, const Tensor& weight,
                               double eps, ScalarType out_dtype) {
    auto [sum, y, rstd] =
        combine_rms_norm_forward(rows, weights, row, residual, weight, eps, out_dtype);
    context->save_for_backward({sum, weight, rstd, rows, weights, row});
    context->set_materialize_grads(false);
    return {sum, y};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& sum = saved[0];
    const MaybeTensor dsum = grads[0].defined() ? MaybeTensor(grads[0].contiguous()) : std::nullopt;
    const Tensor dy = grads[1].defined() ? grads[1].contiguous() : at::zeros_like(sum);
    auto [drows, dweights, dresidual, dweight] =
        combine_rms_norm_backward(dsum, dy, sum, saved[1], saved[2], saved[3], saved[4], saved[5]);
    return {drows, dweights, {}, dresidual, dweight, {}, {}};
  }
};

Pair combine_rms_norm(const Tensor& rows, const Tensor& weights, const Tensor& row,
                      const Tensor& residual, const Tensor& weight, double eps,
                      ScalarType out_dtype) {
  check_combination(rows, weights, row);
  check_activation("residual", residual, residual.dim());
  TORCH_CHECK(residual.dim() > 0 && residual.size(-1) == rows.size(1) &&
                  residual.numel() == row.size(0) * rows.size(1),
              "residual is ", residual.sizes(), ", expected ", row.size(0), " rows of ",
              rows.size(1), " values");
  check_device("residual", residual, rows);
  check_activation("weight", weight, 1);
  check_sizes("weight", weight, {rows.size(1)});
  check_device("weight", weight, rows);
  // Longer rows do not fit into a thread block's registers.
  constexpr int64_t kMostValues = 4096;
  static const auto combine =
      c10::Dispatcher::singleton().findSchemaOrThrow("moebius::combine_rms_norm_forward", "");
  if (rows.size(1) > kMostValues || !primitives::has_kernel(combine, rows)) {
    static const auto add_rms_norm =
        primitives::find<Pair(const Tensor&, const Tensor&, const Tensor&, double, ScalarType)>(
            "moebius::add_rms_norm");
    const Tensor combined = moe_combine(rows, weights, row, residual.scalar_type());
    return add_rms_norm.call(combined.view(residual.sizes()), residual, weight, eps, out_dtype);
  }
  const variable_list results =
      CombineRmsNorm::apply(rows.contiguous(), weights.contiguous(), row.contiguous(),
                            residual.contiguous(), weight.contiguous(), eps, out_dtype);
  return {results[0], results[1]};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CompositeImplicitAutograd, m) {
  m.impl("topk_softmax", TORCH_FN(moebius::topk_softmax));
  m.impl("moe_gather", TORCH_FN(moebius::moe_gather));
  m.impl("grouped_linear", TORCH_FN(moebius::grouped_linear));
  m.impl("moe_experts", TORCH_FN(moebius::moe_experts));
  m.impl("moe_combine", TORCH_FN(moebius::moe_combine));
  m.impl("combine_rms_norm", TORCH_FN(moebius::combine_rms_norm));
}

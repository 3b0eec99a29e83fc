// The differentiable operators around the experts: public forms and their gradients.

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
    return {weights, experts};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
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

Tensor moe_gather(const Tensor& x, const Tensor& token, const Tensor& row) {
  check_activation("x", x, 2);
  TORCH_CHECK(row.dim() == 2, "row has ", row.dim(), " dimensions, expected 2");
  check_index("row", row, at::kInt, {x.size(0), row.size(1)});
  check_index("token", token, at::kInt, {row.numel()});
  check_device("token", token, x);
  check_device("row", row, x);
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
    auto [dx, dweight] =
        grouped_linear_backward(grads[0].contiguous(), saved[0], saved[1], saved[2]);
    return {dx, dweight, {}};
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

Tensor moe_combine(const Tensor& y, const Tensor& weights, const Tensor& row,
                   ScalarType out_dtype) {
  check_activation("y", y, 2);
  check_activation("weights", weights, 2);
  check_sizes("weights", weights, row.sizes());
  check_index("row", row, at::kInt, {row.size(0), row.size(1)});
  check_sizes("y", y, {row.numel(), y.size(1)});
  check_device("weights", weights, y);
  check_device("row", row, y);
  return MoeCombine::apply(y.contiguous(), weights.contiguous(), row.contiguous(), out_dtype);
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CompositeImplicitAutograd, m) {
  m.impl("topk_softmax", TORCH_FN(moebius::topk_softmax));
  m.impl("moe_gather", TORCH_FN(moebius::moe_gather));
  m.impl("grouped_linear", TORCH_FN(moebius::grouped_linear));
  m.impl("moe_combine", TORCH_FN(moebius::moe_combine));
}

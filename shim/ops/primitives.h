// Calls the primitives through the dispatcher, which selects the kernel of the arguments' device.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <optional>
#include <tuple>

namespace moebius {

using at::ScalarType;
using at::Tensor;

namespace primitives {

template <typename Signature>
c10::TypedOperatorHandle<Signature> find(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

// Calls an operator below autograd, because the caller is the differentiable operator.
template <typename Result, typename... Arguments>
Result call(const c10::TypedOperatorHandle<Result(Arguments...)>& op,
            std::type_identity_t<Arguments>... arguments) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  return op.call(std::forward<Arguments>(arguments)...);
}

// Whether an operator has a kernel for a tensor's device.
inline bool has_kernel(const c10::OperatorHandle& op, const Tensor& tensor) {
  return op.hasKernelForDispatchKey(tensor.is_cuda() ? c10::DispatchKey::CUDA
                                                     : c10::DispatchKey::CPU);
}

}  // namespace primitives

#define MOEBIUS_PRIMITIVE(name, ...)                                         \
  template <typename... Arguments>                                           \
  auto name(Arguments&&... arguments) {                                      \
    static const auto op = primitives::find<__VA_ARGS__>("moebius::" #name); \
    return primitives::call(op, std::forward<Arguments>(arguments)...);      \
  }

using Pair = std::tuple<Tensor, Tensor>;
using Triple = std::tuple<Tensor, Tensor, Tensor>;
using Quadruple = std::tuple<Tensor, Tensor, Tensor, Tensor>;
using MaybeTensor = std::optional<Tensor>;

MOEBIUS_PRIMITIVE(rms_norm_forward, Pair(const Tensor&, const Tensor&, double, ScalarType))
MOEBIUS_PRIMITIVE(rms_norm_backward,
                  Pair(const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(add_rms_norm_forward,
                  Triple(const Tensor&, const Tensor&, const Tensor&, double, ScalarType))
MOEBIUS_PRIMITIVE(add_rms_norm_backward,
                  Triple(const MaybeTensor&, const Tensor&, const Tensor&, const Tensor&,
                         const Tensor&, ScalarType, ScalarType))
MOEBIUS_PRIMITIVE(combine_rms_norm_forward,
                  Triple(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                         double, ScalarType))
MOEBIUS_PRIMITIVE(combine_rms_norm_backward,
                  Quadruple(const MaybeTensor&, const Tensor&, const Tensor&, const Tensor&,
                            const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(rope_qkv_forward,
                  Triple(const Tensor&, const Tensor&, const Tensor&, int64_t, int64_t))
MOEBIUS_PRIMITIVE(rope_qkv_backward,
                  Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(attention_forward, Pair(const Tensor&, const Tensor&, const Tensor&, double))
MOEBIUS_PRIMITIVE(attention_backward, Triple(const Tensor&, const Tensor&, const Tensor&,
                                             const Tensor&, const Tensor&, const Tensor&, double))
MOEBIUS_PRIMITIVE(swiglu_forward, Tensor(const Tensor&))
MOEBIUS_PRIMITIVE(swiglu_backward, Tensor(const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(topk_softmax_forward, Pair(const Tensor&, int64_t))
MOEBIUS_PRIMITIVE(topk_softmax_backward,
                  Tensor(const Tensor&, const Tensor&, const Tensor&, int64_t, ScalarType))
MOEBIUS_PRIMITIVE(moe_gather_forward, Tensor(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(moe_gather_backward, Tensor(const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_linear_forward, Tensor(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(linear_weight_add_, void(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(embedding_weight_add_, void(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_linear_input, Tensor(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_linear_weight, Tensor(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_linear_weight_add_,
                  void(const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_swiglu_forward, Pair(const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(grouped_swiglu_backward,
                  Pair(const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(moe_combine_forward,
                  Tensor(const Tensor&, const Tensor&, const Tensor&, ScalarType))
MOEBIUS_PRIMITIVE(moe_combine_backward,
                  Pair(const Tensor&, const Tensor&, const Tensor&, const Tensor&))
MOEBIUS_PRIMITIVE(linear_cross_entropy_forward,
                  Quadruple(const Tensor&, const Tensor&, const MaybeTensor&, const Tensor&,
                            int64_t, int64_t, const MaybeTensor&, bool))

#undef MOEBIUS_PRIMITIVE

}  // namespace moebius

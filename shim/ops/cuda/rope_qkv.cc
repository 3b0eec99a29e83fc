#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "common.h"
#include "kernels/rope_qkv_arguments.h"

namespace moebius {
namespace {

using namespace rope_qkv_arguments;

using Rope = Kernel<void*, bool, Heads, Heads, Heads, const void*, const void*, bool, int32_t,
                    int32_t, int32_t, int32_t, int32_t>;

const Rope kForward("rope_qkv", "rope_qkv_forward");
const Rope kForwardScalar("rope_qkv", "rope_qkv_forward_scalar");
const Rope kBackward("rope_qkv", "rope_qkv_backward");
const Rope kBackwardScalar("rope_qkv", "rope_qkv_backward_scalar");

// [B, heads, T, D]
Heads heads_of(const at::Tensor& x) { return {data_of(x), x.stride(0), x.stride(1), x.stride(2)}; }

bool strides_in_vectors(const at::Tensor& x) {
  return x.stride(0) % kValuesPerThread == 0 && x.stride(1) % kValuesPerThread == 0 &&
         x.stride(2) % kValuesPerThread == 0;
}

void rope(const Rope& by_eight, const Rope& by_one, const at::Tensor& qkv, const at::Tensor& q,
          const at::Tensor& k, const at::Tensor& v, const at::Tensor& cos, const at::Tensor& sin) {
  const int64_t positions = qkv.size(0) * qkv.size(1);
  const int64_t n_head = q.size(1);
  const int64_t n_query_groups = k.size(1);
  const int64_t head_size = q.size(3);
  const int64_t rotated = cos.size(1);
  const bool vectors = in_vectors(head_size, {qkv, q, k, v, cos, sin}) &&
                       rotated % (2 * kValuesPerThread) == 0 && strides_in_vectors(q) &&
                       strides_in_vectors(k) && strides_in_vectors(v);
  const int64_t items =
      (n_head + 2 * n_query_groups) * (head_size - rotated / 2) / (vectors ? kValuesPerThread : 1);
  const int64_t threads = std::min<int64_t>(divide_up(items, kWarp) * kWarp, 256);
  (vectors ? by_eight : by_one)({.blocks = positions, .threads = narrow(threads)}, data_of(qkv),
                                is_wide(qkv), heads_of(q), heads_of(k), heads_of(v), data_of(cos),
                                data_of(sin), is_wide(cos), narrow(qkv.size(1)), narrow(n_head),
                                narrow(n_query_groups), narrow(head_size), narrow(rotated));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> rope_qkv_forward(const at::Tensor& qkv,
                                                                const at::Tensor& cos,
                                                                const at::Tensor& sin,
                                                                int64_t n_head,
                                                                int64_t n_query_groups) {
  const c10::cuda::CUDAGuard guard(qkv.device());
  const int64_t head_size = qkv.size(2) / (n_head + 2 * n_query_groups);
  const auto heads = [&](int64_t count) {
    return at::empty({qkv.size(0), qkv.size(1), count, head_size}, qkv.options()).transpose(1, 2);
  };
  const at::Tensor q = heads(n_head);
  const at::Tensor k = heads(n_query_groups);
  const at::Tensor v = heads(n_query_groups);
  rope(kForward, kForwardScalar, qkv, q, k, v, cos, sin);
  return {q, k, v};
}

at::Tensor rope_qkv_backward(const at::Tensor& dq, const at::Tensor& dk, const at::Tensor& dv,
                             const at::Tensor& cos, const at::Tensor& sin) {
  const c10::cuda::CUDAGuard guard(dq.device());
  const int64_t heads = dq.size(1) + dk.size(1) + dv.size(1);
  const at::Tensor dqkv = at::empty({dq.size(0), dq.size(2), heads * dq.size(3)}, dq.options());
  rope(kBackward, kBackwardScalar, dqkv, dq, dk, dv, cos, sin);
  return dqkv;
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("rope_qkv_forward", moebius::rope_qkv_forward);
  m.impl("rope_qkv_backward", moebius::rope_qkv_backward);
}

#endif

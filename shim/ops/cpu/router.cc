// Operators on router logits: choice of experts, which is that of torch.topk, and statistics.

#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "vector.h"

namespace moebius::cpu {

std::tuple<Tensor, Tensor> topk_softmax_forward(const Tensor& logits, int64_t k) {
  const auto [values, experts] = at::topk(logits, k);
  return {at::softmax(values, 1, wide_dtype(logits.scalar_type())), experts};
}

Tensor topk_softmax_backward(const Tensor& dweights, const Tensor& weights, const Tensor& experts,
                             int64_t n_expert, ScalarType dtype) {
  const Tensor products = dweights.mul(weights);
  const Tensor gradients = products.sub(weights.mul(products.sum(1, /*keepdim=*/true)));
  const Tensor dlogits =
      at::zeros({weights.size(0), n_expert}, weights.options().dtype(gradients.scalar_type()));
  return dlogits.scatter(1, experts, gradients).to(dtype);
}

void router_statistics_(const Tensor& counts, const Tensor& entropies, const Tensor& passes,
                        const Tensor& logits, const Tensor& expert_counts) {
  const int64_t tokens = logits.size(0);
  const int64_t n_expert = logits.size(1);
  with_wide_type(logits.scalar_type(), [&]<typename A>() {
    const Rows<A> rows(logits, n_expert);
    std::vector<A> buffer(static_cast<size_t>(n_expert));
    double total = 0;
    for (int64_t token = 0; token < tokens; ++token) {
      const A* row = rows.read(token, buffer.data());
      const A largest = *std::max_element(row, row + n_expert);
      A sum = 0;
      A weighted = 0;
      for (int64_t e = 0; e < n_expert; ++e) {
        const A x = row[e] - largest;
        const A power = std::exp(x);
        sum += power;
        weighted += x * power;
      }
      total += std::log(sum) - weighted / sum;
    }
    *entropies.mutable_data_ptr<float>() += static_cast<float>(total / static_cast<double>(tokens));
  });
  *passes.mutable_data_ptr<float>() += 1;
  counts.add_(expert_counts);
}

}  // namespace moebius::cpu

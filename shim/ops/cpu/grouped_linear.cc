#include "gemm.h"
#include "kernels.h"

namespace moebius::cpu {

Tensor grouped_linear_forward(const Tensor& x, const Tensor& weight, const Tensor& ends) {
  Tensor y = x.new_empty({x.size(0), weight.size(1)});
  multiply_transposed(x, weight, ends.const_data_ptr<int32_t>(), y);
  return y;
}

std::tuple<Tensor, Tensor> grouped_linear_backward(const Tensor& dy, const Tensor& x,
                                                   const Tensor& weight, const Tensor& ends) {
  Tensor dx = x.new_empty(x.sizes());
  Tensor dweight = weight.new_empty(weight.sizes());
  multiply(dy, weight, ends.const_data_ptr<int32_t>(), dx);
  multiply_rows(dy, x, ends.const_data_ptr<int32_t>(), dweight);
  return {dx, dweight};
}

}  // namespace moebius::cpu

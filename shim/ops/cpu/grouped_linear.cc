#include "gemm.h"
#include "kernels.h"

namespace moebius::cpu {

Tensor grouped_linear_forward(const Tensor& x, const Tensor& weight, const Tensor& ends) {
  Tensor y = x.new_empty({x.size(0), weight.size(1)});
  multiply_transposed(x, weight, ends.const_data_ptr<int32_t>(), y);
  return y;
}

Tensor grouped_linear_input(const Tensor& dy, const Tensor& weight, const Tensor& ends) {
  Tensor dx = dy.new_empty({dy.size(0), weight.size(2)});
  multiply(dy, weight, ends.const_data_ptr<int32_t>(), dx);
  return dx;
}

Tensor grouped_linear_weight(const Tensor& dy, const Tensor& x, const Tensor& ends) {
  Tensor dweight = x.new_empty({ends.size(0), dy.size(1), x.size(1)});
  multiply_rows(dy, x, ends.const_data_ptr<int32_t>(), dweight);
  return dweight;
}

}  // namespace moebius::cpu
